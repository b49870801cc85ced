/** Several rankings of the same lesions, one for each thing that is searched for, as one: like this and that, but not like those. */
import { scaledScores } from './fuse.ts';
import { ranked, type Scored } from './scored.ts';

type Combination = 'and' | 'or';

const joins: Readonly<Record<Combination, (scores: readonly number[]) => number>> = {
  and: (scores) => scores.reduce((sum, score) => sum + score, 0) / scores.length,
  or: (scores) => Math.max(...scores),
};

/**
 * Scores are standardised list by list (mean 0, deviation 1 over the lesions that the list ranks; a lesion that it lacks has
 * its lowest). `and` is the mean of the wanted lists, `or` their maximum; from it goes the highest standardised score among
 * the unwanted lists, where that is above the average lesion's. A list that ranks nothing takes no part; without a
 * wanted list that ranks something there are no hits.
 */
export function combine(
  like: readonly (readonly Scored[])[],
  unlike: readonly (readonly Scored[])[],
  how: Combination,
): Scored[] {
  const scale = (lists: readonly (readonly Scored[])[]) =>
    lists.filter((list) => list.length > 0).map((list) => scaledScores(ranked(list), 'standardised'));
  const wanted = scale(like);
  const unwanted = scale(unlike);
  if (wanted.length === 0) return [];
  const ids = new Set(wanted.flatMap(({ scores }) => [...scores.keys()]));
  const of = (id: string) => (list: (typeof wanted)[number]) => list.scores.get(id) ?? list.lowest;
  return ranked(
    Array.from(ids, (id) => ({
      id,
      score: joins[how](wanted.map(of(id))) - Math.max(0, ...unwanted.map(of(id))),
    })),
  );
}
