/** Merges what a user found to be the same twice. */
import type { z } from 'zod';
import type { Changed, mergeParams } from '../contract/library.ts';
import type { Library } from './library.ts';

/** Throws `not-found`, and `refused` for what cannot be one: lesions of two volumes, volumes of two grids, some patients. */
export function mergeDuplicates(
  library: Library,
  { kind, keep, other }: z.output<typeof mergeParams>,
): Changed {
  const { merges } = library;
  const by = { lesion: merges.mergeLesions, patient: merges.joinPatients, volume: merges.moveLesions }[kind];
  const change = by(library.session.user, keep, other);
  if (change) library.changed();
  return { change, left: 0 };
}
