/** Backups of the catalog that still hold what was deleted. */
import { basename, dirname, join } from 'node:path';
import { type Deleted, knowsAny } from '../catalog/deletions.ts';
import { listFolder, removeFile, removeFolder, syncFolder } from '../files/files.ts';
import { backupPlace } from './backupPlace.ts';
import { backupPath, listBackups, removeBackup } from './backups.ts';
import type { Library } from './library.ts';

/** A library, where its backups are by policy. */
type Kept = Pick<Library, 'layout' | 'session'>;

interface Holding {
  /** Paths of copies of the catalog, finished or cut off. */
  readonly copies: readonly string[];
  /** Damaged catalogs: nobody can say what they hold. */
  readonly damaged: readonly string[];
}

/** Of another library's copies in the same folder none, unless one says itself that it holds it. */
export async function backupsHolding({ layout, session }: Kept, ids: Deleted): Promise<Holding> {
  const place = await backupPlace(layout, session.policy);
  const own = new Set((await listBackups(place)).map(({ name }) => backupPath(place, name)));
  const copies: string[] = [];
  for (const folder of new Set([layout.backups, place.folder]))
    for (const name of await listFolder(folder)) {
      if (!name.includes('.sqlite')) continue;
      const path = join(folder, name);
      const isOurs = folder === layout.backups || own.has(path);
      if (knowsAny(path, ids) ?? isOurs) copies.push(path);
    }
  return { copies, damaged: (await listFolder(layout.setAside)).map((name) => join(layout.setAside, name)) };
}

export async function purgeHolding(library: Kept, ids: Deleted): Promise<void> {
  const { layout, session } = library;
  const place = await backupPlace(layout, session.policy);
  const { copies, damaged } = await backupsHolding(library, ids);
  for (const { name } of await listBackups(place))
    if (copies.includes(backupPath(place, name))) await removeBackup(place, name);
  for (const path of copies) {
    // Of one whose manifest is not sound.
    await removeFile(join(dirname(path), basename(path).replace(/\.sqlite.*$/, '.json')));
    await removeFile(path);
  }
  for (const path of damaged) await removeFolder(path);
  if (copies.length > 0)
    for (const folder of new Set([layout.backups, place.folder])) await syncFolder(folder);
  if (damaged.length > 0) await syncFolder(layout.setAside);
}
