/** Figures of one query: examples worked by hand, and the closed forms against every order and against drawing orders. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  expectedFigures,
  type QueryFigures,
  rankedFigures,
  type TieGroup,
} from '../../native/benchmark/metrics.ts';
import { createRandom } from '../../native/random.ts';

function rounded(figures: QueryFigures): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(9))]));
}

function expectClose(a: QueryFigures, b: QueryFigures, digits: number): void {
  for (const [name, value] of Object.entries(a))
    expect(b[name as keyof QueryFigures], name).toBeCloseTo(value, digits);
}

describe('worked by hand', () => {
  test('relevant at 1, 3 and 6 of seven', () => {
    const figures = rankedFigures(Uint8Array.of(1, 0, 1, 0, 0, 1, 0));
    expect(rounded(figures)).toEqual(
      rounded({
        'p@1': 1,
        'p@3': 2 / 3,
        'p@5': 2 / 5,
        'p@10': 3 / 10,
        'acc@1': 1,
        'map@5': (1 + 2 / 3) / 2,
        ap: (1 + 2 / 3 + 3 / 6) / 3,
      }),
    );
  });

  test('the only relevant one at 7: nothing in the first five', () => {
    const figures = rankedFigures(Uint8Array.of(0, 0, 0, 0, 0, 0, 1));
    expect(rounded(figures)).toEqual(
      rounded({ 'p@1': 0, 'p@3': 0, 'p@5': 0, 'p@10': 0.1, 'acc@1': 0, 'map@5': 0, ap: 1 / 7 }),
    );
  });

  test('two of two relevant: p@k still divides by k', () => {
    const figures = rankedFigures(Uint8Array.of(1, 1));
    expect(rounded(figures)).toEqual(
      rounded({ 'p@1': 1, 'p@3': 2 / 3, 'p@5': 2 / 5, 'p@10': 2 / 10, 'acc@1': 1, 'map@5': 1, ap: 1 }),
    );
  });

  test('one relevant of three, in random order', () => {
    // Its place is 1, 2 or 3, each with probability 1/3.
    const mean = (1 + 1 / 2 + 1 / 3) / 3;
    const figures = expectedFigures([{ size: 3, relevant: 1 }]);
    expect(rounded(figures)).toEqual(
      rounded({
        'p@1': 1 / 3,
        'p@3': 1 / 3,
        'p@5': 1 / 5,
        'p@10': 1 / 10,
        'acc@1': 1 / 3,
        'map@5': mean,
        ap: mean,
      }),
    );
  });
});

const groups = fc
  .array(
    fc
      .integer({ min: 0, max: 4 })
      .chain((size) => fc.record({ size: fc.constant(size), relevant: fc.integer({ min: 0, max: size }) })),
    { minLength: 1, maxLength: 4 },
  )
  .filter(
    (list) => list.some(({ relevant }) => relevant > 0) && list.reduce((sum, { size }) => sum + size, 0) <= 9,
  );

/** Every distinct order of a group, as relevance. */
function orders({ size, relevant }: TieGroup): number[][] {
  if (size === 0) return [[]];
  const result: number[][] = [];
  if (relevant > 0)
    for (const rest of orders({ size: size - 1, relevant: relevant - 1 })) result.push([1, ...rest]);
  if (relevant < size) for (const rest of orders({ size: size - 1, relevant })) result.push([0, ...rest]);
  return result;
}

test('ties give the mean over every order', () => {
  fc.assert(
    fc.property(groups, (list) => {
      const all = list
        .map(orders)
        .reduce((fronts, group) => fronts.flatMap((front) => group.map((order) => [...front, ...order])), [
          [],
        ] as number[][]);
      const figures = all.map((order) => rankedFigures(Uint8Array.from(order)));
      const mean = Object.fromEntries(
        Object.keys(figures[0]).map((name) => [
          name,
          figures.reduce((sum, each) => sum + each[name as keyof QueryFigures], 0) / figures.length,
        ]),
      ) as QueryFigures;
      expectClose(mean, expectedFigures(list), 9);
    }),
    { numRuns: 60 },
  );
});

test('groups of one are the ranking itself', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 60 }).filter((list) => list.includes(1)),
      (list) => {
        const single = list.map((relevant) => ({ size: 1, relevant }));
        expectClose(rankedFigures(Uint8Array.from(list)), expectedFigures(single), 9);
      },
    ),
  );
});

test.each([
  [95, 61],
  [40, 1],
  [6, 6],
  [300, 12],
])('the random baseline for a gallery of %i with %i relevant agrees with drawn orders', (size, relevant) => {
  const random = createRandom(11, `${size}`);
  const items = Array.from({ length: size }, (_, i) => (i < relevant ? 1 : 0));
  const draws = 20_000;
  const sums: Record<string, number> = {};
  const squares: Record<string, number> = {};
  for (let i = 0; i < draws; i++) {
    for (const [name, value] of Object.entries(rankedFigures(Uint8Array.from(random.shuffle(items))))) {
      sums[name] = (sums[name] ?? 0) + value;
      squares[name] = (squares[name] ?? 0) + value * value;
    }
  }
  for (const [name, value] of Object.entries(expectedFigures([{ size, relevant }]))) {
    const mean = sums[name] / draws;
    const error = Math.sqrt(Math.max(0, squares[name] / draws - mean * mean) / draws);
    expect(Math.abs(mean - value), name).toBeLessThanOrEqual(4 * error + 1e-9);
  }
});
