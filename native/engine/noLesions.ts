/** Says that there is nothing to search or to evaluate before a method says what it lacks. */
import { PrecedentError } from '../contract/errors.ts';
import type { Library } from './library.ts';

/** Throws `usage`. */
export function refuseWithoutLesions(library: Pick<Library, 'gallery'>): void {
  if (library.gallery().size > 0) return;
  throw new PrecedentError(
    'usage',
    'there are no lesions in this library',
    undefined,
    'import some, or mark and save them',
  );
}
