/** Merges what a user found to be the same twice. */
import type { z } from 'zod';
import type { Changed, mergeParams } from '../contract/library.ts';
import type { Library } from './library.ts';
import { currentUser } from './user.ts';

/** Throws `not-found`, and `refused` where two patients cannot be one. */
export function mergeDuplicates(
  library: Library,
  { kind, keep, other }: z.output<typeof mergeParams>,
): Changed {
  const { merges } = library;
  const by = { lesion: merges.mergeLesions, patient: merges.joinPatients, volume: merges.moveLesions }[kind];
  const change = by(currentUser(), keep, other);
  if (change) library.changed();
  return { change, left: 0 };
}
