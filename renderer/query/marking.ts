/** Marks on hits: the search is ranked by them again at once, and the library keeps them. */
import type { SearchResult } from '../../native/contract/engine.ts';
import { callEngine, queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { type HitMark, type SearchOptions, type Subject, useView } from '../ui/store.ts';
import { keptUnder, markOf } from './hitMarks.ts';

/** Marks a hit; the same mark again takes it back. */
export function markHit(hit: string, relevant: boolean): void {
  const { subject } = useView.getState();
  const method = subject ? methodOf(subject) : undefined;
  // While the first answer is awaited, the hits of the search before are still shown: they are none of this one.
  if (!subject || method === undefined) return;
  const mark = { hit, relevant: markOf(subject.marks, hit) === relevant ? null : relevant };
  useView.setState({ lastChange: 'mark' });
  change(subject, [...subject.marks, mark]);
  keep(subject, mark, method);
}

/** Takes the last mark back. */
export function undoMark(): void {
  const { subject } = useView.getState();
  const last = subject?.marks.at(-1);
  if (!subject || !last) return;
  const marks = subject.marks.slice(0, -1);
  useView.setState({ lastChange: marks.length > 0 ? 'mark' : 'mask' });
  change(subject, marks);
  keep(subject, { hit: last.hit, relevant: markOf(marks, last.hit) }, methodOf(subject) ?? '');
}

export function resetMarks(): void {
  const { subject } = useView.getState();
  if (!subject) return;
  useView.setState({ lastChange: 'mask' });
  change(subject, []);
  const query = keptUnder(subject);
  if (query) callEngine('feedback.clear', { query }).catch(notKept);
}

function change(subject: Subject, marks: readonly HitMark[]): void {
  useView.setState({ subject: { ...subject, marks } });
}

/** The method that answered a search last; undefined before the first answer. Answers by methods side by side are others. */
function methodOf({ token }: Subject): string | undefined {
  const chosen = useView.getState().options.method;
  const answers = queryClient.getQueriesData<SearchResult>({
    queryKey: ['search', token],
    predicate: ({ queryKey: [, , options] }) => isOptions(options) && options.method === chosen,
  });
  return answers.flatMap(([, result]) => result?.method ?? []).at(-1);
}

function isOptions(part: unknown): part is Pick<SearchOptions, 'method'> {
  return typeof part === 'object' && part !== null && 'method' in part;
}

function keep(subject: Subject, mark: HitMark, method: string): void {
  const query = keptUnder(subject);
  if (query) callEngine('feedback.mark', { query, ...mark, method }).catch(notKept);
}

function notKept(error: unknown): void {
  failed('The mark was not kept in the library', error);
}
