/** How the library is: what waits, failed or is missing, what is not known of its lesions, and how large its parts are. */
import { basename } from 'node:path';
import type { Health } from '../contract/library.ts';
import { folderBytes } from '../files/files.ts';
import { countPassing, isProven } from '../retrieval/gallery.ts';
import type { Engine } from './engine.ts';

export async function libraryHealth({ library, encoders }: Engine): Promise<Health> {
  const { layout, reads, jobs } = library;
  const gallery = library.gallery();
  const rows = jobs.rows();
  const parts = [
    layout.catalog,
    layout.originals,
    layout.voxels,
    layout.vectors,
    layout.thumbnails,
    layout.encoders,
  ];
  const size = [];
  for (const path of parts) size.push({ part: basename(path), bytes: await folderBytes(path) });
  return {
    notEmbedded: library.missing(encoders.standard.key),
    conflicts: jobs.conflicts().length,
    failedImports: rows.filter(({ state }) => state === 'failed').length,
    skippedFiles: rows.reduce((sum, { skipped }) => sum + skipped, 0),
    withoutDiagnosis: countPassing(gallery, [{ field: 'diagnosis', value: '' }]),
    unproven: [...gallery.values()].filter((row) => row.diagnosis && !isProven(row)).length,
    withoutLabels: countPassing(gallery, [{ field: 'labels', value: '0' }]),
    warned: reads.warnedVolumes(),
    size,
  };
}
