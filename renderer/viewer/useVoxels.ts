/** Holds the voxels of the volume a view shows, and gives them back when it shows another or goes away. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { create } from 'zustand';
import type { VolumeRow } from '../../native/contract/model.ts';
import { type Box, wholeBox } from './grid.ts';
import { voxelStore } from './voxelStore.ts';
import type { Voxels } from './voxels.ts';

/** `box` null is the whole volume; `startSlice` is the stored index of the slice wanted first. */
export function useVoxels(row: VolumeRow | null, box: Box | null, startSlice: number): Voxels | null {
  const [voxels, setVoxels] = useState<Voxels | null>(null);
  const boxKey = row ? (box ?? wholeBox(row.dims)).join(',') : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: the start slice only orders the first load; the box is compared by value
  useEffect(() => {
    if (!row) {
      setVoxels(null);
      return;
    }
    const borrowed = voxelStore.borrow(row, box, startSlice);
    setVoxels(borrowed);
    return () => voxelStore.giveBack(borrowed);
  }, [row?.id, boxKey]);
  const asked = voxels && voxels.volume === row?.id && voxels.box.join(',') === boxKey;
  return asked && !voxels.released ? voxels : null;
}

/** The volume the three planes hold, which the comparison shows as well rather than loading a part of it again. */
export const useOpenVoxels = create<{ readonly voxels: Voxels | null }>(() => ({ voxels: null }));

/** A number that grows with every slice that arrives, to repaint what depends on it. */
export function useArrival(voxels: Voxels | null): number {
  return useSyncExternalStore(
    (changed) => voxels?.subscribe(changed) ?? (() => {}),
    () => (voxels ? Math.round(voxels.fraction * 1000) + (voxels.failure ? 0.5 : 0) : 0),
  );
}
