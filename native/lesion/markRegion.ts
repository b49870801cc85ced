/** The geometry of a mark: where it lies, how far it reaches, and the ellipsoid that it suggests. */
import { PrecedentError } from '../contract/errors.ts';
import { type Mark, type PlaneAxes, planeAxes } from '../contract/mark.ts';
import { type Box, boxDims, clipBox, type Grid, type Mask } from '../volume/volume.ts';

export interface MarkRegion extends PlaneAxes {
  /** Continuous voxel index of the centre. */
  readonly center: readonly [number, number, number];
  /** Half extents in mm along the three index axes; across the slices it is a guess unless the mark is a sphere. */
  readonly radiiMm: readonly [number, number, number];
  /**
   * How far out an in-plane position in mm from the centre lies: 0 at the centre, 1 on the outline of the mark,
   * growing in proportion outside. The inscribed ellipse stands for a rectangle.
   */
  readonly radial: (u: number, w: number) => number;
}

/**
 * The region of a mark on a grid. The depth is guessed as the geometric mean of the in-plane half extents.
 * Throws `usage` when the mark misses the volume or encloses nothing.
 */
export function markRegion(grid: Grid, mark: Mark): MarkRegion {
  const axes = planeAxes(grid.direction, mark.plane);
  const [u, w] = axes.inPlane;
  const [su, sw] = [grid.spacing[u], grid.spacing[w]];
  const center: [number, number, number] = [0, 0, 0];
  const radii: [number, number, number] = [0, 0, 0];
  const { shape } = mark;
  if (shape.kind === 'sphere') {
    const r = shape.radiusMm;
    const region = { ...axes, center: shape.centerIjk, radiiMm: [r, r, r] as const };
    return insideGrid(grid, { ...region, radial: (x, y) => Math.hypot(x, y) / r });
  }
  const points = shape.kind === 'polygon' ? shape.points : shape.corners;
  const us = points.map((p) => p[0]);
  const ws = points.map((p) => p[1]);
  center[axes.normal] = mark.slice;
  center[u] = (Math.min(...us) + Math.max(...us)) / 2;
  center[w] = (Math.min(...ws) + Math.max(...ws)) / 2;
  radii[u] = ((Math.max(...us) - Math.min(...us)) / 2) * su;
  radii[w] = ((Math.max(...ws) - Math.min(...ws)) / 2) * sw;
  if (!(radii[u] > 0 && radii[w] > 0)) {
    throw new PrecedentError('usage', 'the mark encloses nothing', undefined, 'draw it again');
  }
  radii[axes.normal] = Math.sqrt(radii[u] * radii[w]);
  const [a, b] = [radii[u], radii[w]];
  const outline = shape.kind === 'polygon' ? shape.points : null;
  const radial = outline
    ? polygonRadial(outline.map((p) => [(p[0] - center[u]) * su, (p[1] - center[w]) * sw] as const))
    : (x: number, y: number) => Math.hypot(x / a, y / b);
  return insideGrid(grid, { ...axes, center, radiiMm: radii, radial });
}

/** The ellipsoid that the mark suggests by itself, as a mask; null when no voxel centre lies in it. */
export function markEllipsoid(grid: Grid, mark: Mark): Mask | null {
  const { center, radiiMm } = markRegion(grid, mark);
  const box = ellipsoidBox(grid, center, radiiMm, 1);
  if (!box) return null;
  const [ni, nj, nk] = boxDims(box);
  const bits = new Uint8Array(ni * nj * nk);
  const step = [0, 1, 2].map((a) => grid.spacing[a] / radiiMm[a]);
  for (let k = 0, v = 0; k < nk; k++) {
    const z = (box[2] + k - center[2]) * step[2];
    for (let j = 0; j < nj; j++) {
      const y = (box[1] + j - center[1]) * step[1];
      for (let i = 0; i < ni; i++, v++) {
        const x = (box[0] + i - center[0]) * step[0];
        if (x * x + y * y + z * z <= 1) bits[v] = 1;
      }
    }
  }
  return bits.includes(1) ? { box, bits } : null;
}

/** The voxels whose centres lie within `factor` times the half extents, clipped to the grid. */
export function ellipsoidBox(
  grid: Grid,
  center: readonly number[],
  radiiMm: readonly number[],
  factor: number,
): Box | null {
  const low = [0, 1, 2].map((a) => Math.ceil(center[a] - (factor * radiiMm[a]) / grid.spacing[a]));
  const high = [0, 1, 2].map((a) => Math.floor(center[a] + (factor * radiiMm[a]) / grid.spacing[a]));
  return clipBox([low[0], low[1], low[2], high[0], high[1], high[2]], grid.dims);
}

function insideGrid(grid: Grid, region: MarkRegion): MarkRegion {
  for (let a = 0; a < 3; a++) {
    if (region.center[a] > -0.5 && region.center[a] < grid.dims[a] - 0.5) continue;
    throw new PrecedentError(
      'usage',
      'the mark lies outside the volume',
      undefined,
      'draw it on the picture',
    );
  }
  return region;
}

/**
 * Distance to a freehand outline as a radial coordinate: 1 − depth / deepest inside, 1 + distance / deepest outside, so
 * that concave outlines keep their shape.
 */
function polygonRadial(points: readonly (readonly [number, number])[]): (u: number, w: number) => number {
  const signed = (x: number, y: number) => {
    let inside = false;
    let nearest = Infinity;
    for (let n = 0, m = points.length - 1; n < points.length; m = n++) {
      const [x0, y0] = points[m];
      const [x1, y1] = points[n];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
      const [dx, dy] = [x1 - x0, y1 - y0];
      const length2 = dx * dx + dy * dy;
      const t = length2 > 0 ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2)) : 0;
      nearest = Math.min(nearest, Math.hypot(x - x0 - t * dx, y - y0 - t * dy));
    }
    return inside ? nearest : -nearest;
  };
  let deepest = 0;
  const [lx, hx] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
  const [ly, hy] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
  for (let a = 1; a < 24; a++) {
    for (let b = 1; b < 24; b++) {
      deepest = Math.max(deepest, signed(lx + ((hx - lx) * a) / 24, ly + ((hy - ly) * b) / 24));
    }
  }
  if (!(deepest > 0)) {
    throw new PrecedentError('usage', 'the mark encloses nothing', undefined, 'draw it again');
  }
  return (u, w) => 1 - signed(u, w) / deepest;
}
