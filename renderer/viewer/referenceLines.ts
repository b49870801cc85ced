/** Where the slice of one pane cuts the slice of another, for the lines that show how panes lie to each other. */
import { type Grid, indexToWorld, type Vec3, worldToIndex } from './grid.ts';
import type { PlaneGeometry } from './planes.ts';

/** A slice of a volume, by its stored index along the plane's normal. */
export interface Slice {
  readonly grid: Grid;
  readonly geometry: PlaneGeometry;
  readonly slice: number;
}

/** The line of another pane's slice; its ends are continuous voxel indices of the pane that it is drawn in. */
export interface CutLine {
  readonly from: Vec3;
  readonly to: Vec3;
  /** Of the pane that the keys act on. */
  readonly active: boolean;
}

/** Slices that lie more alike than this (cosine between their normals, 20 degrees) have no line worth drawing. */
const mostParallel = Math.cos((20 * Math.PI) / 180);

/** The part of `other` that lies in the plane of `slice`, as long as `other` is; both in one frame of reference. */
export function cutOf(slice: Slice, other: Slice): readonly [Vec3, Vec3] | null {
  if (Math.abs(dot(normalOf(slice), normalOf(other))) > mostParallel) return null;
  const { normal } = slice.geometry;
  const corners = cornersOf(other).map((world) => worldToIndex(slice.grid, world));
  const ends: Vec3[] = [];
  for (const [n, a] of corners.entries()) {
    const b = corners[(n + 1) % corners.length];
    const [da, db] = [a[normal] - slice.slice, b[normal] - slice.slice];
    if (da > 0 === db > 0) continue;
    const t = da / (da - db);
    ends.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])]);
  }
  return ends.length === 2 ? [ends[0], ends[1]] : null;
}

/** The corners of a slice in mm (LPS), around it, at the outer edges of its voxels. */
function cornersOf({ grid, geometry: { normal, right, down }, slice }: Slice): Vec3[] {
  const edges = (axis: 0 | 1 | 2) => [-0.5, grid.dims[axis] - 0.5];
  const [left, end] = edges(right);
  const [top, bottom] = edges(down);
  const around = [
    [left, top],
    [end, top],
    [end, bottom],
    [left, bottom],
  ];
  return around.map(([x, y]) => {
    const index: [number, number, number] = [0, 0, 0];
    index[normal] = slice;
    index[right] = x;
    index[down] = y;
    return indexToWorld(grid, index);
  });
}

function normalOf({ grid, geometry: { normal } }: Slice): Vec3 {
  return [grid.direction[3 * normal], grid.direction[3 * normal + 1], grid.direction[3 * normal + 2]];
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
