/** Saves where the user says: a dialog that was open when the window was locked saves nothing. */
import { basename } from 'node:path';
import { writeFileAtomic } from '../native/files/files.ts';
import { refuseLocked } from './lock.ts';

/**
 * Writes what `make` makes for the path that `choose` gives, and returns its last part; null where there is none. Throws
 * `refused` where it was locked while the dialog was open, and what making and writing throw.
 */
export async function saveChosen(
  choose: () => Promise<string | null>,
  locked: () => boolean,
  make: (path: string) => Promise<Uint8Array> | Uint8Array,
): Promise<string | null> {
  const path = await choose();
  refuseLocked(locked());
  if (path === null) return null;
  await writeFileAtomic(path, await make(path));
  return basename(path);
}
