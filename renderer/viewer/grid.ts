/** The voxel grid as the window needs it: index ↔ patient position (LPS, mm) and boxes on it. */
import type { VolumeRow } from '../../native/contract/model.ts';

export type Vec3 = readonly [number, number, number];
/** Inclusive corners i0,j0,k0,i1,j1,k1 in voxel indices. */
export type Box = readonly [number, number, number, number, number, number];

/** Positions in mm: origin + Σ index·spacing·direction; `direction` holds the unit vectors of i, j and k one after the other. */
export interface Grid {
  readonly dims: Vec3;
  readonly spacing: Vec3;
  readonly origin: Vec3;
  readonly direction: readonly number[];
}

export function gridOf(row: VolumeRow): Grid {
  return { dims: row.dims, spacing: row.spacingMm, origin: row.originMm, direction: row.direction };
}

/** Position in mm (LPS) of a continuous voxel index. */
export function indexToWorld(grid: Grid, index: Vec3): [number, number, number] {
  const out: [number, number, number] = [grid.origin[0], grid.origin[1], grid.origin[2]];
  for (let axis = 0; axis < 3; axis++) {
    const mm = index[axis] * grid.spacing[axis];
    for (let c = 0; c < 3; c++) out[c] += mm * grid.direction[3 * axis + c];
  }
  return out;
}

/** Continuous voxel index of a position in mm (LPS); the axes are taken to be orthonormal. */
export function worldToIndex(grid: Grid, world: Vec3): [number, number, number] {
  const d = [world[0] - grid.origin[0], world[1] - grid.origin[1], world[2] - grid.origin[2]];
  const component = (axis: number) =>
    (d[0] * grid.direction[3 * axis] +
      d[1] * grid.direction[3 * axis + 1] +
      d[2] * grid.direction[3 * axis + 2]) /
    grid.spacing[axis];
  return [component(0), component(1), component(2)];
}

export function wholeBox(dims: Vec3): Box {
  return [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1];
}

export function boxDims(box: Box): [number, number, number] {
  return [box[3] - box[0] + 1, box[4] - box[1] + 1, box[5] - box[2] + 1];
}

/** A box grown by `mm` on every side and clipped to the grid. */
export function growBox(box: Box, mm: number, grid: Grid): Box {
  const m = grid.spacing.map((s) => Math.ceil(mm / s));
  return [
    Math.max(0, box[0] - m[0]),
    Math.max(0, box[1] - m[1]),
    Math.max(0, box[2] - m[2]),
    Math.min(grid.dims[0] - 1, box[3] + m[0]),
    Math.min(grid.dims[1] - 1, box[4] + m[1]),
    Math.min(grid.dims[2] - 1, box[5] + m[2]),
  ];
}

/** The grid of the voxels inside a box: same axes, origin at the box's first voxel. */
export function subGrid(grid: Grid, box: Box): Grid {
  return {
    dims: boxDims(box),
    spacing: grid.spacing,
    origin: indexToWorld(grid, [box[0], box[1], box[2]]),
    direction: grid.direction,
  };
}

export function clampIndex(index: Vec3, dims: Vec3): [number, number, number] {
  const clamp = (axis: number) => Math.min(dims[axis] - 1, Math.max(0, index[axis]));
  return [clamp(0), clamp(1), clamp(2)];
}
