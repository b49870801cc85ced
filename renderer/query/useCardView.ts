/** How the cards of a search show lesions: in the query's plane, and all at the query's scale. */
import { useMemo } from 'react';
import type { Plane } from '../../native/contract/mark.ts';
import type { Measurements } from '../../native/contract/model.ts';
import { useView } from '../ui/store.ts';
import { fieldAround } from './lesionSlice.ts';
import { useResults } from './results.ts';

export interface CardView {
  /** Words have no scale: then each lesion has its own. */
  readonly of: (lesion: Pick<Measurements, 'diameterMm'>) => {
    readonly plane: Plane;
    readonly fieldMm: number;
  };
}

export function useCardView(): CardView {
  const asked = useView((s) => s.subject?.plane);
  const query = useView((s) => s.subject?.measurements);
  const chosen = useResults((s) => s.plane);
  return useMemo(() => {
    const plane = chosen ?? asked ?? 'axial';
    return { of: (lesion) => ({ plane, fieldMm: fieldAround(query ?? lesion) }) };
  }, [chosen, asked, query]);
}
