/** Measures a lesion in a volume of which only the voxels around it are read. */
import type { Measurements } from '../contract/model.ts';
import { type Box, growBox, type Mask, type VoxelSource } from '../volume/volume.ts';
import { measureLesion } from './measure.ts';

/** The measurements of a mask in a stored volume. Throws `usage` when it lies outside. */
export async function measureIn(source: VoxelSource, mask: Mask): Promise<Measurements> {
  const crop = growBox(mask.box, 0, source.grid);
  const volume = await source.readBox(crop);
  const measured = measureLesion(volume, {
    box: moveBox(mask.box, [-crop[0], -crop[1], -crop[2]]),
    bits: mask.bits,
  });
  return { ...measured, boxIjk: [...moveBox(measured.boxIjk, [crop[0], crop[1], crop[2]])] };
}

/** A box moved by whole voxels. */
export function moveBox(box: Box, [i, j, k]: readonly [number, number, number]): Box {
  return [box[0] + i, box[1] + j, box[2] + k, box[3] + i, box[4] + j, box[5] + k];
}
