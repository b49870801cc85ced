/** Libraries that several test files begin with a copy of: made once in a run, by the file that needs one first. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The folder of this name, which `make` fills; nobody changes what is in it. Other processes wait until it is whole. */
export async function madeOnce(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const kept = process.env.PRECEDENT_TEST_LIBRARIES;
  if (kept === undefined) throw new Error('tools/test/libraries.mjs has not made a place for libraries');
  const folder = join(kept, name);
  const whole = `${folder} is whole`;
  while (!existsSync(whole)) {
    if (await isFirst(folder)) {
      try {
        await make(folder);
        await writeFile(whole, '');
      } catch (error) {
        await rm(folder, { recursive: true });
        throw error;
      }
    } else await sleep(50);
  }
  return folder;
}

/** Makes the folder; false where it is there already. */
async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
