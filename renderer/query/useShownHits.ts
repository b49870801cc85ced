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

export function currentResult(): SearchResult | undefined {
  const { subject, options } = useView.getState();
  return queryClient.getQueryData(searchQuery(subject, options, useResults.getState().hidden).queryKey);
}

export function currentHits(): readonly ShownHit[] {
  return shownHits(arrange(currentResult()?.hits ?? [], useResults.getState()));
}
