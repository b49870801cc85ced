/** Several rankings as one: like this and that, or like any of it, but not like those. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine } from '../../native/retrieval/combine.ts';
import type { Scored } from '../../native/retrieval/scored.ts';

const list = (scores: Record<string, number>): Scored[] =>
  Object.entries(scores).map(([id, score]) => ({ id, score }));
const ids = (found: readonly Scored[]) => found.map(({ id }) => id);

const likeA = list({ a: 1, both: 0.9, b: 0.1, neither: 0 });
const likeB = list({ b: 10, both: 9, a: 1, neither: 0 });

test('what is like all comes first with and, what is like one with or', () => {
  expect(ids(combine([likeA, likeB], [], 'and'))[0]).toBe('both');
  expect(ids(combine([likeA, likeB], [], 'or')).at(-1)).toBe('neither');
  expect(
    ids(combine([likeA, likeB], [], 'or'))
      .slice(0, 2)
      .sort(),
  ).toEqual(['a', 'b']);
});

test('what is like the unwanted falls behind, what is unlike it gains nothing', () => {
  expect(ids(combine([likeA], [likeB], 'and'))).toEqual(['a', 'both', 'neither', 'b']);
  const far = combine([likeA], [list({ a: 0, both: 0, b: 0, neither: 0 })], 'and');
  expect(far).toEqual(combine([likeA], [], 'and'));
});

test('a list that ranks nothing takes no part, and without a wanted one there are no hits', () => {
  expect(combine([likeA, []], [[]], 'and')).toEqual(combine([likeA], [], 'and'));
  expect(combine([[]], [likeB], 'and')).toEqual([]);
});

const scores = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: -9, max: 9 }));

describe('whatever the lists', () => {
  test.each(['and', 'or'] as const)('%s gives every lesion of a wanted list once, the best first', (how) => {
    fc.assert(
      fc.property(fc.array(scores, { maxLength: 4 }), fc.array(scores, { maxLength: 3 }), (like, unlike) => {
        const found = combine(like.map(list), unlike.map(list), how);
        expect(ids(found).sort()).toEqual([...new Set(like.flatMap((one) => Object.keys(one)))].sort());
        for (const [at, { score }] of found.entries()) {
          expect(Number.isFinite(score)).toBe(true);
          if (at > 0) expect(score).toBeLessThanOrEqual(found[at - 1].score);
        }
      }),
    );
  });

  test.each(['and', 'or'] as const)('%s does not depend on the order of what is asked', (how) => {
    fc.assert(
      fc.property(fc.array(scores, { minLength: 1, maxLength: 4 }), scores, (like, unlike) => {
        const forward = combine(like.map(list), [list(unlike)], how);
        const backward = combine([...like].reverse().map(list), [list(unlike)], how);
        for (const { id, score } of forward)
          expect(backward.find((other) => other.id === id)?.score).toBeCloseTo(score, 9);
      }),
    );
  });
});
