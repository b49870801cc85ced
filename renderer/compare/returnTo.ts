/** From a comparison to a hit's whole study, and back to exactly what was there before. */
import { create } from 'zustand';
import type { LesionRow, VolumeRow } from '../../native/contract/model.ts';
import { openVolume, useView, type ViewState } from '../ui/store.ts';

type Left = Pick<
  ViewState,
  | 'row'
  | 'lesion'
  | 'focus'
  | 'beside'
  | 'panes'
  | 'layout'
  | 'hanging'
  | 'window'
  | 'chosen'
  | 'activePane'
  | 'maximised'
  | 'compare'
>;
interface Place {
  readonly view: Left;
  /** Of the search whose hits were compared. */
  readonly token: number | undefined;
  /** What was opened, in words. */
  readonly title: string;
}

export const useReturn = create<{ readonly place: Place | null }>(() => ({ place: null }));

export function openWholeStudy(volume: VolumeRow, lesion: LesionRow | null, title: string): void {
  const now = useView.getState();
  const { row, lesion: chosenLesion, focus, window, chosen, compare } = now;
  const { beside, panes, layout, hanging, activePane, maximised } = now;
  const left = {
    ...{ row, lesion: chosenLesion, focus, window, chosen, compare },
    ...{ beside, panes, layout, hanging, activePane, maximised },
  };
  openVolume(volume, lesion);
  useReturn.setState({ place: { view: left, token: now.subject?.token, title } });
}

/** Whether a place still lies behind what is shown: no other search was begun since, and no comparison opened. */
function isBehind(
  place: Place | null,
  { compare, subject }: Pick<ViewState, 'compare' | 'subject'>,
): boolean {
  return place !== null && compare === null && place.token === subject?.token;
}

/** Where there is to go back to. */
export function usePlaceToReturn(): Place | null {
  const place = useReturn((s) => s.place);
  return useView((view) => isBehind(place, view)) ? place : null;
}

export function goBack(): void {
  const { place } = useReturn.getState();
  if (!place || !isBehind(place, useView.getState())) return;
  const { view } = place;
  // Brings back what was marked in the volume, too.
  if (view.row) openVolume(view.row, view.lesion);
  useView.setState(view);
  useReturn.setState({ place: null });
}
