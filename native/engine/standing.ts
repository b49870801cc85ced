/** Whether a library stands where it is looked for: before it is opened, so that none is made in the place of a lost one. */
import { PrecedentError } from '../contract/errors.ts';
import { fileExists, isThere, libraryGone, listFolder } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';

/**
 * Throws `not-found` where there is no library and none may be made, and `corrupt` where all but the catalog is there: an empty
 * catalog in its place would take everything else for leftovers.
 */
export async function checkStanding(layout: Layout, mayCreate: boolean): Promise<void> {
  if (await isThere(layout.catalog)) return;
  for (const folder of [layout.voxels, layout.originals, layout.encoders])
    if ((await listFolder(folder)).length > 0)
      throw new PrecedentError(
        'corrupt',
        'the catalog is missing, the rest of the library is there',
        'catalog.sqlite',
        'restore it from a backup; nothing was changed',
      );
  if (mayCreate) return;
  throw new PrecedentError(
    'not-found',
    'it is no longer where it was',
    'the library',
    'connect its disk and try again, or open another library',
  );
}

/** What a failed request failed with; where the library itself is gone by now, that. */
export async function explained(layout: Layout, thrown: unknown): Promise<PrecedentError> {
  const error = PrecedentError.from(thrown);
  const isOther = error.kind === 'cancelled' || error.kind === 'usage' || error.kind === 'refused';
  return isOther || (await fileExists(layout.catalog)) ? error : libraryGone();
}
