/** The masks of library lesions, and the volume they lie in, as queries. */
import { queryOptions, useQueries } from '@tanstack/react-query';
import { callEngine, libraryKey } from '../engine.ts';
import type { Mask } from './contours.ts';

export function volumeQuery(volume: string | null) {
  return queryOptions({
    queryKey: [libraryKey, 'volume', volume],
    queryFn: ({ signal }) => callEngine('volume.get', { volume: volume ?? '' }, { signal }),
    enabled: volume !== null,
  });
}

export function lesionQuery(lesion: string | null) {
  return queryOptions({
    queryKey: [libraryKey, 'lesion', lesion],
    queryFn: ({ signal }) => callEngine('lesion.get', { lesion: lesion ?? '' }, { signal }),
    enabled: lesion !== null,
  });
}

interface LesionMask {
  readonly id: string;
  readonly mask: Mask;
}

/** Those masks that have arrived; the array stays the same object while nothing changes. */
export function useLesionMasks(ids: readonly string[]): readonly LesionMask[] {
  return useQueries({ queries: ids.map((id) => lesionQuery(id)), combine: arrived });
}

function arrived(
  results: readonly { data?: { lesion: { id: string }; mask: Mask } }[],
): readonly LesionMask[] {
  return results.flatMap(({ data }) => (data ? [{ id: data.lesion.id, mask: data.mask }] : []));
}
