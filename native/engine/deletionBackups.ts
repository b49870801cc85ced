/** Backups of the catalog that still hold what was deleted. */
import { join } from 'node:path';
import { type Deleted, holdsAny } from '../catalog/deletions.ts';
import { listFolder, removeFile, removeFolder, syncFolder } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';

/** Copies of the catalog, finished or cut off; and damaged catalogs, of which nobody can say what they hold. */
export async function backupsHolding(
  { backups, setAside }: Layout,
  ids: Deleted,
): Promise<{ readonly copies: readonly string[]; readonly damaged: readonly string[] }> {
  const names = await listFolder(backups);
  const copies = names.filter((name) => name.includes('.sqlite') && holdsAny(join(backups, name), ids));
  return { copies, damaged: await listFolder(setAside) };
}

/** The manifests first: a backup that was cut off while it is removed is none. */
export async function purgeHolding(layout: Layout, ids: Deleted): Promise<void> {
  const { copies, damaged } = await backupsHolding(layout, ids);
  for (const name of copies) {
    await removeFile(join(layout.backups, `${name.replace(/\.sqlite.*$/, '')}.json`));
    await removeFile(join(layout.backups, name));
  }
  for (const name of damaged) await removeFolder(join(layout.setAside, name));
  for (const [folder, count] of [
    [layout.backups, copies.length],
    [layout.setAside, damaged.length],
  ] as const)
    if (count > 0) await syncFolder(folder);
}
