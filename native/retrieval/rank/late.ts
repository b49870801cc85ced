/** Late interaction: the first hits of another method, ranked by how well each slice of the query is met by one of theirs. */
import { rankByMaxSim } from '../maxsim.ts';
import { type LateMethod, methodNamed } from '../methods.ts';
import { needName, type Probe, type Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';
import { rank } from './rank.ts';

/** Hits of the other method that are looked at again. */
const reranked = 200;

export function rankLate({ need, of }: LateMethod, scope: Scope, probe: Probe): Scored[] {
  const vectors = probe.vectors.get(needName(need)) ?? [];
  if (vectors.length === 0) return [];
  const index = scope.index(need);
  const first = rank(methodNamed(of), scope, probe, reranked).slice(0, reranked);
  return rankByMaxSim(
    vectors,
    first.map(({ id }) => ({ id, vectors: index.vectorsOf(id) })),
  );
}
