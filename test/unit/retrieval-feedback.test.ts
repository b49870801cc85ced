/** Marks move a query by Rocchio's formula, part by part, and nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulate } from '../../native/benchmark/feedback.ts';
import { rocchio, rocchioWeights } from '../../native/retrieval/feedback.ts';
import { learnable, methodNamed, methods, needsOf, scoreKind } from '../../native/retrieval/methods.ts';

const dim = 6;
const parts = [
  { name: 'a', from: 0, to: 2 },
  { name: 'b', from: 3, to: 5 },
];
const component = fc.integer({ min: -100, max: 100 }).map((n) => n / 100);
/** Of length 1. */
const unit = fc
  .array(component, { minLength: dim, maxLength: dim })
  .filter((values) => Math.hypot(...values) > 0.1)
  .map((values) => Float32Array.from(values, (value) => value / Math.hypot(...values)));
const units = fc.array(unit, { maxLength: 4 });
const marks = fc.record({ relevant: units, irrelevant: units });
const lengthOf = (vector: Float32Array, { from, to }: { from: number; to: number }) =>
  Math.hypot(...vector.subarray(from, to));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at], 0);

describe('Rocchio', () => {
  test('by hand: one relevant and one irrelevant vector, without parts', () => {
    const moved = rocchio(
      Float32Array.of(1, 0),
      { relevant: [Float32Array.of(0, 1)], irrelevant: [Float32Array.of(1, 0)] },
      [],
    );
    const [x, y] = [1 - rocchioWeights.irrelevant, rocchioWeights.relevant];
    expect(moved[0]).toBeCloseTo(x / Math.hypot(x, y), 6);
    expect(moved[1]).toBeCloseTo(y / Math.hypot(x, y), 6);
  });

  test('without marks the query is the same', () => {
    fc.assert(
      fc.property(unit, (query) => rocchio(query, { relevant: [], irrelevant: [] }, parts) === query),
    );
  });

  test('every part, what lies between them, and the whole keep their lengths, whatever is marked', () => {
    const segments = [...parts, { from: 2, to: 3 }, { from: 5, to: 6 }, { from: 0, to: 6 }];
    fc.assert(
      fc.property(unit, marks, (query, marked) => {
        const moved = rocchio(query, marked, parts);
        for (const segment of segments) {
          expect(lengthOf(moved, segment)).toBeCloseTo(lengthOf(query, segment), 4);
        }
      }),
    );
  });

  test('the length of the query given does not matter', () => {
    fc.assert(
      fc.property(unit, marks, fc.integer({ min: 1, max: 50 }), (query, marked, scale) => {
        fc.pre(marked.relevant.length + marked.irrelevant.length > 0);
        const scaled = rocchio(
          query.map((value) => value * scale),
          marked,
          parts,
        );
        for (const [at, value] of rocchio(query, marked, parts).entries())
          expect(scaled[at]).toBeCloseTo(value, 4);
      }),
    );
  });

  test('a relevant vector comes nearer, an irrelevant one goes away', () => {
    fc.assert(
      fc.property(unit, unit, (query, other) => {
        const before = dot(query, other);
        expect(dot(rocchio(query, { relevant: [other], irrelevant: [] }, []), other)).toBeGreaterThanOrEqual(
          before - 1e-5,
        );
        expect(dot(rocchio(query, { relevant: [], irrelevant: [other] }, []), other)).toBeLessThanOrEqual(
          before + 1e-5,
        );
      }),
    );
  });

  test('the order of the marks does not matter, and nothing is written into what was given', () => {
    fc.assert(
      fc.property(unit, marks, (query, { relevant, irrelevant }) => {
        const copies = [query, ...relevant, ...irrelevant].map((vector) => vector.slice());
        const one = rocchio(query, { relevant, irrelevant }, parts);
        const other = rocchio(
          query,
          { relevant: relevant.toReversed(), irrelevant: irrelevant.toReversed() },
          parts,
        );
        for (const [at, value] of one.entries()) expect(other[at]).toBeCloseTo(value, 5);
        expect([query, ...relevant, ...irrelevant]).toEqual(copies);
      }),
    );
  });

  test('a part that the marks cancel stays as it was', () => {
    // 1 · q + 0.75 · r − 0.75 · i = 0 in the first part.
    const query = Float32Array.of(0.6, 0, 0, 0.8, 0, 0);
    const relevant = [Float32Array.of(-0.8, 0, 0, 0.6, 0, 0)];
    const irrelevant = [Float32Array.of(0, 0, 0, 1, 0, 0)];
    const moved = rocchio(query, { relevant, irrelevant }, parts);
    expect(moved[0]).toBeCloseTo(0.6, 5);
    expect(moved.every(Number.isFinite)).toBe(true);
  });
});

test('marks move methods of one vector and fusions of such, not words and slices', () => {
  const learns = (name: string) => needsOf(methodNamed(name)).some(learnable);
  expect(
    ['lesion', 'lesion-measured', 'lesion-late', 'volume-avg', 'fused', 'lesion-words'].filter(learns),
  ).toHaveLength(6);
  expect(['caption', 'caption-encoder', 'slice-freq', 'lesion-slice-max', 'ensemble'].some(learns)).toBe(
    false,
  );
  expect(new Set(methods.map(scoreKind))).toEqual(
    new Set(['cosine', 'count', 'sum', 'words', 'rank', 'fused']),
  );
});

describe('a simulated user', () => {
  /** Twenty lesions, every second of the query's class; the marks of one kind bring that class to the front. */
  const lesions = Array.from({ length: 20 }, (_, n) => `les-${String(n).padStart(2, '0')}`);
  const classOf = (lesion: string) => (Number(lesion.slice(4)) % 2 === 0 ? 'a' : 'b');
  const query = (better: boolean) => ({
    patient: 'p',
    class: 'a',
    gallery: lesions.length,
    classOf,
    search: () => (marks: { relevant: readonly string[] }, k: number) =>
      (better && marks.relevant.length > 0
        ? lesions.toSorted((one, other) => (classOf(one) < classOf(other) ? -1 : 1))
        : lesions
      ).slice(0, k),
  });
  const run = (queries: ReturnType<typeof query>[]) =>
    simulate(queries, { marks: 3, draws: 50 }, new AbortController().signal, () => undefined);

  test('marks that change nothing change nothing, and both precisions are of the unmarked ten', async () => {
    const { change, before, after, n } = await run([query(false)]);
    expect(change).toEqual({ value: 0, lo: 0, hi: 0 });
    expect(before).toEqual(after);
    expect(before.value).toBeGreaterThan(0.4);
    expect(before.value).toBeLessThan(0.6);
    expect(n).toBe(1);
  });

  test('marks that help are seen to', async () => {
    const { change, classes } = await run([query(true)]);
    expect(change.lo).toBeGreaterThan(0.1);
    expect(classes.a.change).toBeCloseTo(change.value, 10);
  });

  test('a query with too few lesions is skipped, and none at all is an error', async () => {
    expect((await run([query(true), { ...query(true), gallery: 12 }])).skipped).toBe(1);
    await expect(run([{ ...query(true), gallery: 12 }])).rejects.toThrow(/13 lesions/);
  });
});
