/** The copies of the key file beside the backups: what no longer opens the library is to open none of them either. */
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import { listFolder } from '../files/files.ts';
import { readKeyFile, writeKeyFile } from '../files/keyFile.ts';
import { libraryLayout } from '../files/layout.ts';
import { backupPlace } from './backupPlace.ts';
import { keyCopyName } from './backups.ts';

/**
 * To be called when other secrets open the library than before: in its own folder and in the one that is chosen for backups, the
 * copy under this key becomes what the key file is now. Throws `storage` where one could not be renewed.
 */
export async function renewKeyCopies(root: string, key: Uint8Array, policy: Policy): Promise<void> {
  const file = await readKeyFile(root);
  if (!file) return;
  const layout = libraryLayout(root);
  try {
    const { library, folder } = await backupPlace(layout, policy);
    const name = keyCopyName(library, key);
    for (const place of new Set([layout.backups, folder]))
      if ((await listFolder(place)).includes(name)) await writeKeyFile(place, file, name);
  } catch (thrown) {
    const { kind, what } = PrecedentError.from(thrown);
    throw new PrecedentError(
      kind,
      `it still opens with what opened the library before: ${what}`,
      'the copy of the key file beside the backups',
      'make a backup there, which renews it',
    );
  }
}
