/** Properties of fusion: against plain computations, and what no fusion may depend on. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interleave, reciprocalRank, type Scaling, weightedScores } from '../../native/retrieval/fuse.ts';
import { ranked, type Scored } from '../../native/retrieval/scored.ts';
import { disorder, kindsOfLists, noScore, seeds, shuffledWithin } from './retrieval.fixtures.ts';

type Lists = readonly (readonly Scored[])[];

const weightOf = (n: number) => [1, 0.5, 2, 0, 4][n % 5];
const weighted = (scaling: Scaling) => (lists: Lists) =>
  weightedScores(
    lists,
    lists.map((_, n) => weightOf(n)),
    scaling,
  );

const fusions: readonly {
  name: string;
  fuse: (lists: Lists) => Scored[];
  plain: (lists: Lists) => Scored[];
}[] = [
  {
    name: 'interleaving',
    fuse: (lists) => interleave(lists),
    plain: (lists) => plainInterleave(lists, Math.max),
  },
  {
    name: 'interleaving to the shortest',
    fuse: (lists) => interleave(lists, 'shortest'),
    plain: (lists) => plainInterleave(lists, Math.min),
  },
  { name: 'reciprocal ranks', fuse: reciprocalRank, plain: plainReciprocalRank },
  { name: 'standardised scores', fuse: weighted('standardised'), plain: plainWeighted(standardise) },
  { name: 'min-max scores', fuse: weighted('min-max'), plain: plainWeighted(minMax) },
];

function plainInterleave(lists: Lists, most: (...lengths: number[]) => number): Scored[] {
  const rankings = lists.map(ranked);
  const depth = lists.length === 0 ? 0 : most(...rankings.map(({ length }) => length));
  const ids: string[] = [];
  for (let rank = 0; rank < depth; rank++) {
    for (const ranking of rankings) {
      const id = ranking[rank]?.id;
      if (id !== undefined && !ids.includes(id)) ids.push(id);
    }
  }
  return ids.map((id, at) => ({ id, score: 1 / (at + 1) }));
}

function idsOf(lists: Lists): string[] {
  return [...new Set(lists.flatMap(ranked).map(({ id }) => id))];
}

function plainReciprocalRank(lists: Lists): Scored[] {
  return idsOf(lists).map((id) => {
    const ranks = lists.map((list) => ranked(list).findIndex((item) => item.id === id) + 1);
    return { id, score: ranks.filter((rank) => rank > 0).reduce((sum, rank) => sum + 1 / (60 + rank), 0) };
  });
}

function standardise(score: number, all: readonly number[]): number {
  const mean = all.reduce((a, b) => a + b) / all.length;
  const squares = all.map((value) => value * value).reduce((a, b) => a + b) / all.length;
  return (score - mean) / Math.sqrt(squares - mean * mean);
}

function minMax(score: number, all: readonly number[]): number {
  return (score - Math.min(...all)) / (Math.max(...all) - Math.min(...all));
}

function plainWeighted(scale: (score: number, all: readonly number[]) => number) {
  return (lists: Lists): Scored[] =>
    idsOf(lists).map((id) => {
      const parts = lists.map((list, n) => {
        const ranking = ranked(list);
        const all = ranking.map(({ score }) => score);
        if (new Set(all).size < 2) return 0;
        const own = ranking.find((item) => item.id === id)?.score ?? Math.min(...all);
        return weightOf(n) * scale(own, all);
      });
      return { id, score: parts.reduce((sum, part) => sum + part, 0) };
    });
}

describe.each(kindsOfLists)('fusion, $kind', ({ lists }) => {
  describe.each(fusions)('by $name', ({ fuse, plain }) => {
    test('scores as a plain computation does', () => {
      fc.assert(
        fc.property(lists, (some) => {
          const expected = new Map(plain(some).map(({ id, score }) => [id, score]));
          const found = fuse(some);
          expect(found).toHaveLength(expected.size);
          for (const { id, score } of found) expect(score).toBeCloseTo(expected.get(id) ?? Number.NaN, 6);
        }),
      );
    });

    test('ranks the higher score first, then the smaller id, each id once', () => {
      fc.assert(
        fc.property(lists, (some) => {
          expect(disorder(fuse(some))).toEqual([]);
        }),
      );
    });

    test('does not depend on the order in which a list comes', () => {
      fc.assert(
        fc.property(lists, seeds, (some, seed) => {
          expect(fuse(shuffledWithin(some, seed))).toEqual(fuse(some));
        }),
      );
    });

    test('an item without a score changes nothing', () => {
      fc.assert(
        fc.property(lists, noScore, fc.constantFrom('a', 'b', 'new'), (some, score, id) => {
          expect(fuse(some.map((list) => [...list, { id, score }]))).toEqual(fuse(some));
        }),
      );
    });

    test('of one list is that list', () => {
      fc.assert(
        fc.property(lists, (some) => {
          const one = some.flat();
          expect(fuse([one]).map(({ id }) => id)).toEqual(ranked(one).map(({ id }) => id));
        }),
      );
    });
  });
});

describe.each(fusions)('fusion by $name', ({ fuse }) => {
  test('of no lists, and of empty ones, is empty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), (n) => {
        expect(fuse(Array.from({ length: n }, () => []))).toEqual([]);
      }),
    );
  });
});

describe.each(kindsOfLists)('fusion in particular, $kind', ({ lists }) => {
  test('interleaving begins with the first item of each list', () => {
    fc.assert(
      fc.property(lists, (some) => {
        const full = some.filter((list) => ranked(list).length > 0);
        const firsts = [...new Set(full.map((list) => ranked(list)[0].id))];
        for (const until of ['shortest', 'longest'] as const) {
          const ids = interleave(full, until).map(({ id }) => id);
          expect(ids.slice(0, firsts.length)).toEqual(firsts);
        }
      }),
    );
  });

  test('to the longest, interleaving only adds after what it gives to the shortest', () => {
    fc.assert(
      fc.property(lists, (some) => {
        const short = interleave(some, 'shortest');
        expect(interleave(some).slice(0, short.length)).toEqual(short);
      }),
    );
  });

  test('by reciprocal ranks, what is ahead in every list is ahead', () => {
    fc.assert(
      fc.property(lists, (some) => {
        const ids = reciprocalRank(some).map(({ id }) => id);
        const places = some.map((list) => new Map(ranked(list).map(({ id }, at) => [id, at])));
        for (const [at, later] of ids.entries()) {
          for (const earlier of ids.slice(0, at)) {
            const overtaken = places.every((of) => {
              return (
                (of.get(later) ?? Number.POSITIVE_INFINITY) < (of.get(earlier) ?? Number.POSITIVE_INFINITY)
              );
            });
            expect(overtaken).toBe(false);
          }
        }
      }),
    );
  });

  test('by reciprocal ranks, two lists may change places', () => {
    fc.assert(
      fc.property(lists, ([first = [], second = []]) => {
        expect(reciprocalRank([second, first])).toEqual(reciprocalRank([first, second]));
      }),
    );
  });

  test.each(['standardised', 'min-max'] as const)(
    '%s scores do not depend on a list’s unit and zero',
    (scaling) => {
      fc.assert(
        fc.property(
          lists,
          fc.constantFrom(0.25, 2, 1024),
          fc.integer({ min: -8, max: 8 }),
          (some, unit, zero) => {
            const moved = some.map((list) =>
              list.map(({ id, score }) => ({ id, score: score * unit + zero })),
            );
            const before = new Map(weighted(scaling)(some).map(({ id, score }) => [id, score]));
            const after = weighted(scaling)(moved);
            expect(after).toHaveLength(before.size);
            for (const { id, score } of after) expect(score).toBeCloseTo(before.get(id) ?? Number.NaN, 6);
          },
        ),
      );
    },
  );

  test.each(['standardised', 'min-max'] as const)(
    'with %s scores, a list of weight 0 only brings its ids',
    (scaling) => {
      fc.assert(
        fc.property(lists, ([first = [], second = []]) => {
          const alone = new Map(weightedScores([first], [1], scaling).map(({ id, score }) => [id, score]));
          const lowest = Math.min(0, ...alone.values());
          const both = weightedScores([first, second], [1, 0], scaling);
          expect(both.map(({ id }) => id).sort()).toEqual(idsOf([first, second]).sort());
          for (const { id, score } of both) expect(score).toBeCloseTo(alone.get(id) ?? lowest, 9);
        }),
      );
    },
  );
});

test.each([
  { weights: [1] },
  { weights: [1, 2, 3] },
  { weights: [1, Number.NaN] },
  { weights: [Number.POSITIVE_INFINITY, 1] },
])('weights $weights do not fit two lists', ({ weights }) => {
  expect(() => weightedScores([[], []], weights)).toThrow('one finite weight for each list');
});

test('equal scores whose mean is rounded stay equal', () => {
  const list = ['a', 'b', 'c'].map((id) => ({ id, score: 0.1 }));
  expect(weightedScores([list], [1]).map(({ score }) => score)).toEqual([0, 0, 0]);
});

test('scores too close for a deviation count as equal', () => {
  const list = [
    { id: 'a', score: 1e-200 },
    { id: 'b', score: 0 },
  ];
  expect(weightedScores([list], [1]).map(({ score }) => score)).toEqual([0, 0]);
});
