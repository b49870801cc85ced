/** What marks on hits say, and under what they are kept. */
import type { Feedback, RegionQuery } from '../../native/contract/feedback.ts';
import type { HitMark, Subject } from '../ui/store.ts';

/** Whether a hit is marked as like what is searched for, as unlike it, or not at all. */
export function markOf(marks: readonly HitMark[], hit: string): boolean | null {
  return marks.findLast((mark) => mark.hit === hit)?.relevant ?? null;
}

/** What the marks say together; nothing where there are none. */
export function feedbackOf(marks: readonly HitMark[]): Feedback | undefined {
  const last = new Map(marks.map(({ hit, relevant }) => [hit, relevant]));
  const marked = (wanted: boolean) =>
    [...last].flatMap(([hit, relevant]) => (relevant === wanted ? [hit] : []));
  const feedback = { relevant: marked(true), irrelevant: marked(false) };
  return feedback.relevant.length + feedback.irrelevant.length > 0 ? feedback : undefined;
}

/** The lesion or region that marks are kept under; none for words, image files and several things at once. */
export function keptUnder({ query, also }: Pick<Subject, 'query' | 'also'>): RegionQuery | null {
  return also.length > 0 || 'text' in query || 'image' in query ? null : query;
}
