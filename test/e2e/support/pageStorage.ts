/** What the pages of an application have stored, as it lies on the disk. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication } from 'playwright-core';

/** Chromium alone would write no more than sixty times an hour; what the pages have set is written now. */
export async function storedText(app: ElectronApplication, profile: string): Promise<string> {
  await app.evaluate(({ session }) => session.defaultSession.flushStorageData());
  const stored = join(profile, 'Local Storage', 'leveldb');
  const names = (await readdir(stored)).filter((name) => /\.(log|ldb)$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(stored, name), 'latin1')));
  return texts.join('');
}
