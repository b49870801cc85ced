/** The lists of several methods as one. */
import { interleave, reciprocalRank, weightedScores } from '../fuse.ts';
import { type FusionMethod, methodNamed } from '../methods.ts';
import { type Probe, runnable, type Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';
import { rank } from './rank.ts';

/** A method that finds nothing, for want of words or of vectors, takes no part. */
export function rankFused({ of, by }: FusionMethod, scope: Scope, probe: Probe, k: number): Scored[] {
  // Sums of scores and of ranks need each list whole, so that what is found does not hang on how many hits are wanted.
  const depth = by === 'interleave' ? k : scope.rows.length;
  const found = of
    .filter((name) => runnable(methodNamed(name), scope.sources))
    .map((name) => ({ name, list: rank(methodNamed(name), scope, probe, depth) }))
    .filter(({ list }) => list.length > 0);
  const lists = found.map(({ list }) => list);
  switch (by) {
    case 'interleave':
      return interleave(lists);
    case 'reciprocalRank':
      return reciprocalRank(lists);
    case 'weighted':
      return weightedScores(
        lists,
        found.map(({ name }) => probe.weights?.get(name) ?? 1),
      );
  }
}
