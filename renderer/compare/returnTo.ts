/** From a comparison to a hit's whole study, and back to exactly what was there before. */
import { create } from 'zustand';
import type { LesionRow, VolumeRow } from '../../native/contract/model.ts';
import { openVolume, useView, type ViewState } from '../ui/store.ts';
import { useWindows } from '../windows/state.ts';

const leftNames = [
  'row',
  'lesion',
  'focus',
  'layout',
  'panes',
  'beside',
  'activePane',
  'maximised',
  'hanging',
  'window',
  'chosen',
  'compare',
] as const;
type Left = Pick<ViewState, (typeof leftNames)[number]>;
interface Place {
  readonly view: Left;
  /** Of the search whose hits were compared. */
  readonly token: number | undefined;
  /** What was opened, in words. */
  readonly title: string;
}

export const useReturn = create<{ readonly place: Place | null }>(() => ({ place: null }));

export function openWholeStudy(volume: VolumeRow, lesion: LesionRow | null, title: string): void {
  const state = useView.getState();
  const view = Object.fromEntries(leftNames.map((name) => [name, state[name]])) as Left;
  openVolume(volume, lesion);
  // In a window of its own the comparison stays open beside the study.
  if (useWindows.getState().apart) return;
  useReturn.setState({ place: { view, token: state.subject?.token, title } });
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

/** False where there is nothing to go back to. */
export function goBack(): boolean {
  const { place } = useReturn.getState();
  if (!place || !isBehind(place, useView.getState())) return false;
  const { view } = place;
  // Brings back what was marked in the volume, too.
  if (view.row) openVolume(view.row, view.lesion);
  useView.setState(view);
  useReturn.setState({ place: null });
  return true;
}
