/** Backups of the catalog that still hold what is deleted, and what was set aside of it. */
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type DeletionDraft, knowsAny } from '../catalog/deletions.ts';
import { listFolder, removeFolder, syncFolderIfThere } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { backupPlace } from './backupPlace.ts';
import { backupPath, listBackups } from './backups.ts';
import type { Library } from './library.ts';
import { setAsideHolding } from './setAside.ts';

/** A library, where its backups are by policy. */
type Kept = Pick<Library, 'layout' | 'session'>;

/** Paths. */
export interface Holding {
  /** Copies of the catalog, finished or cut off. */
  readonly copies: readonly string[];
  /** Of each catalog or volume that was set aside. */
  readonly setAside: readonly (readonly string[])[];
}

/** Of another library's copies in the same folder none, even of the same patient, unless it is this one's under another name. */
export async function holdingOf(
  { layout, session }: Kept,
  { ids, names }: Pick<DeletionDraft, 'ids' | 'names'>,
): Promise<Holding> {
  const place = await backupPlace(layout, session.policy);
  const own = new Set((await listBackups(place)).map(({ name }) => backupPath(place, name)));
  const opaque = new Set(Object.values(ids).flat());
  const copies: string[] = [];
  for (const folder of new Set([layout.backups, place.folder]))
    for (const name of await listFolder(folder)) {
      if (!name.includes('.sqlite')) continue;
      const path = join(folder, name);
      const isOurs = folder === layout.backups || own.has(path);
      if (knowsAny(path, isOurs ? names : opaque) ?? isOurs) copies.push(path);
    }
  return { copies, setAside: await setAsideHolding(layout, names) };
}

/** As they are written down: the library's folder may be moved before they are gone. A manifest goes before its copy. */
export function pathsOf({ root }: Layout, { copies, setAside }: Holding): string[] {
  // What was cut off has none: one of its name is that of a whole copy.
  const withManifest = (copy: string) =>
    copy.endsWith('.sqlite') ? [copy.replace(/sqlite$/, 'json'), copy] : [copy];
  return [...copies.flatMap(withManifest), ...setAside.flat()].map((path) => {
    const inside = relative(root, path);
    return inside.startsWith('..') ? path : inside;
  });
}

/**
 * Removes them, and folders in set-aside in which nothing is left. What is none of these stays: the catalog that names them may have
 * come with a backup or a library from elsewhere.
 */
export async function purge({ layout, session }: Kept, paths: readonly string[]): Promise<void> {
  const { root, backups } = layout;
  const setAside = resolve(layout.setAside);
  const { folder: chosen } = await backupPlace(layout, session.policy);
  const folders = [backups, chosen].map((folder) => resolve(folder));
  const isCopy = (path: string) =>
    folders.includes(dirname(path)) && /\.(json|sqlite.*)$/.test(basename(path));
  const gone = paths
    .map((path) => resolve(root, path))
    .filter((path) => path.startsWith(`${setAside}${sep}`) || isCopy(path));
  for (const path of gone) await removeFolder(path);
  for (const folder of new Set(gone.map(dirname))) {
    await syncFolderIfThere(folder);
    for (let at = folder; at.startsWith(`${setAside}${sep}`); at = dirname(at)) {
      if ((await listFolder(at)).length > 0) break;
      await removeFolder(at);
      await syncFolderIfThere(dirname(at));
    }
  }
}
