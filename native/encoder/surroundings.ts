/** What of a volume a multi-plane encoder looks at for one region: as few slices as possible have to be unpacked for it. */
import { countVoxels } from '../lesion/mask.ts';
import { type Box, boxDims, type Grid, sphereDiameterMm, voxelMm3 } from '../volume/volume.ts';
import { furthestOffset, largestGrowth } from './fittedExtent.ts';
import type { MultiPlaneManifest } from './manifestSchema.ts';
import { scaleSides } from './preprocess.ts';
import { bulge, marginMm } from './region.ts';
import type { EmbedRegion } from './voxelSource.ts';

/** Of the region's surroundings sampled beyond their margin: a step of the grid, half of it again for its subsamples. */
const stepsBeyond = 1.5;

/**
 * The box (inside the grid) that holds every voxel from which a point of the region's planes or of its surroundings is
 * interpolated, so that the embedding is that of the whole volume.
 */
export function surroundings(grid: Grid, region: EmbedRegion, manifest: MultiPlaneManifest): Box {
  const { spacing, direction: d, dims } = grid;
  const { box, mask } = region;
  const half = boxDims(box).map((n, axis) => (n * spacing[axis]) / 2);
  const members = mask ? countVoxels(mask) : 0;
  const diameterMm =
    members > 0
      ? sphereDiameterMm(voxelMm3(grid) * members)
      : largestGrowth * 2 * Math.cbrt(half[0] * half[1] * half[2]);
  const plane = Math.max(...scaleSides(manifest, diameterMm)) / 2;
  // A lesion without a mask may lie aside of its box, and be larger.
  const [offset, growth] = members > 0 ? [0, 1] : [furthestOffset, bulge * largestGrowth];
  // Along the patient's axes, in which planes and surroundings lie.
  const drawn = [0, 1, 2].map(
    (x) => Math.abs(d[x]) * half[0] + Math.abs(d[3 + x]) * half[1] + Math.abs(d[6 + x]) * half[2],
  );
  const sampled = drawn.map((mm) => growth * mm + marginMm);
  const step = Math.max(1, Math.cbrt(sampled[0] * sampled[1] * sampled[2]) / 20);
  const reach = drawn.map((mm, x) => offset * mm + Math.max(plane, sampled[x] + stepsBeyond * step));
  const corner = [0, 1, 2].map((axis) => {
    const mm =
      Math.abs(d[3 * axis]) * reach[0] +
      Math.abs(d[3 * axis + 1]) * reach[1] +
      Math.abs(d[3 * axis + 2]) * reach[2];
    const center = (box[axis] + box[axis + 3]) / 2;
    // One voxel more: a point between two voxels takes from both.
    const away = mm / spacing[axis] + 1;
    return [Math.max(0, Math.floor(center - away)), Math.min(dims[axis] - 1, Math.ceil(center + away))];
  });
  const [[i0, i1], [j0, j1], [k0, k1]] = corner;
  return [i0, j0, k0, i1, j1, k1];
}
