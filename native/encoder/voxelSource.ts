/** Where an encoder's voxels come from, and how a region with its surroundings is cut out of them. */
import { type Box, boxDims, type Mask, type Volume, type VoxelSource } from '../volume/volume.ts';

/** A lesion, or a drawn region without a mask, in the indices of its whole volume. */
export interface EmbedRegion {
  readonly box: Box;
  readonly mask?: Mask | undefined;
}
/** Is added to. */
export interface EmbedTiming {
  readMs: number;
  prepareMs: number;
  inferMs: number;
}

/** The voxels of a box around a region, and the region in their indices. */
export async function readRegion(
  source: VoxelSource,
  { box, mask }: EmbedRegion,
  around: Box,
  timing: EmbedTiming,
): Promise<{ volume: Volume; region: EmbedRegion }> {
  const started = performance.now();
  const volume = await source.readBox(around);
  timing.readMs += performance.now() - started;
  const [i, j, k] = around;
  const shift = (b: Box): Box => [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k];
  return { volume, region: { box: shift(box), mask: mask && { box: shift(mask.box), bits: mask.bits } } };
}

/** One slice of a volume, whole. */
export async function readSlice(source: VoxelSource, k: number, timing: EmbedTiming): Promise<Volume> {
  const [ni, nj] = source.grid.dims;
  const started = performance.now();
  const volume = await source.readBox([0, 0, k, ni - 1, nj - 1, k]);
  timing.readMs += performance.now() - started;
  return volume;
}

/** The slices k in which a region has voxels. */
export function crossedSlices({ box, mask }: EmbedRegion): number[] {
  const slices = Array.from({ length: box[5] - box[2] + 1 }, (_, n) => box[2] + n);
  if (!mask) return slices;
  const [ni, nj] = boxDims(mask.box);
  const crossed = slices.filter((k) => {
    const from = (k - mask.box[2]) * ni * nj;
    return mask.bits.subarray(Math.max(0, from), Math.max(0, from + ni * nj)).includes(1);
  });
  return crossed.length > 0 ? crossed : slices;
}

/** Runs a step of preparation, its time added. */
export function timed<T>(timing: EmbedTiming, prepare: () => T): T {
  const started = performance.now();
  const prepared = prepare();
  timing.prepareMs += performance.now() - started;
  return prepared;
}
