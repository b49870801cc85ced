/** What several test files use at a time: the folder of the libraries that are made once in a run, and the encoder's calibration. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/project.mjs';

/** Vitest calls this for each kind of tests; the first call is for all. */
export default function setup() {
  if (process.env.PRECEDENT_TEST_LIBRARIES !== undefined) return undefined;
  // Two engines that measured the encoder at the same time might run it in different ways, and differ in the last bits.
  spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'doctor'], { stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'precedent-libraries-'));
  process.env.PRECEDENT_TEST_LIBRARIES = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
