/** Whether a library stands where it is looked for: before it is opened, so that none is made in the place of a lost one. */
import { PrecedentError } from '../contract/errors.ts';
import { fileExists, isThere, libraryGone } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { holdsMore } from './catalogSeal.ts';

/** Throws `not-found` where there is no library and none may be made. One whose catalog alone is missing is damaged (`catalogSeal.ts`). */
export async function checkStanding(layout: Layout, mayCreate: boolean): Promise<void> {
  if (mayCreate || (await isThere(layout.catalog)) || (await holdsMore(layout))) return;
  throw new PrecedentError(
    'not-found',
    'it is no longer where it was',
    'the library',
    'connect its disk and try again, or open another library',
  );
}

/**
 * What a failed request failed with; where the library itself is gone by now, that.
 * @param catalog the file of the catalog that is open: in the place of a damaged or missing one, what was salvaged
 */
export async function explained(catalog: string, thrown: unknown): Promise<PrecedentError> {
  const error = PrecedentError.from(thrown);
  const isOther = error.kind === 'cancelled' || error.kind === 'usage' || error.kind === 'refused';
  return isOther || (await fileExists(catalog)) ? error : libraryGone();
}
