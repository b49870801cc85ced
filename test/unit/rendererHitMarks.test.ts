/** What a series of marks says: of a hit the last one counts, and an undo is the series without its last. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feedbackOf, keptUnder, markOf } from '../../renderer/query/hitMarks.ts';
import { scoreText } from '../../renderer/query/scores.ts';

const mark = fc.record({ hit: fc.constantFrom('a', 'b', 'c'), relevant: fc.constantFrom(true, false, null) });

test('of each hit the last mark counts, and none is on both sides', () => {
  fc.assert(
    fc.property(fc.array(mark), (marks) => {
      const { relevant, irrelevant } = feedbackOf(marks) ?? { relevant: [], irrelevant: [] };
      for (const hit of ['a', 'b', 'c']) {
        const now = markOf(marks, hit);
        expect([relevant.includes(hit), irrelevant.includes(hit)]).toEqual([now === true, now === false]);
      }
      expect(new Set([...relevant, ...irrelevant]).size).toBe(relevant.length + irrelevant.length);
    }),
  );
});

test('marks that are all taken back ask for nothing', () => {
  const marks = [
    { hit: 'a', relevant: true },
    { hit: 'a', relevant: null },
  ];
  expect(feedbackOf(marks)).toBeUndefined();
  expect(feedbackOf(marks.slice(0, -1))).toEqual({ relevant: ['a'], irrelevant: [] });
});

test('marks are kept under a lesion, a region, words or several things, but not under an image file', () => {
  const of = (
    query: Parameters<typeof keptUnder>[0]['query'],
    also: Parameters<typeof keptUnder>[0]['also'] = [],
  ) => keptUnder({ query, also, combine: 'or' });
  expect(of({ lesion: 'l' })).toEqual({ lesion: 'l' });
  expect(of({ volume: 'v', roi: [0, 0, 0, 1, 1, 1] })).toEqual({ volume: 'v', roi: [0, 0, 0, 1, 1, 1] });
  expect(of({ text: 'nodule' })).toEqual({ text: 'nodule' });
  const term = { patient: 'p', title: 't' };
  const also = [{ ...term, like: false, lesion: 'm' }, { ...term, like: true, lesion: 'n' }]; // biome-ignore format: terms
  expect(of({ text: 'nodule' }, also)).toEqual({
    like: [{ text: 'nodule' }, { lesion: 'n' }],
    unlike: [{ lesion: 'm' }],
    combine: 'or',
  });
  expect(of({ image: 'one-time-token-1' }, also)).toBeNull();
});

test.each([
  [0.4, 'cosine', '0.400'],
  [-0.25, 'fused', '−0.25'],
  [1, 'count', '1 slice'],
  [12, 'count', '12 slices'],
] as const)('%f as %s is written %s', (score, kind, text) => expect(scoreText(score, kind)).toBe(text));
