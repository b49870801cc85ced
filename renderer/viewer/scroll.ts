/** Moves panes through their volumes; downwards is towards the feet, the back and the right, as down the wheel does on film. */
import { setStand, standOf, useView } from '../ui/store.ts';
import { gridOf } from './grid.ts';
import { planeGeometry } from './planes.ts';

/** Scrolls a pane by slices, downwards where positive; false where it stood at the end already. */
export function scrollPane(place: number, steps: number): boolean {
  const state = useView.getState();
  const stand = standOf(state, place);
  if (!stand) return false;
  const { plane } = state.panes[place];
  const { normal, normalSign } = planeGeometry(gridOf(stand.row), plane);
  const next: [number, number, number] = [stand.at[0], stand.at[1], stand.at[2]];
  const down = plane === 'coronal' ? 1 : -1;
  next[normal] = Math.round(next[normal]) + steps * normalSign * down;
  setStand(place, next);
  return standOf(useView.getState(), place)?.at[normal] !== stand.at[normal];
}

/** Scrolls a pane to its first slice, or downwards to its last. */
export function scrollToEnd(place: number, last: boolean): void {
  const stand = standOf(useView.getState(), place);
  if (stand) scrollPane(place, (last ? 1 : -1) * Math.max(...stand.row.dims));
}
