/** The hits of the current search as they are shown, for panels and for keys. */
import { useMemo } from 'react';
import type { SearchResult } from '../../native/contract/engine.ts';
import { queryClient } from '../engine.ts';
import { useView } from '../ui/store.ts';
import { arrange, type HitGroup, type ShownHit, shownHits, useResults } from './results.ts';
import { searchQuery } from './useSearch.ts';

export function useHitGroups(result: SearchResult | undefined): readonly HitGroup[] {
  const results = useResults();
  return useMemo(() => arrange(result?.hits ?? [], results), [result, results]);
}

function currentResult(): SearchResult | undefined {
  const { subject, options } = useView.getState();
  return queryClient.getQueryData(searchQuery(subject, options, useResults.getState().hidden).queryKey);
}

/** Waits for a search that is on its way: what is on the screen meanwhile are the hits of the one before. */
export async function latestResult(): Promise<SearchResult | undefined> {
  const { subject, options } = useView.getState();
  return subject ? queryClient.fetchQuery(searchQuery(subject, options)) : undefined;
}

export function currentHits(): readonly ShownHit[] {
  return shownHits(arrange(currentResult()?.hits ?? [], useResults.getState()));
}
