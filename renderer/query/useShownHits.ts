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

function currentQuery() {
  const { subject, options } = useView.getState();
  return searchQuery(subject, options, useResults.getState().hidden);
}

/** Waits for a search that is on its way: what is on the screen meanwhile are the hits of the one before. */
export async function latestResult(): Promise<SearchResult | undefined> {
  return useView.getState().subject ? queryClient.fetchQuery(currentQuery()) : undefined;
}

export function currentHits(): readonly ShownHit[] {
  const result = queryClient.getQueryData(currentQuery().queryKey);
  return shownHits(arrange(result?.hits ?? [], useResults.getState()));
}
