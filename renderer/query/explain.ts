/** What the window asks the engine about a hit. */
import { queryOptions } from '@tanstack/react-query';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { ComparedMeasure } from '../../native/contract/explain.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { minus, percent } from '../ui/format.ts';
import { type Subject, useView } from '../ui/store.ts';
import { useSearch } from './useSearch.ts';

/** The region that hits are compared with; of several things at once the first. */
function compared(subject: Subject | null) {
  const query = subject?.query;
  return !query || 'text' in query || 'image' in query ? null : query;
}

/** The encoder that a search was answered by; none of words alone. */
function encoderOf(result: SearchResult | undefined): string | undefined {
  return result?.encoder === 'none' ? undefined : result?.encoder;
}

export function useExplanationQuery(lesion: string) {
  const subject = useView((s) => s.subject);
  const { search } = useSearch();
  const query = compared(subject);
  const method = search.data?.method;
  const encoder = encoderOf(search.data);
  return queryOptions({
    queryKey: [libraryKey, 'explain', subject?.token, lesion, method, encoder],
    queryFn: ({ signal }) => {
      if (!query) throw new Error('words are not compared with a lesion');
      return callEngine('search.explain', { query, hit: lesion, method, encoder }, { signal });
    },
    enabled: query !== null,
  });
}

export function similarityQuery(subject: Subject | null, lesion: string, result: SearchResult | undefined) {
  const query = compared(subject);
  const encoder = encoderOf(result);
  return queryOptions({
    queryKey: ['similarityMap', subject?.token, lesion, encoder],
    queryFn: ({ signal }) => {
      if (!query) throw new Error('words are not compared with a lesion');
      return callEngine('search.similarityMap', { query, hit: lesion, encoder }, { signal });
    },
    enabled: query !== null,
    retry: false,
  });
}

export function measureText(value: ComparedMeasure['query'], unit: string): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${minus(Number(value.toFixed(digits)))} ${unit}`.trim();
}

/** How unusual a difference is: the share of pairs that differ less. */
export function differenceText({ percentile }: ComparedMeasure): string {
  return percentile === undefined ? '' : percent(percentile);
}
