/** Properties of late interaction: against a plain computation, and what it may and may not depend on. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxSim, rankByMaxSim } from '../../native/retrieval/maxsim.ts';
import { disorder, seeds, shuffled } from './retrieval.fixtures.ts';

const dims = [{ dim: 1 }, { dim: 2 }, { dim: 5 }, { dim: 32 }] as const;

const directed = (dim: number) =>
  fc
    .array(fc.integer({ min: -4, max: 4 }), { minLength: dim, maxLength: dim })
    .filter((values) => values.some((value) => value !== 0))
    .map((values) => Float32Array.from(values));
const bundle = (dim: number) => fc.array(directed(dim), { minLength: 1, maxLength: 6 });
/** Vectors that have no direction. */
const undirected = (dim: number) =>
  fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY).map((value) => new Float32Array(dim).fill(value));

function cosine(a: Float32Array, b: Float32Array): number {
  const product = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * y[at], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe.each(dims)('MaxSim of vectors of $dim values', ({ dim }) => {
  test('is the mean of the best cosines', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), (query, candidate) => {
        const best = query.map((vector) => Math.max(...candidate.map((other) => cosine(vector, other))));
        expect(maxSim(query, candidate)).toBeCloseTo(best.reduce((a, b) => a + b) / best.length, 6);
      }),
    );
  });

  test('with itself, and with more than itself, is 1', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), (query, more) => {
        expect(maxSim(query, query)).toBeCloseTo(1, 6);
        expect(maxSim(query, [...more, ...query])).toBeCloseTo(1, 6);
      }),
    );
  });

  test('lies between −1 and 1', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), (query, candidate) => {
        expect(Math.abs(maxSim(query, candidate))).toBeLessThanOrEqual(1 + 1e-6);
      }),
    );
  });

  test('does not depend on the vectors’ lengths', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), fc.constantFrom(0.001, 0.5, 700), (query, candidate, factor) => {
        const scaled = (vectors: Float32Array[]) => vectors.map((vector) => vector.map((v) => v * factor));
        expect(maxSim(scaled(query), candidate)).toBeCloseTo(maxSim(query, candidate), 6);
        expect(maxSim(query, scaled(candidate))).toBeCloseTo(maxSim(query, candidate), 6);
      }),
    );
  });

  test('does not depend on the order of the vectors', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), seeds, (query, candidate, seed) => {
        const score = maxSim(query, candidate);
        expect(maxSim(query, shuffled(candidate, seed))).toBe(score);
        expect(maxSim(shuffled(query, seed), candidate)).toBeCloseTo(score, 12);
      }),
    );
  });

  test('never falls when the candidate has more vectors', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), directed(dim), (query, candidate, more) => {
        expect(maxSim(query, [...candidate, more])).toBeGreaterThanOrEqual(maxSim(query, candidate));
      }),
    );
  });

  test('counts every vector of the query alike', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), (query, candidate) => {
        const single = query.map((vector) => maxSim([vector], candidate));
        const mean = single.reduce((a, b) => a + b) / single.length;
        expect(maxSim(query, candidate)).toBeCloseTo(mean, 12);
      }),
    );
  });

  test('takes a vector without direction as not there', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim), undirected(dim), (query, candidate, none) => {
        const score = maxSim(query, candidate);
        expect(maxSim([none, ...query], candidate)).toBe(score);
        expect(maxSim(query, [...candidate, none])).toBe(score);
      }),
    );
  });

  test('is no score where a side has no vector with a direction', () => {
    fc.assert(
      fc.property(bundle(dim), fc.array(undirected(dim), { maxLength: 2 }), (vectors, none) => {
        expect(maxSim(vectors, none)).toBeNaN();
        expect(maxSim(none, vectors)).toBeNaN();
      }),
    );
  });

  test('refuses vectors of another dimension', () => {
    fc.assert(
      fc.property(bundle(dim), bundle(dim + 1), (query, candidate) => {
        expect(() => maxSim(query, candidate)).toThrow(`${dim} and ${dim + 1} values`);
        expect(() => maxSim(candidate, query)).toThrow(`${dim + 1} and ${dim} values`);
      }),
    );
  });

  const candidates = fc.array(
    fc.record({
      id: fc.constantFrom(...'abcd'),
      vectors: fc.array(fc.oneof(directed(dim), undirected(dim)), { maxLength: 3 }),
    }),
    { maxLength: 8 },
  );

  test('ranks candidates by it, the best of those with one id, and none without a score', () => {
    fc.assert(
      fc.property(bundle(dim), candidates, (query, some) => {
        const best = new Map<string, number>();
        for (const { id, vectors } of some) {
          const score = maxSim(query, vectors);
          if (!Number.isNaN(score)) best.set(id, Math.max(score, best.get(id) ?? -2));
        }
        const ranking = rankByMaxSim(query, some);
        expect(disorder(ranking)).toEqual([]);
        expect(new Map(ranking.map(({ id, score }) => [id, score]))).toEqual(best);
      }),
    );
  });

  test('ranks candidates the same in whatever order they come', () => {
    fc.assert(
      fc.property(bundle(dim), candidates, seeds, (query, some, seed) => {
        expect(rankByMaxSim(query, shuffled(some, seed))).toEqual(rankByMaxSim(query, some));
      }),
    );
  });
});
