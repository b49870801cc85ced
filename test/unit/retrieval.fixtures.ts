/** Lists of scored items for properties of rankings: with ties, duplicates, scores that are none, empty and short lists. */
import fc from 'fast-check';
import type { Scored } from '../../native/retrieval/scored.ts';

const fewIds = fc.constantFrom(...'abcdef');
const anyId = fc.string({ unit: 'binary', maxLength: 4 });
/** Eighths, whose sums are exact, so that no property depends on the order of additions. */
const eighths = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((n) => n / 8);
const fewScores = fc.integer({ min: -1, max: 1 });
export const noScore = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

function lists(id: fc.Arbitrary<string>, score: fc.Arbitrary<number>, maxLength: number) {
  const list: fc.Arbitrary<Scored[]> = fc.array(fc.record({ id, score }), { maxLength });
  return fc.array(list, { maxLength: 5 });
}

/** What lists may look like. */
export const kindsOfLists = [
  { kind: 'many ties', lists: lists(fewIds, fewScores, 20) },
  { kind: 'hardly a tie', lists: lists(anyId, eighths, 20) },
  { kind: 'scores that are none', lists: lists(fewIds, fc.oneof(eighths, fewScores, noScore), 20) },
  { kind: 'the same few items often', lists: lists(fc.constantFrom('a', 'b'), eighths, 20) },
  { kind: 'short and empty lists', lists: lists(fewIds, eighths, 2) },
] as const;

/** The same lists with the items of each in another order, which the seed gives. */
export function shuffledWithin<T>(lists: readonly (readonly T[])[], seed: number): T[][] {
  return lists.map((list) => shuffled(list, seed));
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const keyed = items.map((item, at) => ({ item, key: Math.sin(seed + at * 12.9898) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

export const seeds = fc.integer({ min: 0, max: 10_000 });

/** Where a ranking does not follow the rule that the higher score and then the smaller id comes first, each id once. */
export function disorder(ranking: readonly Scored[]): string[] {
  return ranking.slice(1).flatMap((item, at) => {
    const before = ranking[at];
    const right = before.score > item.score || (before.score === item.score && before.id < item.id);
    return right ? [] : [`${before.id} ${before.score} before ${item.id} ${item.score}`];
  });
}
