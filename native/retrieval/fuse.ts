/**
 * Makes one ranking of several. Each list counts as `ranked` orders it, whatever order it comes in; so does the result, in
 * which every id of any list stands once.
 */
import { PrecedentError } from '../contract/errors.ts';
import { ranked, type Scored } from './scored.ts';

type List = readonly Scored[];

/**
 * Rank by rank, the first list's item first; an id that is there already is dropped. A score is 1 / place.
 * @param until 3D-MIR stops after the last rank that all lists have, so that one empty list empties the result ("shortest");
 * otherwise the longer lists go on ("longest").
 */
export function interleave(lists: readonly List[], until: 'shortest' | 'longest' = 'longest'): Scored[] {
  const rankings = lists.map(ranked);
  const lengths = rankings.map(({ length }) => length);
  const ranks = lengths.length === 0 ? 0 : Math[until === 'shortest' ? 'min' : 'max'](...lengths);
  const ids = new Set<string>();
  for (let rank = 0; rank < ranks; rank++) {
    for (const list of rankings) if (rank < list.length) ids.add(list[rank].id);
  }
  return Array.from(ids, (id, at) => ({ id, score: 1 / (at + 1) }));
}

/** The k of reciprocal rank fusion that its authors found to do well everywhere. */
const rankOffset = 60;

/**
 * Reciprocal rank fusion: the sum over the lists of 1 / (60 + rank), rank from 1; a list without the item adds nothing
 * (Cormack, Clarke and Büttcher, SIGIR 2009).
 */
export function reciprocalRank(lists: readonly List[]): Scored[] {
  const sums = new Map<string, number>();
  for (const list of lists) {
    for (const [at, { id }] of ranked(list).entries()) {
      sums.set(id, (sums.get(id) ?? 0) + 1 / (rankOffset + at + 1));
    }
  }
  return ranked(Array.from(sums, ([id, score]) => ({ id, score })));
}

/** Makes scores of different lists comparable; scores that are all the same become 0. */
const scalings = {
  /** Mean 0, standard deviation (dividing by n) 1. */
  standardised: (scores: readonly number[]) => {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
    return { zero: mean, unit: Math.sqrt(variance) };
  },
  /** The list's lowest 0, its highest 1. */
  'min-max': (scores: readonly number[]) => {
    // The list is ranked.
    const lowest = scores[scores.length - 1];
    return { zero: lowest, unit: scores[0] - lowest };
  },
} as const;
export type Scaling = keyof typeof scalings;

/**
 * The weighted sum of the scores, scaled list by list; an item that a list lacks has that list's lowest. An empty list
 * adds nothing.
 * @param weights one for each list, of any sign
 * @throws PrecedentError `internal` when they are not as many as the lists, or not finite
 */
export function weightedScores(
  lists: readonly List[],
  weights: readonly number[],
  scaling: Scaling = 'standardised',
): Scored[] {
  if (weights.length !== lists.length || !weights.every(Number.isFinite)) {
    throw new PrecedentError('internal', 'fusion needs one finite weight for each list');
  }
  const scaled = lists.map((list) => scaledScores(ranked(list), scaling));
  const ids = new Set(scaled.flatMap(({ scores }) => [...scores.keys()]));
  return ranked(
    Array.from(ids, (id) => ({
      id,
      score: scaled.reduce((sum, { scores, lowest }, n) => sum + weights[n] * (scores.get(id) ?? lowest), 0),
    })),
  );
}

/** The scores of a ranked list by id, scaled, and the lowest of them (0 for an empty list). */
export function scaledScores(list: List, scaling: Scaling): { scores: Map<string, number>; lowest: number } {
  if (list.length === 0) return { scores: new Map(), lowest: 0 };
  const values = list.map(({ score }) => score);
  const [highest, lowest] = [values[0], values[values.length - 1]];
  const { zero, unit } = scalings[scaling](values);
  // Rounding gives equal scores a deviation too.
  const scaled = (score: number) => (highest === lowest || unit === 0 ? 0 : (score - zero) / unit);
  return { scores: new Map(list.map(({ id, score }) => [id, scaled(score)])), lowest: scaled(lowest) };
}
