/** One side of a comparison: what is loaded around a lesion, and where its centre and its extent lie on the screen. */
import type { Plane } from '../../native/contract/mark.ts';
import type { Measurements, VolumeRow } from '../../native/contract/model.ts';
import type { Mask } from '../viewer/contours.ts';
import { type Box, gridOf, growBox, subGrid, type Vec3, worldToIndex } from '../viewer/grid.ts';
import { planeGeometry } from '../viewer/planes.ts';
import type { LinkedSide } from './linkedScroll.ts';

/** How much of the surroundings comes with a lesion, in mm. */
export const surroundingsMm = 50;

export interface Side extends LinkedSide {
  readonly row: VolumeRow;
  /** What is loaded of the volume; null where the three planes hold it whole. */
  readonly box: Box | null;
  /** Its first voxel, in indices of the volume. */
  readonly first: Vec3;
  readonly centre: Vec3;
  /** The longer side of the lesion's box on the screen, in mm. */
  readonly extentMm: number;
}

/** @param whole whether the volume is loaded anyway */
export function sideOf(
  row: VolumeRow,
  lesion: Pick<Measurements, 'boxIjk' | 'centerMm'>,
  plane: Plane,
  whole: boolean,
): Side {
  const volume = gridOf(row);
  const box = whole ? null : growBox(lesion.boxIjk, surroundingsMm, volume);
  const first: Vec3 = box ? [box[0], box[1], box[2]] : [0, 0, 0];
  const grid = box ? subGrid(volume, box) : volume;
  const geometry = planeGeometry(grid, plane);
  const centre = worldToIndex(grid, lesion.centerMm);
  const extent = (axis: 0 | 1 | 2) =>
    (lesion.boxIjk[axis + 3] - lesion.boxIjk[axis] + 1) * grid.spacing[axis];
  return {
    row,
    box,
    first,
    grid,
    geometry,
    centre,
    centreIndex: centre[geometry.normal],
    extentMm: Math.max(extent(geometry.right), extent(geometry.down)),
  };
}

/** How far from the lesion's centre a side ends, in mm, where it has no slice at the wanted offset; null where it has. */
export function endOf(
  { grid, geometry, centreIndex }: LinkedSide,
  slice: number,
  offsetMm: number,
): number | null {
  const spacing = grid.spacing[geometry.normal];
  const shown = (slice - centreIndex) * spacing * geometry.normalSign;
  return Math.abs(shown - offsetMm) > spacing ? shown : null;
}

/** The offset in mm of a stored slice from a side's centre. */
export function offsetOf({ grid, geometry, centreIndex, first }: Side, slice: number): number {
  const index = slice - first[geometry.normal];
  return (index - centreIndex) * grid.spacing[geometry.normal] * geometry.normalSign;
}

/** The mask in indices of what is loaded. */
export function shifted(mask: Mask, [i, j, k]: Vec3): Mask {
  const b = mask.box;
  return { box: [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k], bits: mask.bits };
}

/** The voxel index in the middle of a pane whose picture is moved by so many mm right and down. */
export function panned(
  { centre, grid, geometry: g }: Side,
  [rightMm, downMm]: readonly [number, number],
): Vec3 {
  const out: [number, number, number] = [centre[0], centre[1], centre[2]];
  out[g.right] += (rightMm / grid.spacing[g.right]) * g.rightSign;
  out[g.down] += (downMm / grid.spacing[g.down]) * g.downSign;
  return out;
}

/** How many mm right and down of a side's centre a voxel index lies. */
export function panOf({ centre, grid, geometry: g }: Side, index: Vec3): [number, number] {
  return [
    (index[g.right] - centre[g.right]) * grid.spacing[g.right] * g.rightSign,
    (index[g.down] - centre[g.down]) * grid.spacing[g.down] * g.downSign,
  ];
}
