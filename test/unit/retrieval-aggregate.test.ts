/** Properties of ranking and of aggregation: order, ties, duplicates, scores that are none, independence of the order given. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Aggregation, aggregate, aggregationNames } from '../../native/retrieval/aggregate.ts';
import { ranked, type Scored } from '../../native/retrieval/scored.ts';
import { disorder, kindsOfLists, noScore, seeds, shuffled, shuffledWithin } from './retrieval.fixtures.ts';

type Lists = readonly (readonly Scored[])[];

const owned = (lists: Lists) => lists.map((list) => list.map(({ id, score }) => ({ owner: id, score })));
const aggregated = (lists: Lists, by: Aggregation) => aggregate(owned(lists), by);

/** An owner's score from all of its own, in a plain way. */
const plain: Record<Aggregation, (scores: readonly number[]) => number> = {
  frequency: (scores) => scores.length,
  max: (scores) => scores.toSorted((a, b) => b - a)[0],
  sum: (scores) => scores.reduce((sum, score) => sum + score),
};

/** What becomes of a score when every list comes twice. */
const doubled: Record<Aggregation, number> = { frequency: 2, max: 1, sum: 2 };

describe.each(kindsOfLists)('ranking, $kind', ({ lists }) => {
  const items = lists.map((some) => some.flat());

  test('the higher score first, then the smaller id, each id once', () => {
    fc.assert(
      fc.property(items, (list) => {
        expect(disorder(ranked(list))).toEqual([]);
      }),
    );
  });

  test('every id with a score is there, with its highest', () => {
    fc.assert(
      fc.property(items, (list) => {
        const finite = list.filter(({ score }) => Number.isFinite(score));
        const best = Map.groupBy(finite, ({ id }) => id);
        const expected = Array.from(best, ([id, all]) => [id, Math.max(...all.map(({ score }) => score))]);
        expect(new Map(ranked(list).map(({ id, score }) => [id, score]))).toEqual(new Map(expected as []));
      }),
    );
  });

  test('the order given and a second ranking change nothing', () => {
    fc.assert(
      fc.property(items, seeds, (list, seed) => {
        const once = ranked(list);
        expect(ranked(shuffled(list, seed))).toEqual(once);
        expect(ranked(once)).toEqual(once);
      }),
    );
  });
});

describe.each(kindsOfLists)('aggregation, $kind', ({ lists }) => {
  describe.each(aggregationNames)('%s', (by) => {
    test('scores each owner as a plain computation does', () => {
      fc.assert(
        fc.property(lists, (some) => {
          const scores = Map.groupBy(some.flat(), ({ id }) => id);
          const expected = new Map<string, number>();
          for (const [id, all] of scores) {
            const finite = all.map(({ score }) => score).filter(Number.isFinite);
            if (finite.length > 0) expected.set(id, plain[by](finite));
          }
          expect(new Map(aggregated(some, by).map(({ id, score }) => [id, score]))).toEqual(expected);
        }),
      );
    });

    test('ranks the higher score first, then the smaller owner, each owner once', () => {
      fc.assert(
        fc.property(lists, (some) => {
          expect(disorder(aggregated(some, by))).toEqual([]);
        }),
      );
    });

    test('does not depend on the order of the lists, nor of the hits in them', () => {
      fc.assert(
        fc.property(lists, seeds, (some, seed) => {
          const other = shuffled(shuffledWithin(some, seed), seed + 1);
          expect(aggregated(other, by)).toEqual(aggregated(some, by));
        }),
      );
    });

    test('a hit without a score changes nothing', () => {
      fc.assert(
        fc.property(lists, noScore, fc.constantFrom('a', 'b', 'new'), (some, score, id) => {
          expect(aggregated([...some.map((list) => [...list, { id, score }]), []], by)).toEqual(
            aggregated(some, by),
          );
        }),
      );
    });

    test('every list twice keeps the ranking', () => {
      fc.assert(
        fc.property(lists, (some) => {
          const twice = aggregated([...some, ...some], by);
          expect(twice).toEqual(
            aggregated(some, by).map(({ id, score }) => ({ id, score: score * doubled[by] })),
          );
        }),
      );
    });
  });
});

test.each(aggregationNames)('%s of no lists, and of empty ones, is empty', (by) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), (n) => {
      expect(
        aggregate(
          Array.from({ length: n }, () => []),
          by,
        ),
      ).toEqual([]);
    }),
  );
});

test('the three ways differ where they should', () => {
  const lists = [
    [
      { owner: 'often', score: 0.1 },
      { owner: 'best', score: 0.9 },
      { owner: 'sum', score: 0.6 },
    ],
    [
      { owner: 'often', score: 0.1 },
      { owner: 'sum', score: 0.6 },
    ],
    [{ owner: 'often', score: 0.1 }],
  ];
  const first = (by: Aggregation) => aggregate(lists, by)[0];
  expect(first('frequency')).toEqual({ id: 'often', score: 3 });
  expect(first('max')).toEqual({ id: 'best', score: 0.9 });
  expect(first('sum')).toEqual({ id: 'sum', score: 1.2 });
});
