/**
 * Deletes for good what the catalog has let go of: files, caches, traces in the catalog's own file, backups. The catalog says
 * first that this is to be done and last that it is; every step may be done again, so that a kill in the middle costs nothing
 * but the time until the library is opened again.
 */

import { join } from 'node:path';
import type { PendingDeletion } from '../catalog/deletions.ts';
import { emptyFolder, listFolder, removeFile, removeFolder, syncFolder } from '../files/files.ts';
import { purgeHolding } from './deletionBackups.ts';
import type { Library } from './library.ts';
import { strayPaths } from './strays.ts';

type Step = (library: Library, deletion: PendingDeletion) => Promise<void>;

/** In their order. */
export const deletionSteps: Readonly<Record<string, Step>> = {
  /** Voxels, private copies, thumbnails and unpacked archives that no row knows any more. */
  async files(library) {
    const { layout } = library;
    for (const path of await strayPaths(layout, library)) await removeFolder(path);
    await emptyFolder(layout.staging);
    for (const folder of [
      layout.voxels,
      layout.thumbnails,
      layout.staging,
      layout.originals,
      layout.unpacked,
    ])
      await syncIfThere(folder);
  },
  /** Matrices and graphs hold vectors beside each other: they are made again from what is left. */
  async vectors(library) {
    const { vectors } = library.layout;
    await library.forgetVectors(library.embeddings.keys());
    for (const name of await listFolder(vectors)) await removeFile(join(vectors, name));
    await syncIfThere(vectors);
  },
  /** Captions of a study tell of all of its lesions. */
  async captions({ captions }) {
    while (captions.refreshSome());
  },
  async catalog({ deletions }) {
    deletions.scrub();
  },
  async backups(library, { backups, ids }) {
    if (backups === 'purge') await purgeHolding(library, ids);
  },
};

/** Finishes every deletion that was begun. Throws `storage`; then the next opening goes on. */
export async function finishDeletions(library: Library): Promise<void> {
  for (const deletion of library.deletions.pending()) {
    for (const step of Object.values(deletionSteps)) await step(library, deletion);
    library.deletions.finished(deletion.id);
  }
}

async function syncIfThere(folder: string): Promise<void> {
  await syncFolder(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
