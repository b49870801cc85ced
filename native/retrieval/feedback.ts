/**
 * Relevance feedback: moves a query's vector towards the hits that were marked as like it and away from those that were not.
 * docs/retrieval.md has the measurement behind the weights.
 */
import type { Part } from './part.ts';

export interface Marked {
  readonly relevant: readonly Float32Array[];
  readonly irrelevant: readonly Float32Array[];
}

/** What the query itself, the mean of the relevant vectors and the mean of the irrelevant ones count. */
export const rocchioWeights = { query: 1, relevant: 0.75, irrelevant: 0.75 } as const;

/**
 * Rocchio's formula (in: Salton, The SMART Retrieval System, 1971): α · query + β · mean of the relevant − γ · mean of the
 * irrelevant, all of length 1. The lengths of the query's parts are then what they were, since scores of a part rest on them
 * (part.ts), and so is the length of the whole; a part that the marks cancel stays as it was.
 * @param query of any length above 0; without marks it is returned as it is
 * @param marked of length 1, of the query's dimension
 */
export function rocchio(
  query: Float32Array,
  { relevant, irrelevant }: Marked,
  parts: readonly Part[],
): Float32Array {
  if (relevant.length + irrelevant.length === 0) return query;
  const length = Math.hypot(...query);
  const unit = query.map((value) => value / length);
  const moved = unit.map((value) => rocchioWeights.query * value);
  add(moved, relevant, rocchioWeights.relevant);
  add(moved, irrelevant, -rocchioWeights.irrelevant);
  const bounds = [...parts].sort((a, b) => a.from - b.from);
  // What lies in no part keeps its length together, as one more.
  let from = 0;
  for (const part of [...bounds, { from: query.length, to: query.length }]) {
    keepLength(moved, unit, from, part.from);
    keepLength(moved, unit, part.from, part.to);
    from = Math.max(from, part.to);
  }
  return moved;
}

function add(sum: Float32Array, vectors: readonly Float32Array[], weight: number): void {
  for (const vector of vectors) {
    for (let at = 0; at < sum.length; at++) sum[at] += (weight / vectors.length) * vector[at];
  }
}

/** Gives the values from `from` to before `to` the length that they have in `before`, or takes them from there. */
function keepLength(moved: Float32Array, before: Float32Array, from: number, to: number): void {
  if (to <= from) return;
  const now = Math.hypot(...moved.subarray(from, to));
  const then = Math.hypot(...before.subarray(from, to));
  if (now <= 1e-6 * then) moved.set(before.subarray(from, to), from);
  else for (let at = from; at < to; at++) moved[at] *= then / now;
}
