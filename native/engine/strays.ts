/** Files that no row of the catalog knows: what was cut off between a file and its transaction left them behind. */
import { join } from 'node:path';
import type { CatalogJobs } from '../catalog/jobs.ts';
import type { CatalogReads } from '../catalog/reads.ts';
import { listFolder } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';

/** Their full paths. A folder is listed before the catalog is asked: what is saved meanwhile is in the catalog first. */
export async function strayPaths(
  layout: Layout,
  catalog: { readonly reads: CatalogReads; readonly jobs: CatalogJobs },
): Promise<string[]> {
  const { reads, jobs } = catalog;
  const rules: readonly [folder: string, known: () => string[]][] = [
    [layout.voxels, () => reads.ids('volume').map((id) => `${id}.vox`)],
    [layout.originals, () => reads.ids('volume')],
    [layout.thumbnails, () => reads.ids('lesion').map((id) => `${id}.png`)],
    [layout.unpacked, () => jobs.needingSources()],
  ];
  const strays: string[] = [];
  for (const [folder, known] of rules) {
    const names = await listFolder(folder);
    if (names.length === 0) continue;
    const present = new Set(known());
    strays.push(...names.filter((name) => !present.has(name)).map((name) => join(folder, name)));
  }
  return strays;
}
