/** `VectorStore.search` against brute force over many sizes: k beyond the library, filters, removed rows, ties, bad queries. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VectorStore } from '../../native/vectors/store.ts';
import { shuffled } from './retrieval.fixtures.ts';

// A store takes a block of 4 MiB however few its rows: the sizes and properties make up for the fewer runs.
fc.configureGlobal({ numRuns: 30 });

interface Size {
  readonly dim: number;
  readonly most: number;
}
const sizes: readonly Size[] = [
  { dim: 1, most: 12 },
  { dim: 2, most: 60 },
  { dim: 3, most: 8 },
  { dim: 16, most: 60 },
  { dim: 65, most: 30 },
];

// Few values make equal vectors, and so ties, common.
const vectorOf = (dim: number) =>
  fc
    .array(fc.integer({ min: -1, max: 1 }), { minLength: dim, maxLength: dim })
    .filter((values) => values.some((value) => value !== 0));
const idOf = (row: number) => `v${(row * 37) % 101}`;

/** Rows, a query, and a number that says which rows a filter or a removal chooses. */
const cases = ({ dim, most }: Size) =>
  fc.record({
    rows: fc.array(vectorOf(dim), { maxLength: most }),
    query: vectorOf(dim),
    choice: fc.integer({ min: 0, max: 10_000 }),
  });

function storeOf(dim: number, rows: readonly (readonly number[])[], order = [...rows.keys()]): VectorStore {
  const key = { level: 'slice', pooling: '', dim, encoder: { id: 'fixed', version: '1', preprocessing: '' } };
  return VectorStore.build(
    key,
    order.map((row) => ({ id: idOf(row), vector: rows[row] })),
  );
}

/** Every row with its id and its cosine with the query, computed plainly. */
function cosines(rows: readonly (readonly number[])[], query: readonly number[]) {
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, v, at) => sum + v * y[at], 0);
  return rows.map((row, at) => ({
    id: idOf(at),
    cosine: product(row, query) / Math.sqrt(product(row, row) * product(query, query)),
    row: at,
  }));
}

function expectBest(
  found: readonly { id: string; score: number }[],
  candidates: ReturnType<typeof cosines>,
  k: number,
): void {
  const best = candidates.toSorted((a, b) => b.cosine - a.cosine).slice(0, k);
  const cosineOf = new Map(candidates.map(({ id, cosine }) => [id, cosine]));
  expect(found).toHaveLength(best.length);
  for (const [at, { id, score }] of found.entries()) {
    expect(score).toBeCloseTo(best[at].cosine, 6);
    expect(score).toBeCloseTo(cosineOf.get(id) ?? Number.NaN, 6);
    const before = found[at - 1];
    if (before) expect(before.score > score || (before.score === score && before.id < id)).toBe(true);
  }
}

describe.each(sizes)('up to $most vectors of $dim values', (size) => {
  test.each([1, 3, 10, 100])('the best %i are those of brute force', (k) => {
    fc.assert(
      fc.property(cases(size), ({ rows, query }) => {
        expectBest(storeOf(size.dim, rows).search(query, k), cosines(rows, query), k);
      }),
    );
  });

  test('a k beyond the library gives each vector once', () => {
    fc.assert(
      fc.property(cases(size), fc.integer({ min: 0, max: 1000 }), ({ rows, query }, beyond) => {
        const found = storeOf(size.dim, rows).search(query, Math.max(1, rows.length + beyond));
        expect(found.map(({ id }) => id).sort()).toEqual(rows.map((_, row) => idOf(row)).sort());
      }),
    );
  });

  test('a smaller k gives the beginning of what a larger one gives', () => {
    fc.assert(
      fc.property(cases(size), fc.integer({ min: 1, max: 20 }), ({ rows, query }, k) => {
        const store = storeOf(size.dim, rows);
        expect(store.search(query, k)).toEqual(store.search(query, 1000).slice(0, k));
      }),
    );
  });

  test('the order in which vectors came in changes neither hits nor ties', () => {
    fc.assert(
      fc.property(cases(size), fc.integer({ min: 1, max: 20 }), ({ rows, query, choice }, k) => {
        const plain = (store: VectorStore) => store.search(query, k).map(({ id, score }) => ({ id, score }));
        const other = storeOf(size.dim, rows, shuffled([...rows.keys()], choice));
        expect(plain(other)).toEqual(plain(storeOf(size.dim, rows)));
      }),
    );
  });

  test('a filter finds the best of what it allows', () => {
    fc.assert(
      fc.property(cases(size), fc.integer({ min: 1, max: 20 }), ({ rows, query, choice }, k) => {
        const store = storeOf(size.dim, rows);
        const allowed = cosines(rows, query).filter(({ row }) => Math.sin(choice + row * 12.9898) > 0);
        const found = store.search(query, k, store.rowsOf(allowed.map(({ id }) => id)));
        expectBest(found, allowed, k);
      }),
    );
  });

  test('what was removed is never found', () => {
    fc.assert(
      fc.property(cases(size), fc.integer({ min: 1, max: 20 }), ({ rows, query, choice }, k) => {
        const store = storeOf(size.dim, rows);
        const gone = (row: number) => Math.sin(choice + row * 12.9898) > 0.3;
        for (const row of rows.keys()) if (gone(row)) store.remove(idOf(row));
        expectBest(
          store.search(query, k),
          cosines(rows, query).filter(({ row }) => !gone(row)),
          k,
        );
      }),
    );
  });

  test('copies of a vector have one score and rank by id', () => {
    fc.assert(
      fc.property(
        vectorOf(size.dim),
        vectorOf(size.dim),
        fc.integer({ min: 2, max: 40 }),
        (row, query, copies) => {
          const found = storeOf(
            size.dim,
            Array.from({ length: copies }, () => row),
          ).search(query, copies);
          expect(new Set(found.map(({ score }) => score)).size).toBe(1);
          expect(found.map(({ id }) => id)).toEqual(
            Array.from({ length: copies }, (_, at) => idOf(at)).sort(),
          );
        },
      ),
    );
  });

  test('the length of the query changes nothing', () => {
    fc.assert(
      fc.property(cases(size), fc.constantFrom(0.5, 4, 1024), ({ rows, query }, factor) => {
        const store = storeOf(size.dim, rows);
        const longer = query.map((value) => value * factor);
        expect(store.search(longer, 5)).toEqual(store.search(query, 5));
      }),
    );
  });

  test('a query that is NaN, infinite, zero or of another dimension, and a k that is no number of hits, are refused', () => {
    const { dim } = size;
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(cases(size), bad, fc.constantFrom(0, -1, 1.5, Number.NaN), ({ rows, query }, value, k) => {
        const store = storeOf(dim, rows);
        expect(() => store.search(query.with(dim - 1, value), 5)).toThrow('not finite or all zero');
        expect(() => store.search(query.fill(0), 5)).toThrow('not finite or all zero');
        expect(() => store.search([...query, 1], 5)).toThrow(`${dim + 1} values`);
        expect(() => store.search(query, k)).toThrow('whole number above 0');
      }),
    );
  });
});

test.each(sizes)('an empty store of $dim values finds nothing', ({ dim }) => {
  fc.assert(
    fc.property(vectorOf(dim), fc.integer({ min: 1, max: 50 }), (query, k) => {
      expect(storeOf(dim, []).search(query, k)).toEqual([]);
    }),
  );
});
