/** What a hit's score is, and how it is written. */
import type { ScoreKind } from '../../native/contract/engine.ts';
import { count, fixed } from '../ui/format.ts';

export const scoreTitles: Readonly<Record<ScoreKind, string>> = {
  cosine: 'Cosine similarity',
  count: 'Matching slices',
  sum: 'Sum of the similarities of matching slices',
  rank: 'Joined by rank: 1 / place',
  words: 'How well the words fit (BM25)',
  fused: 'Joined scores, in standard deviations from the average lesion',
};
const digits: Readonly<Record<Exclude<ScoreKind, 'count'>, number>> = {
  cosine: 3,
  sum: 2,
  rank: 3,
  words: 2,
  fused: 2,
};

export function scoreText(score: number, kind: ScoreKind): string {
  if (kind === 'count') return count(score, 'slice');
  return fixed(score, digits[kind]);
}
