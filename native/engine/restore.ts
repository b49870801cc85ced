/**
 * Puts another catalog in the place of the library's: a backup, or what was salvaged. The one that was there, and the private
 * copies that only it knew of, are set aside under a dated name and never deleted.
 */
import { basename, join } from 'node:path';
import { catalogVolumes } from '../catalog/backup.ts';
import { encryptedAsItLies } from '../catalog/database.ts';
import { volumeNames } from '../catalog/deletions.ts';
import {
  commitFile,
  copyFileAtomic,
  emptyFolder,
  ensureFolder,
  fileExists,
  listFolder,
} from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { markDamaged, markReplaced } from './catalogSeal.ts';
import { setCopiesAside } from './setAside.ts';

export interface Restoration {
  /** The catalog that was there, or what could be read of it. */
  readonly known: string;
  readonly at: Date;
  readonly user: string;
  /** What the audit of the restored catalog says besides. */
  readonly detail: Readonly<Record<string, string>>;
}

/**
 * To be called while the catalog is closed and the library locked. A kill in the middle leaves a library that opens to be read
 * only and can be restored again. Returns the name of the folder with what was set aside. Throws `storage`.
 */
export async function replaceCatalog(
  layout: Layout,
  replacement: string,
  { known, at, user, detail }: Restoration,
): Promise<string> {
  const name = at.toISOString().slice(0, 19).replaceAll(':', '-');
  const aside = join(layout.setAside, name);
  await ensureFolder(aside);
  // Beside the readers' files in staging, so that a rename puts it in place.
  const staged = join(layout.staging, 'restored.sqlite');
  await copyFileAtomic(replacement, staged);
  // A backup elsewhere may be of the time before the library was encrypted.
  encryptedAsItLies(staged);
  const staying = new Set(catalogVolumes(staged));
  const names = volumeNames(known);
  await markDamaged(layout, 'restoring it was cut off');
  for (const copy of await listFolder(layout.originals)) {
    if (!staying.has(copy)) await setCopiesAside(layout, aside, copy, names.get(copy));
  }
  // The log of the old catalog would be taken for one of the new.
  for (const suffix of ['-wal', '-shm', '']) {
    const file = `${layout.catalog}${suffix}`;
    if (await fileExists(file)) await commitFile(file, join(aside, basename(file)));
  }
  await commitFile(staged, layout.catalog);
  // Made of other rows; a counter that tells their states apart may be the same by chance.
  await emptyFolder(layout.vectors);
  await markReplaced(layout, { action: 'restored', user, detail: { ...detail, setAside: name } });
  return name;
}
