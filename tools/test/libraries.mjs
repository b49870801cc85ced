/** Keeps the demonstration libraries that several test files use, made once in a run, and removes them at its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-libraries-'));
  process.env.PRECEDENT_TEST_LIBRARIES = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
