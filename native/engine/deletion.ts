/**
 * Deletes for good what the catalog has let go of: files, caches, traces in the catalog's own file, backups. The catalog says
 * first that this is to be done and last that it is; every step may be done again, so that a kill in the middle costs nothing
 * but the time until the library is opened again.
 */

import { join } from 'node:path';
import type { DeletionDraft, PendingDeletion } from '../catalog/deletions.ts';
import type { DeletionSubject } from '../contract/deletion.ts';
import { listFolder, removeFile, removeFolder, syncFolderIfThere } from '../files/files.ts';
import { type Holding, holdingOf, pathsOf, purge } from './deletionBackups.ts';
import type { Library } from './library.ts';
import { strayPaths } from './strays.ts';

type Step = (library: Library, deletion: PendingDeletion) => Promise<void>;

/** In their order. */
export const deletionSteps: Readonly<Record<string, Step>> = {
  /** Voxels, private copies, thumbnails and unpacked archives that no row knows any more. */
  async files(library) {
    const { layout } = library;
    await library.cached();
    for (const path of await strayPaths(layout, library)) await removeFolder(path);
    await library.staging.clear();
    for (const folder of [
      layout.voxels,
      layout.thumbnails,
      layout.staging,
      layout.originals,
      layout.unpacked,
    ])
      await syncFolderIfThere(folder);
  },
  /** Matrices and graphs hold vectors beside each other: they are made again from what is left. */
  async vectors(library) {
    const { vectors } = library.layout;
    await library.forgetVectors(library.embeddings.keys());
    for (const name of await listFolder(vectors)) await removeFile(join(vectors, name));
    await syncFolderIfThere(vectors);
  },
  /** Captions of a study tell of all of its lesions. */
  async captions({ captions }) {
    while (captions.refreshSome());
  },
  async catalog({ deletions }) {
    deletions.scrub();
  },
  async backups(library, deletion) {
    await purge(library, deletion.purge);
  },
};

/** Takes the subject out of the catalog, which says from then on what is left to remove. Throws what `remove` of the catalog throws. */
export async function beginDeletion(
  library: Library,
  subject: DeletionSubject,
  backups: 'purge' | 'keep',
): Promise<Pick<DeletionDraft, 'ids' | 'counts'> & { readonly holding: Holding }> {
  const { deletions, layout, session } = library;
  const holding = await holdingOf(library, deletions.plan(subject));
  const paths = backups === 'purge' ? pathsOf(layout, holding) : [];
  return { ...deletions.remove(session.user, subject, backups, paths), holding };
}

/** Finishes every deletion that was begun. Throws `storage`; then the next opening goes on. */
export async function finishDeletions(library: Library): Promise<void> {
  for (const deletion of library.deletions.pending()) {
    for (const step of Object.values(deletionSteps)) await step(library, deletion);
    library.deletions.finished(deletion.id);
  }
}
