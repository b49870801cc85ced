/** The voxels of every volume that panes show, held once for each volume however many panes show it. */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { VolumeRow } from '../../native/contract/model.ts';
import { useOpenVoxels, useVoxels } from './useVoxels.ts';
import type { Voxels } from './voxels.ts';

export const useShownVoxels = create<{ readonly byVolume: Readonly<Record<string, Voxels>> }>(() => ({
  byVolume: {},
}));

/** Holds one volume for as long as it is mounted; draws nothing. */
export function HeldVoxels(props: { row: VolumeRow; startSlice: number; open: boolean }) {
  const { row, startSlice, open } = props;
  const voxels = useVoxels(row, null, startSlice);
  useEffect(() => {
    if (!voxels) return;
    useShownVoxels.setState(({ byVolume }) => ({ byVolume: { ...byVolume, [row.id]: voxels } }));
    return () =>
      useShownVoxels.setState(({ byVolume }) => {
        const { [row.id]: _, ...rest } = byVolume;
        return { byVolume: rest };
      });
  }, [voxels, row.id]);
  useEffect(() => {
    if (!open || !voxels) return;
    useOpenVoxels.setState({ voxels });
    return () => useOpenVoxels.setState((now) => (now.voxels === voxels ? { voxels: null } : now));
  }, [open, voxels]);
  return null;
}
