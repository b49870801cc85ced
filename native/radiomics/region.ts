/** The region that features are computed on, and the image processing that leads to it (IBSI reference manual, chapter 2). */
import { reboxMask, tightenMask } from '../lesion/mask.ts';
import { type Box, boxDims, type Mask, type Vec3, type Volume } from '../volume/volume.ts';
import { type Axis, interpolations } from './interpolation.ts';

/**
 * A region on its own grid, index = x + dims[0]·(y + dims[1]·z). The grid reaches one point beyond the
 * region on every side, so that neighbours are looked up without asking for bounds.
 */
export interface Region {
  readonly dims: Vec3;
  /** mm */
  readonly spacing: Vec3;
  /** HU at every point of the region's box. */
  readonly values: Float32Array;
  /** The morphological mask: 1 for what belongs to the region's shape. */
  readonly shape: Uint8Array;
  /** The intensity mask: the points whose intensities count, ascending. Never one outside the shape. */
  readonly points: Int32Array;
}

export interface Interpolation {
  readonly method: keyof typeof interpolations;
  /** mm */
  readonly spacing: Vec3;
  /** What the grid shares its centre with: the image, as the IBSI has it, or the mask's box. */
  readonly centre: 'image' | 'mask';
}

export interface Resegmentation {
  /** HU, both ends included. */
  readonly range?: readonly [low: number, high: number];
  /** Keeps what lies within so many standard deviations of the mean. */
  readonly outlierSigma?: number;
}

/**
 * The region on the grid of the image or, interpolated, on another: intensities rounded to whole HU, the mask interpolated
 * linearly and kept where it is at least one half. Where it nowhere is, as of a thread thinner than the grid, the points
 * nearest to its voxels are kept. The intensity mask is the morphological one.
 * The mask has at least one voxel and lies inside the volume.
 */
export function regionOf(volume: Volume, mask: Mask, interpolation: Interpolation | null): Region {
  const axes = [0, 1, 2].map((a) => axisOf(volume, mask, interpolation, a));
  const { box, bits } = interpolatedMask(volume, mask, axes) ?? nearestPoints(mask, axes);
  const grown: Box = [box[0] - 1, box[1] - 1, box[2] - 1, box[3] + 1, box[4] + 1, box[5] + 1];
  const dims = boxDims(grown);
  const places = axes.map((axis, a) => placesOf(axis, box[a], box[a + 3]));
  const inside = interpolations[interpolation?.method ?? 'trilinear'](volume, places);
  const values = new Float32Array(dims[0] * dims[1] * dims[2]);
  for (let z = 1, from = 0; z < dims[2] - 1; z++) {
    for (let y = 1; y < dims[1] - 1; y++) {
      for (let to = 1 + dims[0] * (y + dims[1] * z), end = to + dims[0] - 2; to < end; to++, from++)
        values[to] = interpolation ? rounded(inside[from]) : inside[from];
    }
  }
  const shape = reboxMask({ box, bits }, grown).bits;
  const [x, y, z] = axes;
  return { dims, spacing: [x.spacing, y.spacing, z.spacing], values, shape, points: pointsOf(shape) };
}

/** The region without the points whose intensity is out of range or an outlier; the morphological mask stays. */
export function resegmented(region: Region, { range, outlierSigma }: Resegmentation): Region {
  const { values } = region;
  let points = region.points;
  if (range) points = points.filter((at) => values[at] >= range[0] && values[at] <= range[1]);
  if (outlierSigma !== undefined) {
    const mean = points.reduce((sum, at) => sum + values[at], 0) / points.length;
    const variance = points.reduce((sum, at) => sum + (values[at] - mean) ** 2, 0) / points.length;
    const reach = outlierSigma * Math.sqrt(variance);
    points = points.filter((at) => Math.abs(values[at] - mean) <= reach);
  }
  return { ...region, points };
}

/** Halves are rounded up even where the interpolation comes out a hair below them, so that mirrored images agree. */
const rounded = (value: number) => Math.floor(value + 0.5 + 1e-3);

/** Of an interpolated mask or intensity: far below what counts, far above the rounding of its sums. */
const tie = 1e-6;

interface GridAxis {
  readonly spacing: number;
  /** Index in the image of the point 0, and from one point to the next. */
  readonly start: number;
  readonly step: number;
  /** The points that lie in the image. */
  readonly first: number;
  readonly last: number;
  /** Voxels of the image. */
  readonly voxels: number;
}

function axisOf(
  { dims, spacing: from }: Volume,
  { box }: Mask,
  to: Interpolation | null,
  a: number,
): GridAxis {
  const voxels = dims[a];
  const spacing = to?.spacing[a] ?? from[a];
  const step = spacing / from[a];
  if (to?.centre === 'mask') {
    const start = (box[a] + box[a + 3]) / 2;
    const [first, last] = [Math.ceil((-0.5 - start) / step), Math.floor((voxels - 0.5 - start) / step)];
    return { spacing, start, step, first, last, voxels };
  }
  // The new grid covers the image (IBSI reference manual, section 2.4).
  const n = Math.max(1, Math.ceil(voxels / step - tie));
  return { spacing, start: (voxels - 1 - (n - 1) * step) / 2, step, first: 0, last: n - 1, voxels };
}

/** The points first…last of an axis as places in the image; beyond the outermost voxels these go on. */
function placesOf({ start, step, voxels }: GridAxis, first: number, last: number): Axis {
  const n = last - first + 1;
  const at = new Int32Array(n);
  const fraction = new Float64Array(n);
  for (let q = 0; q < n; q++) {
    const position = Math.min(voxels - 1, Math.max(0, start + (first + q) * step));
    // A grid point that is a voxel up to rounding is that voxel.
    const near = Math.round(position);
    const place = Math.abs(position - near) < 1e-9 ? near : position;
    at[q] = Math.floor(place);
    fraction[q] = place - at[q];
  }
  return { at, fraction };
}

function interpolatedMask(volume: Volume, mask: Mask, axes: readonly GridAxis[]): Mask | null {
  const { box } = mask;
  const padded = reboxMask(mask, [box[0] - 1, box[1] - 1, box[2] - 1, box[3] + 2, box[4] + 2, box[5] + 2]);
  const range = axes.map(({ first, last, start, step }, a) => [
    Math.max(first, Math.floor((box[a] - 1 - start) / step) + 1),
    Math.min(last, Math.ceil((box[a + 3] + 1 - start) / step) - 1),
  ]);
  if (range.some(([first, last]) => first > last)) return null;
  const places = axes.map((axis, a) => {
    const { at, fraction } = placesOf(axis, range[a][0], range[a][1]);
    return { at: at.map((index) => index - padded.box[a]), fraction };
  });
  const field = interpolations.trilinear(
    { ...volume, dims: boxDims(padded.box), voxels: padded.bits },
    places,
  );
  const bits = new Uint8Array(field.length);
  for (let at = 0; at < field.length; at++) bits[at] = field[at] > 0.5 - tie ? 1 : 0;
  return tightenMask({
    box: [range[0][0], range[1][0], range[2][0], range[0][1], range[1][1], range[2][1]],
    bits,
  });
}

function nearestPoints({ box, bits }: Mask, axes: readonly GridAxis[]): Mask {
  const nearest = (index: number, { start, step, first, last }: GridAxis) =>
    Math.min(last, Math.max(first, Math.round((index - start) / step)));
  const [ni, nj] = boxDims(box);
  const end = (n: number) => nearest(box[n], axes[n % 3]);
  const found: Box = [end(0), end(1), end(2), end(3), end(4), end(5)];
  const [mi, mj, mk] = boxDims(found);
  const points = new Uint8Array(mi * mj * mk);
  for (let at = 0; at < bits.length; at++) {
    if (!bits[at]) continue;
    const x = nearest(box[0] + (at % ni), axes[0]) - found[0];
    const y = nearest(box[1] + (Math.floor(at / ni) % nj), axes[1]) - found[1];
    const z = nearest(box[2] + Math.floor(at / (ni * nj)), axes[2]) - found[2];
    points[x + mi * (y + mj * z)] = 1;
  }
  return { box: found, bits: points };
}

function pointsOf(bits: Uint8Array): Int32Array {
  const points = new Int32Array(bits.length);
  let n = 0;
  for (let at = 0; at < bits.length; at++) if (bits[at]) points[n++] = at;
  return points.slice(0, n);
}
