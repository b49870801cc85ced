/** A stroke of a region tool, in continuous voxel indices, turned into the mark that the engine grows into a lesion. */
import { type Mark, markSchema, type Plane, planeAxes } from '../../native/contract/mark.ts';
import type { Box, Grid, Vec3 } from '../viewer/grid.ts';

export const regionTools = ['ellipse', 'rectangle', 'freehand', 'sphere'] as const;
export type RegionTool = (typeof regionTools)[number];

/** The smallest extent, in mm, that counts as a region rather than a slip of the hand. */
export const smallestMm = 1.5;

/**
 * The mark of a stroke on one slice. Ellipse and rectangle run from corner to corner of their bounding box, the sphere from
 * its centre to its surface. Null where the stroke is too small to be meant.
 */
export function markOfStroke(
  tool: RegionTool,
  plane: Plane,
  slice: number,
  points: readonly Vec3[],
  grid: Grid,
): Mark | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const { inPlane } = planeAxes(grid.direction, plane);
  const flat = (p: Vec3): [number, number] => [p[inPlane[0]], p[inPlane[1]]];
  if (extentMm(tool === 'freehand' ? points : [first, last], grid) < smallestMm) return null;
  const shape = (): unknown => {
    switch (tool) {
      case 'ellipse':
      case 'rectangle':
        return { kind: tool, corners: [flat(first), flat(last)] };
      case 'freehand':
        return { kind: 'polygon', points: thin(points).map(flat) };
      case 'sphere':
        return { kind: 'sphere', centerIjk: first, radiusMm: distanceMm(first, last, grid) };
    }
  };
  const parsed = markSchema.safeParse({ plane, slice, shape: shape() });
  return parsed.success ? parsed.data : null;
}

/**
 * The box of a mark: its bounding rectangle on the slice, and as deep along the normal as it is wide on average; for the
 * sphere its own box. Clipped to the grid.
 */
export function markBox(mark: Mark, grid: Grid): Box {
  const { normal, inPlane } = planeAxes(grid.direction, mark.plane);
  const low: [number, number, number] = [0, 0, 0];
  const high: [number, number, number] = [0, 0, 0];
  if (mark.shape.kind === 'sphere') {
    const { centerIjk, radiusMm } = mark.shape;
    for (const axis of [0, 1, 2] as const) {
      low[axis] = centerIjk[axis] - radiusMm / grid.spacing[axis];
      high[axis] = centerIjk[axis] + radiusMm / grid.spacing[axis];
    }
  } else {
    const points = mark.shape.kind === 'polygon' ? mark.shape.points : mark.shape.corners;
    for (const n of [0, 1] as const) {
      const values = points.map((p) => p[n]);
      low[inPlane[n]] = Math.min(...values);
      high[inPlane[n]] = Math.max(...values);
    }
    const widthMm = (axis: 0 | 1 | 2) => (high[axis] - low[axis]) * grid.spacing[axis];
    const meanMm = (widthMm(inPlane[0]) + widthMm(inPlane[1])) / 2;
    low[normal] = mark.slice - meanMm / 2 / grid.spacing[normal];
    high[normal] = mark.slice + meanMm / 2 / grid.spacing[normal];
  }
  const edge = (axis: 0 | 1 | 2): [number, number] => {
    const last = grid.dims[axis] - 1;
    const from = Math.min(last, Math.max(0, Math.round(low[axis])));
    return [from, Math.max(from, Math.min(last, Math.round(high[axis])))];
  };
  const [i, j, k] = [edge(0), edge(1), edge(2)];
  return [i[0], j[0], k[0], i[1], j[1], k[1]];
}

export function distanceMm(a: Vec3, b: Vec3, grid: Grid): number {
  return Math.hypot(...[0, 1, 2].map((axis) => (a[axis] - b[axis]) * grid.spacing[axis]));
}

function extentMm(points: readonly Vec3[], grid: Grid): number {
  const spans = [0, 1, 2].map((axis) => {
    const values = points.map((p) => p[axis]);
    return (Math.max(...values) - Math.min(...values)) * grid.spacing[axis];
  });
  return Math.max(...spans);
}

/** At most 2,000 points of an outline, evenly taken: beyond that they lie closer than a voxel. */
function thin(points: readonly Vec3[]): readonly Vec3[] {
  const step = Math.ceil(points.length / 2000);
  return step <= 1 ? points : points.filter((_, n) => n % step === 0);
}
