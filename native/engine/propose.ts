/** Grows a mark in a stored volume into a lesion, reading only the voxels around the mark. */
import type { Mark, MarkShape } from '../contract/mark.ts';
import type { Measurements } from '../contract/model.ts';
import { growLesion } from '../lesion/grow.ts';
import { sampledReach } from '../lesion/growField.ts';
import { markRegion } from '../lesion/markRegion.ts';
import { measureLesion } from '../lesion/measure.ts';
import { moveBox } from '../lesion/measureIn.ts';
import { clipBox, type Mask, type VoxelSource } from '../volume/volume.ts';

/** No less is read to each side of a mark, whatever its size. */
const leastReachMm = 20;
/** What growing rounds to, to each side. */
const marginVoxels = 2;

/** Throws `usage` when the mark misses the volume. */
export async function proposeLesion(
  source: VoxelSource,
  mark: Mark,
): Promise<{ mask: Mask; measurements: Measurements; notes: string[] }> {
  const { grid } = source;
  const region = markRegion(grid, mark);
  const reach = grid.spacing.map(
    (mm, a) => Math.max(leastReachMm, sampledReach * region.radiiMm[a]) / mm + marginVoxels,
  );
  const low = region.center.map((c, a) => Math.floor(c - reach[a]));
  const high = region.center.map((c, a) => Math.ceil(c + reach[a]));
  const crop = clipBox([low[0], low[1], low[2], high[0], high[1], high[2]], grid.dims) ?? [0, 0, 0, 0, 0, 0];
  const volume = await source.readBox(crop);
  const from = [crop[0], crop[1], crop[2]] as const;
  const { inPlane, normal } = region;
  const moved: Mark = {
    ...mark,
    slice: mark.slice - crop[normal],
    shape: moveShape(mark.shape, from, inPlane),
  };
  const { mask, notes } = growLesion(volume, moved);
  const measured = measureLesion(volume, mask);
  const box = moveBox(mask.box, from);
  return {
    mask: { box, bits: mask.bits },
    measurements: { ...measured, boxIjk: [...moveBox(measured.boxIjk, from)] },
    notes: [...notes],
  };
}

function moveShape(
  shape: MarkShape,
  offset: readonly number[],
  [u, w]: readonly [number, number],
): MarkShape {
  const move = (p: readonly [number, number]): [number, number] => [p[0] - offset[u], p[1] - offset[w]];
  switch (shape.kind) {
    case 'sphere': {
      const [i, j, k] = shape.centerIjk;
      return { ...shape, centerIjk: [i - offset[0], j - offset[1], k - offset[2]] };
    }
    case 'polygon':
      return { ...shape, points: shape.points.map(move) };
    case 'ellipse':
    case 'rectangle':
      return { ...shape, corners: [move(shape.corners[0]), move(shape.corners[1])] };
  }
}
