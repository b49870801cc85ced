/** What marks on hits say, and under what they are kept. */
import type { SimpleQuery } from '../../native/contract/engine.ts';
import type { Feedback, MarkableQuery } from '../../native/contract/feedback.ts';
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

/** A query with what else is wanted or not. */
export function combined<T extends SimpleQuery>(
  query: T,
  { also, combine }: Pick<Subject, 'also' | 'combine'>,
) {
  if (also.length === 0) return query;
  const lesions = (like: boolean) =>
    also.filter((term) => term.like === like).map(({ lesion }) => ({ lesion }));
  return { like: [query, ...lesions(true)], unlike: lesions(false), combine };
}

/** What marks are kept under; nothing for image files, which are not in the library. */
export function keptUnder(subject: Pick<Subject, 'query' | 'also' | 'combine'>): MarkableQuery | null {
  return 'image' in subject.query ? null : combined(subject.query, subject);
}
