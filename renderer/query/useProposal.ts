/** From a mark to a proposed lesion, and its measurements after every correction. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Mark, planeAxes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { callEngine } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { setFocus, useView } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import { gridOf, worldToIndex } from '../viewer/grid.ts';

export const proposeKey = ['propose'] as const;

/** Sends a mark; the engine's proposal replaces the one before, if the volume is still open by then. */
export function useProposeMark() {
  return useMutation({
    mutationKey: proposeKey,
    mutationFn: ({ row, mark }: { row: VolumeRow; mark: Mark }) =>
      callEngine('lesion.propose', { volume: row.id, mark }),
    onSuccess: ({ mask, measurements, notes }, { row, mark }) => {
      if (useView.getState().row?.id !== row.id) return;
      // The other planes go to the new lesion, so that all of it is seen; the slice that was drawn on stays.
      const grid = gridOf(row);
      const { normal } = planeAxes(row.direction, mark.plane);
      const centre = worldToIndex(grid, measurements.centerMm);
      centre[normal] = mark.slice;
      setFocus(centre);
      useView.setState({
        chosen: 'proposal',
        proposal: { volume: row, mark, proposed: mask, mask, measurements, notes, past: [], future: [] },
      });
    },
    onError: (error) => failed('The mark could not be grown into a lesion', error),
  });
}

const maskIds = new WeakMap<Mask, number>();
let nextMaskId = 1;
/** A number for a mask, to key what is known of it. */
function maskId(mask: Mask): number {
  const known = maskIds.get(mask);
  if (known) return known;
  maskIds.set(mask, nextMaskId);
  return nextMaskId++;
}

/** Keeps the proposal's measurements up with its mask. Mount once. */
export function useProposalMeasurements(): void {
  const proposal = useView((s) => s.proposal);
  const wanting = proposal && !proposal.measurements ? proposal : null;
  const measured = useQuery({
    queryKey: ['measure', wanting?.volume.id, wanting ? maskId(wanting.mask) : 0],
    queryFn: ({ signal }) =>
      wanting
        ? callEngine(
            'lesion.measure',
            { volume: wanting.volume.id, mask: { box: [...wanting.mask.box], bits: wanting.mask.bits } },
            { signal },
          )
        : null,
    enabled: wanting !== null,
    gcTime: 60_000,
  });
  useEffect(() => {
    if (!wanting || !measured.data) return;
    const { proposal: now } = useView.getState();
    if (now && now.mask === wanting.mask)
      useView.setState({ proposal: { ...now, measurements: measured.data } });
  }, [wanting, measured.data]);
  useEffect(() => {
    if (measured.error) failed('The lesion could not be measured', measured.error);
  }, [measured.error]);
}
