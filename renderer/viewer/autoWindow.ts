/** The window that fits the slice of the active pane. */
import { activePlane, setWindow, standOf, useView } from '../ui/store.ts';
import { planeGeometry } from './planes.ts';
import { windowOf } from './presets.ts';
import { useShownVoxels } from './shownVoxels.tsx';
import type { Voxels } from './voxels.ts';

/** Every how many voxels one is looked at, along both axes of the slice. */
const step = 3;

export function setAutoWindow(): void {
  const state = useView.getState();
  const stand = standOf(state, state.activePane);
  const voxels = stand && useShownVoxels.getState().byVolume[stand.row.id];
  if (!voxels) return;
  const { normal } = planeGeometry(voxels.grid, activePlane(state));
  const window = windowOf(sampled(voxels, normal, Math.round(stand.at[normal])));
  if (window) setWindow(window);
}

/** Values of one slice, without those that have not arrived yet. */
function* sampled({ grid: { dims }, data, loaded }: Voxels, normal: 0 | 1 | 2, slice: number) {
  const range = (axis: 0 | 1 | 2): [number, number, number] =>
    axis === normal ? [slice, slice + 1, 1] : [0, dims[axis], step];
  const [i0, i1, di] = range(0);
  const [j0, j1, dj] = range(1);
  const [k0, k1, dk] = range(2);
  for (let k = k0; k < k1; k += dk) {
    if (loaded[k] !== 1) continue;
    for (let j = j0; j < j1; j += dj)
      for (let i = i0; i < i1; i += di) yield data[i + dims[0] * (j + dims[1] * k)];
  }
}
