/** The organ that a lesion lies in, where the library has its mask. */
import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { LesionRow, OrganRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { type Mask, maskAt } from '../viewer/contours.ts';
import type { Box } from '../viewer/grid.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';

function organMaskQuery(organ: string) {
  return queryOptions({
    queryKey: [libraryKey, 'organ', organ],
    queryFn: ({ signal }) => callEngine('organ.mask', { organ }, { signal }),
  });
}

export interface ShownOrgan {
  readonly row: OrganRow;
  readonly mask: Mask;
}

/** How many organs are looked into for the one that holds a marked lesion. */
const mostTried = 12;

/** Null where none holds the lesion; undefined while that is not known. */
export function useOrganOf(
  volume: string,
  lesion: LesionRow | null | undefined,
  mask: Mask | null,
): ShownOrgan | null | undefined {
  const found = useQuery(volumeQuery(volume));
  const candidates = useMemo(
    () => (found.data && mask ? candidatesOf(found.data.organs, lesion ?? null, mask.box) : []),
    [found.data, lesion, mask],
  );
  const masks = useQueries({
    queries: candidates.map(({ id }) => organMaskQuery(id)),
    combine: answered,
  });
  const known = found.data !== undefined && mask !== null && lesion !== undefined;
  return useMemo(
    () => (known && masks ? holderOf(candidates, masks, mask, lesion) : undefined),
    [known, candidates, masks, mask, lesion],
  );
}

/** The masks in the order in which they were asked for, null for one that cannot be had; null while one is awaited. */
function answered(results: readonly { isPending: boolean; data?: Mask }[]): readonly (Mask | null)[] | null {
  return results.some(({ isPending }) => isPending) ? null : results.map(({ data }) => data ?? null);
}

function holderOf(
  candidates: readonly OrganRow[],
  masks: readonly (Mask | null)[],
  mask: Mask,
  lesion: LesionRow | null,
): ShownOrgan | null {
  let best: ShownOrgan | null = null;
  let most = 0;
  for (const [n, row] of candidates.entries()) {
    const organ = masks[n];
    if (!organ) continue;
    // A lesion of the library was measured against its organs, and may lie beside their masks.
    const held = heldBy(organ, mask) + (lesion ? 1 : 0);
    if (held > most) {
      best = { row, mask: organ };
      most = held;
    }
  }
  return best;
}

/** By what the library knows of a lesion; of a mark the smallest organs around its middle. */
function candidatesOf(organs: readonly OrganRow[], lesion: LesionRow | null, box: Box): readonly OrganRow[] {
  if (lesion) return organs.filter(({ name }) => name === lesion.organs[0]?.organ).slice(0, 1);
  const size = ({ boxIjk: b }: OrganRow) => (b[3] - b[0] + 1) * (b[4] - b[1] + 1) * (b[5] - b[2] + 1);
  const middle = [0, 1, 2].map((axis) => (box[axis] + box[axis + 3]) / 2);
  return organs
    .filter(({ boxIjk }) => middle.every((at, axis) => at >= boxIjk[axis] && at <= boxIjk[axis + 3]))
    .sort((a, b) => size(a) - size(b))
    .slice(0, mostTried);
}

/** How many voxels of a lesion an organ has. */
function heldBy(organ: Mask, lesion: Mask): number {
  const [i0, j0, k0, i1, j1, k1] = lesion.box;
  let held = 0;
  let n = 0;
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) if (lesion.bits[n++]) held += maskAt(organ, i, j, k);
  return held;
}
