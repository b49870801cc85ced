/** What measurements are in millimetres, and how their points move: pure, in continuous voxel indices of a grid with orthonormal axes. */
import { type AnnotationKind, annotationPoints, ellipseEnds } from '../../native/contract/annotations.ts';
import { type Plane, planeAxes } from '../../native/contract/mark.ts';
import { type Grid, indexToWorld, type Vec3, worldToIndex } from '../viewer/grid.ts';

type Axis = 0 | 1 | 2;
type Vec2 = readonly [number, number];
export type Point = [number, number, number];

export function distanceMm(a: Vec3, b: Vec3, grid: Grid): number {
  const [p, q] = [indexToWorld(grid, a), indexToWorld(grid, b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

/** The angle at a vertex in degrees, 0…180; null where an arm has no length. */
export function angleDegrees([a, vertex, b]: readonly Vec3[], grid: Grid): number | null {
  const at = indexToWorld(grid, vertex);
  const u = minus(indexToWorld(grid, a), at);
  const v = minus(indexToWorld(grid, b), at);
  if (length(u) === 0 || length(v) === 0) return null;
  // The arc tangent stays exact where the cosine is flat, near 0° and 180°.
  return (Math.atan2(length(cross(u, v)), dot(u, v)) * 180) / Math.PI;
}

/** An ellipse on a slice: its middle in voxel indices, and its half axes in mm along the slice's index axes, perpendicular to each other. */
export interface Ellipse {
  readonly normal: Axis;
  readonly inPlane: readonly [Axis, Axis];
  readonly centre: Vec3;
  readonly halves: readonly [Vec2, Vec2];
}

export function ellipseOf([a, b, c, d]: readonly Vec3[], plane: Plane, grid: Grid): Ellipse {
  const { normal, inPlane } = planeAxes(grid.direction, plane);
  const half = (p: Vec3, q: Vec3, axis: Axis) => ((q[axis] - p[axis]) / 2) * grid.spacing[axis];
  const [u, v] = inPlane;
  return {
    normal,
    inPlane,
    centre: middleOf([a, b]),
    halves: [
      [half(a, b, u), half(a, b, v)],
      [half(c, d, u), half(c, d, v)],
    ],
  };
}

/** The area of the drawn ellipse, π·a·b. */
export function ellipseAreaMm2({ halves: [a, b] }: Ellipse): number {
  return Math.PI * Math.hypot(...a) * Math.hypot(...b);
}

/** The slice of its plane on which a measurement lies. */
export function sliceOf(points: readonly Vec3[], plane: Plane, grid: Grid): number {
  return Math.round(points[0][planeAxes(grid.direction, plane).normal]);
}

/** The points of a measurement whose stroke ran from one point to another on a slice. */
export function pointsOfStroke(
  kind: AnnotationKind,
  plane: Plane,
  from: Vec3,
  to: Vec3,
  grid: Grid,
): Point[] {
  const [a, b] = [copy(from), copy(to)];
  if (kind === 'angle') return [a, b, copy(to)];
  if (kind === 'bidimensional') {
    const quarter = distanceMm(a, b, grid) / 4;
    return withShortAxis([a, b], { along: 0.5, sides: [quarter, -quarter] }, plane, grid);
  }
  if (kind === 'ellipse') return ellipseEnds(a, b, planeAxes(grid.direction, plane).inPlane);
  return [a, b].slice(0, annotationPoints[kind]);
}

/**
 * The points after one of them was moved. The short diameter stays perpendicular to the long one and across it; an ellipse
 * turns about its middle with the axis that is moved, and its other axis keeps its length.
 */
export function moveHandle(
  shape: { readonly kind: AnnotationKind; readonly plane: Plane; readonly points: readonly Vec3[] },
  handle: number,
  to: Vec3,
  grid: Grid,
): Point[] {
  const { kind, plane, points } = shape;
  const moved = points.map((point, n) => copy(n === handle ? to : point));
  if (kind === 'ellipse') return turnedEllipse(points, handle, to, plane, grid);
  if (kind !== 'bidimensional') return moved;
  const short = shortAxis(points, plane, grid);
  if (handle < 2) return withShortAxis([moved[0], moved[1]], short, plane, grid);
  const { along, side } = placeOf(to, points[0], points[1], plane, grid);
  const sides: [number, number] = handle === 2 ? [side, short.sides[1]] : [short.sides[0], side];
  return withShortAxis([moved[0], moved[1]], { along, sides }, plane, grid);
}

function turnedEllipse(points: readonly Vec3[], handle: number, to: Vec3, plane: Plane, grid: Grid): Point[] {
  const { centre, inPlane, halves } = ellipseOf(points, plane, grid);
  const [u, v] = inPlane;
  const [x, y] = [(to[u] - centre[u]) * grid.spacing[u], (to[v] - centre[v]) * grid.spacing[v]];
  const length = Math.hypot(x, y);
  if (length === 0) return points.map(copy);
  const [held, other] = handle < 2 ? [0, 2] : [2, 0];
  const across = Math.hypot(...halves[other / 2]) / length;
  const end = (dx: number, dy: number): Point => {
    const point = copy(centre);
    point[u] += dx / grid.spacing[u];
    point[v] += dy / grid.spacing[v];
    return point;
  };
  const ends: Point[] = [];
  ends[handle] = end(x, y);
  ends[2 * held + 1 - handle] = end(-x, -y);
  ends[other] = end(y * across, -x * across);
  ends[other + 1] = end(-y * across, x * across);
  return ends;
}

/** All points moved by so many voxels, as far as none of them leaves the grid. */
export function shift(points: readonly Vec3[], by: Vec3, dims: Vec3): Point[] {
  const step = ([0, 1, 2] as const).map((axis) => {
    const values = points.map((point) => point[axis]);
    const most = dims[axis] - 0.5 - Math.max(...values);
    const least = -0.5 - Math.min(...values);
    return Math.max(Math.min(0, least), Math.min(Math.max(0, most), by[axis]));
  });
  return points.map((point) => [point[0] + step[0], point[1] + step[1], point[2] + step[2]]);
}

/** A point brought back to the nearest place on the grid's voxels. */
export function within(point: Vec3, dims: Vec3): Point {
  const clamp = (axis: Axis) => Math.min(dims[axis] - 0.5, Math.max(-0.5, point[axis]));
  return [clamp(0), clamp(1), clamp(2)];
}

export function middleOf(points: readonly Vec3[]): Point {
  const mean = (axis: Axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean(0), mean(1), mean(2)];
}

/** Where the short diameter crosses the long one (0…1), and how far its ends lie to either side, in mm. */
interface ShortAxis {
  readonly along: number;
  readonly sides: readonly [number, number];
}

function shortAxis([a, b, c, d]: readonly Vec3[], plane: Plane, grid: Grid): ShortAxis {
  const at = placeOf(c, a, b, plane, grid);
  return { along: at.along, sides: [at.side, placeOf(d, a, b, plane, grid).side] };
}

/** A point's place beside the line from a to b on its slice. */
function placeOf(point: Vec3, a: Vec3, b: Vec3, plane: Plane, grid: Grid): { along: number; side: number } {
  const { origin, line, across } = frame(a, b, plane, grid);
  const p = minus(indexToWorld(grid, point), origin);
  const squared = dot(line, line);
  const along = squared > 0 ? dot(p, line) / squared : 0;
  return { along: Math.min(1, Math.max(0, along)), side: dot(p, across) };
}

function withShortAxis(
  [a, b]: readonly [Point, Point],
  { along, sides }: ShortAxis,
  plane: Plane,
  grid: Grid,
): Point[] {
  const { normal } = planeAxes(grid.direction, plane);
  const { origin, line, across } = frame(a, b, plane, grid);
  const end = (side: number): Point => {
    const at = (c: Axis) => origin[c] + along * line[c] + side * across[c];
    const point = worldToIndex(grid, [at(0), at(1), at(2)]);
    point[normal] = a[normal];
    return point;
  };
  return [a, b, end(sides[0]), end(sides[1])];
}

/** In mm: the first end, the long diameter, and the unit vector across it on the slice. */
function frame(a: Vec3, b: Vec3, plane: Plane, grid: Grid) {
  const { normal } = planeAxes(grid.direction, plane);
  const { direction: d } = grid;
  const origin = indexToWorld(grid, a);
  const line = minus(indexToWorld(grid, b), origin);
  const across = cross([d[3 * normal], d[3 * normal + 1], d[3 * normal + 2]], line);
  const norm = length(across) || 1;
  return { origin, line, across: [across[0] / norm, across[1] / norm, across[2] / norm] as const };
}

const copy = (p: Vec3): Point => [p[0], p[1], p[2]];
const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const length = (a: Vec3) => Math.hypot(a[0], a[1], a[2]);
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
