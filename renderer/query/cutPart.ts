/** Cuts the part of the marked lesion that is clicked. */
import { notice } from '../ui/notice.ts';
import { editProposal, useView } from '../ui/store.ts';
import type { Vec3 } from '../viewer/grid.ts';
import { removePart } from './maskRepair.ts';

/** `at` is a continuous voxel index of the volume. */
export function cutPart(volume: string, at: Vec3): void {
  const { proposal } = useView.getState();
  if (!proposal || proposal.volume.id !== volume) return;
  const left = removePart(proposal.mask, at);
  if (left === proposal.mask) notice('info', 'No part here', 'Click inside the outline of the part to cut.');
  else if (left) editProposal(left);
  else notice('info', 'This is the only part', 'Part it with the eraser first, or discard the mark.');
}
