/** Keeps the demonstration libraries that several test files use, made once in a run, and removes them at its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Vitest calls this for each kind of tests; the first makes the folder for all. */
export default function setup() {
  if (process.env.PRECEDENT_TEST_LIBRARIES !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'precedent-libraries-'));
  process.env.PRECEDENT_TEST_LIBRARIES = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
