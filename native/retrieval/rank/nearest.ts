/** One vector of the query against one of each lesion or volume, by cosine. */
import type { NearestMethod } from '../methods.ts';
import { needName, type Probe, type Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';

export function rankNearest({ need }: NearestMethod, scope: Scope, probe: Probe, k: number): Scored[] {
  const [vector] = probe.vectors.get(needName(need)) ?? [];
  if (!vector) return [];
  const found = scope.index(need).nearest(vector, k);
  return scope.asLesions(
    need,
    found.map(({ owner, score }) => ({ id: owner, score })),
  );
}
