/** What the reports of the hits' studies say where they hold the words that are searched for. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { ReportExcerpt } from '../../native/contract/excerpts.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { useView } from '../ui/store.ts';

/** By lesion; empty without words. */
export function useExcerpts(result: SearchResult | undefined): ReadonlyMap<string, ReportExcerpt> {
  const query = useView((s) => s.subject?.query);
  const words = query && 'text' in query ? query.text.trim() : '';
  const lesions = result?.hits.map(({ lesion }) => lesion) ?? [];
  const { data } = useQuery({
    queryKey: [libraryKey, 'excerpts', words, lesions],
    queryFn: ({ signal }) => callEngine('search.excerpts', { lesions, text: words }, { signal }),
    enabled: words !== '' && lesions.length > 0,
    placeholderData: keepPreviousData,
    select: byLesion,
  });
  return (words !== '' && data) || none;
}

const none: ReadonlyMap<string, ReportExcerpt> = new Map();

function byLesion(excerpts: readonly ReportExcerpt[]): ReadonlyMap<string, ReportExcerpt> {
  return new Map(excerpts.map((one) => [one.lesion, one]));
}
