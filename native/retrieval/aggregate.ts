/** Ranks owners (volumes, lesions) by the hits that several query vectors, such as a query's slices, have among their vectors. */
import { ranked, type Scored } from './scored.ts';

/** A found vector: whose it is, and its similarity. One whose score is not finite was not found. */
export interface OwnedHit {
  readonly owner: string;
  readonly score: number;
}

export const aggregationNames = ['frequency', 'max', 'sum'] as const;
export type Aggregation = (typeof aggregationNames)[number];

/** An owner's score so far, and with one more hit. */
const rules: Readonly<Record<Aggregation, (before: number | undefined, score: number) => number>> = {
  frequency: (before = 0) => before + 1,
  max: (before = Number.NEGATIVE_INFINITY, score) => Math.max(before, score),
  sum: (before = 0, score) => before + score,
};

/**
 * The owners that were hit, each once, ranked by how many hits they have in all lists together, by the highest score, or by
 * the sum of the scores: the three slice methods of 3D-MIR (../benchmark/mir/methods.ts). Equal scores rank by ascending owner.
 */
export function aggregate(lists: Iterable<readonly OwnedHit[]>, by: Aggregation): Scored[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    for (const { owner, score } of list) {
      if (Number.isFinite(score)) scores.set(owner, rules[by](scores.get(owner), score));
    }
  }
  return ranked(Array.from(scores, ([id, score]) => ({ id, score })));
}
