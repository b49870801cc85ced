/** Fills the contours of an ROI to voxels of a grid. */
import { tightenMask } from '../lesion/mask.ts';
import { placeMask } from '../volume/resampleMask.ts';
import { type Box, boxDims, type Grid, type Mask, worldToIndex } from '../volume/volume.ts';
import { contourGrid } from './contourPlanes.ts';
import type { Contour, Roi } from './rtstruct.ts';

/** A closed planar contour in continuous voxel indices of one slice: i,j after i,j. */
interface Polygon {
  readonly k: number;
  /** Its plane's distance from the slice, in slices. */
  readonly offset: number;
  readonly ij: Float64Array;
}

/** A contour may leave its plane by this many slices before it no longer counts as planar. */
const planarTolerance = 0.25;
/** Planes closer than this many slices are the same plane. */
const samePlane = 0.02;

/**
 * The voxels of an ROI: those whose centre lies inside its contours by the even-odd rule over all contours of a slice,
 * so that holes, whether drawn as contours of their own, as keyholes or for XOR, stay open. A centre on a left or upper edge
 * counts, one on a right or lower edge does not, so the voxel count is unbiased. A contour belongs to the slice
 * nearest to its plane, within half the slice spacing. Contours on other parallel planes (coronal, sagittal, tilted), where
 * there are none on the slices, are filled on those planes, and a voxel belongs to the nearest of them.
 * @returns null when no voxel of the grid is inside; `warnings` say what of the ROI was left out
 */
export function rasterizeRoi(
  roi: Roi,
  grid: Grid,
  warnings: Set<string> = new Set(),
): { mask: Mask; warnings: string[] } | null {
  const closed = closedContours(roi.contours, warnings);
  const isFlat = closed.map(({ points }) => toPolygon(points, grid) !== null);
  const flat = closed.filter((_, n) => isFlat[n]);
  const others = closed.filter((_, n) => !isFlat[n]);
  const own = flat.length === 0 && others.length > 0 ? contourGrid(others, grid) : null;
  if (others.length > 0 && !own) warnings.add('contours that are not parallel to the slices were left out');
  const mask = own ? fillOnPlanes(others, own, grid, warnings) : fill(flat, grid, warnings);
  return mask && { mask, warnings: [...warnings] };
}

function closedContours(contours: readonly Contour[], warnings: Set<string>): Contour[] {
  return contours.filter(({ type, points }) => {
    // The standard writes CLOSED_PLANAR, but CLOSEDPLANAR_XOR (PS3.3 section C.8.8.6.1).
    const isClosed = /^CLOSED_?PLANAR/.test(type);
    if (type === 'POINT') warnings.add('single points were left out');
    else if (!isClosed) warnings.add('contours that are not closed and planar were left out');
    return isClosed && points.length >= 9;
  });
}

/** Contours on planes of their own, taken over by the nearest plane. */
function fillOnPlanes(
  contours: readonly Contour[],
  own: Grid,
  grid: Grid,
  warnings: Set<string>,
): Mask | null {
  const mask = fill(contours, own, warnings);
  warnings.add('contours on planes across the slices were resampled to the nearest plane');
  return (mask && placeMask(mask, own, grid)?.mask) ?? null;
}

/** The voxels inside contours that are parallel to a grid's slices. */
function fill(contours: readonly Contour[], grid: Grid, warnings: Set<string>): Mask | null {
  const slices = polygonsBySlice(contours, grid, warnings);
  const all = [...slices.values()].flat();
  const box = boundingBox(all, grid);
  if (!box) return null;
  const dims = boxDims(box);
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (const [k, polygons] of slices) {
    fillEvenOdd(
      polygons.map(({ ij }) => ij),
      box,
      bits.subarray((k - box[2]) * dims[0] * dims[1], (k - box[2] + 1) * dims[0] * dims[1]),
    );
  }
  const mask = tightenMask({ box, bits });
  if (!mask) return null;
  const drawn = [...slices.keys()];
  const gaps = Math.max(...drawn) - Math.min(...drawn) + 1 - drawn.length;
  if (gaps > 0) warnings.add(`slices between the first and the last contour without one: ${gaps}`);
  return mask;
}

function polygonsBySlice(
  contours: readonly Contour[],
  grid: Grid,
  warnings: Set<string>,
): Map<number, Polygon[]> {
  const slices = new Map<number, Polygon[]>();
  for (const contour of contours) {
    const polygon = toPolygon(contour.points, grid);
    if (!polygon) warnings.add('contours that are not planar were left out');
    else if (polygon.k < 0 || polygon.k >= grid.dims[2]) {
      warnings.add('contours outside the volume were left out');
    } else {
      slices.set(polygon.k, [...(slices.get(polygon.k) ?? []), polygon]);
    }
  }
  for (const [k, polygons] of slices) slices.set(k, withoutDuplicates(nearestPlane(polygons, warnings)));
  return slices;
}

/** To a thousandth of a voxel: rounding errors must not decide whether an edge lies on a voxel's centre or beside it. */
function snap(index: number): number {
  return Math.round(index * 1000) / 1000;
}

function toPolygon(points: Float64Array, grid: Grid): Polygon | null {
  const ij = new Float64Array((points.length / 3) * 2);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let n = 0; n * 3 < points.length; n++) {
    const [i, j, k] = worldToIndex(grid, [points[3 * n], points[3 * n + 1], points[3 * n + 2]]);
    ij[2 * n] = snap(i);
    ij[2 * n + 1] = snap(j);
    min = Math.min(min, k);
    max = Math.max(max, k);
  }
  if (!(max - min <= planarTolerance)) return null;
  const plane = (min + max) / 2;
  return { k: Math.round(plane), offset: plane - Math.round(plane), ij };
}

/** Contours drawn on planes closer together than the slices: of the planes that share a slice the nearest stands for it. */
function nearestPlane(polygons: readonly Polygon[], warnings: Set<string>): Polygon[] {
  const nearest = polygons.reduce(
    (best, { offset }) => (Math.abs(offset) < Math.abs(best) ? offset : best),
    1,
  );
  const kept = polygons.filter(({ offset }) => Math.abs(offset - nearest) <= samePlane);
  if (kept.length < polygons.length) warnings.add('contours between the slices were left out');
  return kept;
}

/** A contour that is there twice would cancel itself under the even-odd rule. */
function withoutDuplicates(polygons: readonly Polygon[]): Polygon[] {
  const seen = new Set<string>();
  return polygons.filter(({ ij }) => {
    const corners = Array.from(
      { length: ij.length / 2 },
      (_, n) => `${ij[2 * n].toFixed(3)},${ij[2 * n + 1].toFixed(3)}`,
    );
    // Sorted, so that another starting point or the other direction is the same contour.
    const key = [...new Set(corners)].sort().join(' ');
    return !seen.has(key) && seen.add(key);
  });
}

function boundingBox(polygons: readonly Polygon[], { dims }: Grid): Box | null {
  let [i0, j0, k0, i1, j1, k1] = [dims[0], dims[1], dims[2], -1, -1, -1];
  for (const { ij, k } of polygons) {
    k0 = Math.min(k0, k);
    k1 = Math.max(k1, k);
    for (let n = 0; n < ij.length; n += 2) {
      i0 = Math.min(i0, Math.floor(ij[n]));
      i1 = Math.max(i1, Math.ceil(ij[n]));
      j0 = Math.min(j0, Math.floor(ij[n + 1]));
      j1 = Math.max(j1, Math.ceil(ij[n + 1]));
    }
  }
  const box: Box = [
    Math.max(0, i0),
    Math.max(0, j0),
    k0,
    Math.min(dims[0] - 1, i1),
    Math.min(dims[1] - 1, j1),
    k1,
  ];
  return box[0] > box[3] || box[1] > box[4] || box[2] > box[5] ? null : box;
}

/** Sets the pixels of one slice of a box whose centres are inside an odd number of polygons. */
function fillEvenOdd(polygons: readonly Float64Array[], box: Box, slice: Uint8Array): void {
  const [i0, j0, , i1, j1] = box;
  const width = i1 - i0 + 1;
  const crossings: number[][] = Array.from({ length: j1 - j0 + 1 }, () => []);
  for (const ij of polygons) {
    for (let n = 0, m = ij.length - 2; n < ij.length; m = n, n += 2) {
      const [xa, ya, xb, yb] = [ij[m], ij[m + 1], ij[n], ij[n + 1]];
      const last = Math.min(j1, Math.ceil(Math.max(ya, yb)) - 1);
      for (let j = Math.max(j0, Math.ceil(Math.min(ya, yb))); j <= last; j++) {
        crossings[j - j0].push(xa + ((j - ya) * (xb - xa)) / (yb - ya));
      }
    }
  }
  for (const [row, xs] of crossings.entries()) {
    xs.sort((a, b) => a - b);
    for (let n = 0; n + 1 < xs.length; n += 2) {
      const from = Math.max(i0, Math.ceil(xs[n]));
      const to = Math.min(i1, Math.ceil(xs[n + 1]) - 1);
      if (from <= to) slice.fill(1, row * width + from - i0, row * width + to - i0 + 1);
    }
  }
}
