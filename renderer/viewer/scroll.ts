/** Moves the planes of the open volume; downwards is towards the feet, the back and the right, as down the wheel does on film. */
import type { Plane } from '../../native/contract/mark.ts';
import { setFocus, useView } from '../ui/store.ts';
import { gridOf } from './grid.ts';
import { planeGeometry } from './planes.ts';

/** Scrolls a plane by slices, downwards where positive; false where it stood at the end already. */
export function scrollPlane(plane: Plane, steps: number): boolean {
  const { row, focus } = useView.getState();
  if (!row) return false;
  const { normal, normalSign } = planeGeometry(gridOf(row), plane);
  const next: [number, number, number] = [focus[0], focus[1], focus[2]];
  const down = plane === 'coronal' ? 1 : -1;
  next[normal] = Math.round(next[normal]) + steps * normalSign * down;
  setFocus(next);
  return useView.getState().focus[normal] !== focus[normal];
}

/** Scrolls a plane to its first slice, or downwards to its last. */
export function scrollToEnd(plane: Plane, last: boolean): void {
  const { row } = useView.getState();
  if (row) scrollPlane(plane, (last ? 1 : -1) * Math.max(...row.dims));
}
