/** Finds the planes of contours that were not drawn on the slices (coronal, sagittal, tilted), as a grid to fill them on. */
import { type Grid, indexToWorld, type Vec3 } from '../volume/volume.ts';
import type { Contour } from './rtstruct.ts';

/** Contours whose normals differ by more than this (the sine of the angle) are not on parallel planes. */
const parallelTolerance = 0.01;
/** Distances between planes may miss a multiple of the smallest one by this part of it. */
const distanceTolerance = 0.1;
/** A contour may leave its plane by this part of the planes' distance. */
const planarTolerance = 0.25;
/** An axis this near to one of the grid's is that axis: then pixels of the planes are voxels in two directions. */
const alongTolerance = 1e-4;
const maxPixels = 2 ** 28;

/**
 * A grid whose slices are the planes of parallel contours at regular distances (some may be missing), which covers `grid`
 * across the planes and the contours along their normal; null where the contours are not planar, not parallel, not regular,
 * or fewer than two planes.
 */
export function contourGrid(contours: readonly Contour[], grid: Grid): Grid | null {
  const planes = contours.map(planeOf);
  const first = planes[0]?.normal;
  if (!first) return null;
  const normals = planes.map(({ normal }) => normal && (dot(normal, first) < 0 ? scale(normal, -1) : normal));
  if (!normals.every((normal) => normal && 1 - dot(normal, first) <= parallelTolerance ** 2 / 2)) return null;
  const n = snapped(first, grid);
  const at = planes.map(({ center }) => dot(center, n)).sort((a, b) => a - b);
  const distance = regularDistance(at);
  if (distance === null) return null;
  const isPlanar = contours.every(({ points }) => {
    const along = Array.from({ length: points.length / 3 }, (_, m) => dot(pointAt(points, m), n));
    return Math.max(...along) - Math.min(...along) <= planarTolerance * distance;
  });
  return isPlanar
    ? planeGrid(n, at[0], Math.round((at[at.length - 1] - at[0]) / distance) + 1, distance, grid)
    : null;
}

/** Newell's normal of a closed polygon, null when it encloses no area, and the mean of its points. */
function planeOf({ points }: Contour): { normal: Vec3 | null; center: Vec3 } {
  const count = points.length / 3;
  const center = [0, 0, 0];
  for (let m = 0; m < count; m++) for (let a = 0; a < 3; a++) center[a] += points[3 * m + a] / count;
  const sum = [0, 0, 0];
  for (let m = 0; m < count; m++) {
    const [p, q] = [pointAt(points, m), pointAt(points, (m + 1) % count)].map((point) =>
      point.map((mm, a) => mm - center[a]),
    );
    sum[0] += p[1] * q[2] - p[2] * q[1];
    sum[1] += p[2] * q[0] - p[0] * q[2];
    sum[2] += p[0] * q[1] - p[1] * q[0];
  }
  const length = Math.hypot(...sum);
  const normal: Vec3 | null = length > 1e-6 ? [sum[0] / length, sum[1] / length, sum[2] / length] : null;
  return { normal, center: [center[0], center[1], center[2]] };
}

/** The smallest distance of ascending positions where all are multiples of it; null where they are not, or are one. */
function regularDistance(at: readonly number[]): number | null {
  const gaps = at
    .slice(1)
    .map((value, n) => value - at[n])
    .filter((gap) => gap > 1e-2);
  if (gaps.length === 0) return null;
  const least = gaps.reduce((smallest, gap) => Math.min(smallest, gap));
  const steps = gaps.map((gap) => Math.round(gap / least));
  const distance = gaps.reduce((sum, gap) => sum + gap, 0) / steps.reduce((sum, step) => sum + step, 0);
  return gaps.every((gap, n) => Math.abs(gap - steps[n] * distance) <= distanceTolerance * distance)
    ? distance
    : null;
}

function planeGrid(n: Vec3, start: number, count: number, distance: number, grid: Grid): Grid | null {
  const axes = axesOf(grid);
  // The first axis of the grid that does not stand on the planes, laid into them.
  const base = axes.find((axis) => Math.abs(dot(axis, n)) < 0.9) ?? axes[0];
  const u = unit(base.map((part, a) => part - dot(base, n) * n[a]));
  const v = cross(n, u);
  const own = [u, v].map((direction) =>
    axes.findIndex((axis) => Math.abs(dot(axis, direction)) > 1 - alongTolerance),
  );
  // On voxels where the planes stand across them, else twice as fine as the finest side of a voxel.
  const fine = Math.min(...grid.spacing) / 2;
  const [su, sv] = own.map((axis) => (own.includes(-1) ? fine : grid.spacing[axis]));
  const ends = (direction: Vec3) => {
    const along = cornersOf(grid).map((corner) => dot(corner, direction));
    return [Math.min(...along), Math.max(...along)] as const;
  };
  const [[u0, u1], [v0, v1]] = [ends(u), ends(v)];
  const dims: Vec3 = [Math.round((u1 - u0) / su) + 1, Math.round((v1 - v0) / sv) + 1, count];
  if (dims[0] * dims[1] * dims[2] > maxPixels) return null;
  const origin = [0, 1, 2].map((a) => u0 * u[a] + v0 * v[a] + start * n[a]);
  return {
    dims,
    spacing: [su, sv, distance],
    origin: [origin[0], origin[1], origin[2]],
    direction: [...u, ...v, ...n],
  };
}

/** A direction, or the grid's axis that it is but for rounding errors of the contour. */
function snapped(n: Vec3, grid: Grid): Vec3 {
  const axis = axesOf(grid).find((candidate) => Math.abs(dot(candidate, n)) > 1 - alongTolerance);
  return axis ? (dot(axis, n) < 0 ? scale(axis, -1) : axis) : n;
}

function axesOf({ direction: d }: Grid): readonly Vec3[] {
  return [
    [d[0], d[1], d[2]],
    [d[3], d[4], d[5]],
    [d[6], d[7], d[8]],
  ];
}

function cornersOf(grid: Grid): Vec3[] {
  const [i, j, k] = grid.dims.map((side) => side - 1);
  return [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    indexToWorld(grid, [n & 1 ? i : 0, n & 2 ? j : 0, n & 4 ? k : 0]),
  );
}

function pointAt(points: Float64Array, n: number): Vec3 {
  return [points[3 * n], points[3 * n + 1], points[3 * n + 2]];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function scale(a: Vec3, by: number): Vec3 {
  return [a[0] * by, a[1] * by, a[2] * by];
}

function unit(a: readonly number[]): Vec3 {
  return scale([a[0], a[1], a[2]], 1 / Math.hypot(a[0], a[1], a[2]));
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
