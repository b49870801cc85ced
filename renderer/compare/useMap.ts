/** The map of where the likeness of query and active hit lies, while it is asked for. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { SimilarityMap } from '../../native/contract/explain.ts';
import type { Hit } from '../../native/contract/model.ts';
import { similarityQuery } from '../query/explain.ts';
import { useSearch } from '../query/useSearch.ts';
import { strongestOf } from '../viewer/heat.ts';
import type { MapOver } from './ComparePane.tsx';
import { useSetup } from './setup.ts';

export interface MapState {
  readonly shown: boolean;
  readonly show: (shown: boolean) => void;
  readonly loading: boolean;
  readonly error: Error | null;
  readonly data: SimilarityMap | undefined;
  /** What lies over a pane; null where nothing is shown. */
  readonly over: (side: 'query' | 'hit') => MapOver | null;
}

/** @param offered whether the window has a place where it can be asked for */
export function useMap(hit: Hit, offered: boolean): MapState {
  const { subject, search } = useSearch();
  const [shown, setShown] = useState(false);
  const wanted = offered && shown;
  const map = useQuery({ ...similarityQuery(subject, hit.lesion, search.data), enabled: wanted });
  const data = wanted ? map.data : undefined;
  const both = useMemo(() => {
    if (!data) return null;
    const strongest = strongestOf([data.query, data.hit]);
    return { query: { cells: data.query, strongest }, hit: { cells: data.hit, strongest } };
  }, [data]);
  return {
    shown,
    // The cells lie in the stored slices.
    show: (wish) => {
      setShown(wish);
      if (wish) useSetup.setState({ plane: 'axial' });
    },
    loading: map.isFetching,
    error: map.error,
    data: map.data,
    over: (side) => both?.[side] ?? null,
  };
}
