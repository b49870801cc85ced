/**
 * The signed distance of every place from the boundary of a mask, in mm: what a surface is drawn through. It takes slices that lie
 * far apart for what they are, where the mask itself would make steps of them.
 */
import type { Mask } from '../viewer/contours.ts';
import { boxDims, type Vec3 } from '../viewer/grid.ts';

/** Values on a grid of cells, i fastest. `firstMm` is the first cell's place, in mm along the volume's axes from its first voxel. */
export interface Field {
  readonly dims: Vec3;
  readonly spacing: Vec3;
  readonly firstMm: Vec3;
  readonly values: Float32Array;
}

/** A field with the value that encloses as much as the mask's voxels: 0 but for slices so thick that the distance cuts off the ends. */
export interface Levelled extends Field {
  readonly level: number;
}

/** Cells that a field may have: enough for about 35,000 triangles, which software can turn while the hand moves. */
const mostCells = 250_000;

/**
 * Distances to the nearest voxel centre on the other side, positive inside, sampled on cells of one size: half the least spacing,
 * or larger where that would be too many. By the exact Euclidean transform of Felzenszwalb & Huttenlocher (Theory of Computing 8,
 * 2012), each axis in its own spacing. Null for an empty mask.
 *
 * @param spacing the volume's, in mm along i, j and k
 */
export function signedDistance(mask: Mask, spacing: Vec3): Levelled | null {
  const [ni, nj, nk] = boxDims(mask.box);
  // The surface of a single thick slice lies up to half its thickness beyond it, and has to close.
  const room = (axis: 0 | 1 | 2) => Math.ceil(Math.max(...spacing) / spacing[axis]) + 1;
  const margin = [room(0), room(1), room(2)] as const;
  const dims: Vec3 = [ni + 2 * margin[0], nj + 2 * margin[1], nk + 2 * margin[2]];
  const count = dims[0] * dims[1] * dims[2];
  const inside = new Uint8Array(count);
  let filled = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const from = ni * (j + nj * k);
      const to = margin[0] + dims[0] * (j + margin[1] + dims[1] * (k + margin[2]));
      for (let i = 0; i < ni; i++)
        if (mask.bits[from + i]) {
          inside[to + i] = 1;
          filled++;
        }
    }
  if (filled === 0) return null;
  const distance = new Float32Array(count);
  const toInside = squaredDistances(inside, 1, dims, spacing);
  const toOutside = squaredDistances(inside, 0, dims, spacing);
  for (let n = 0; n < count; n++) distance[n] = inside[n] ? Math.sqrt(toOutside[n]) : -Math.sqrt(toInside[n]);
  const firstMm: Vec3 = [
    (mask.box[0] - margin[0]) * spacing[0],
    (mask.box[1] - margin[1]) * spacing[1],
    (mask.box[2] - margin[2]) * spacing[2],
  ];
  const field = sampled({ dims, spacing, firstMm, values: distance });
  soften(field, softness * Math.max(...spacing));
  return { ...field, level: levelOf(field, filled * spacing[0] * spacing[1] * spacing[2]) };
}

/** The distance beyond which a volume lies, in mm³: by halving, where a cell counts in part that the surface goes through. */
function levelOf({ values, spacing: [cell] }: Field, mm3: number): number {
  const within = (level: number) => {
    let cells = 0;
    for (const value of values) cells += Math.min(1, Math.max(0, 0.5 + (value - level) / cell));
    return cells * cell ** 3;
  };
  let [low, high] = [0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (within(middle) > mm3) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Squared distances in mm² of every voxel to the nearest one of a value. */
function squaredDistances(bits: Uint8Array, value: 0 | 1, dims: Vec3, spacing: Vec3): Float32Array {
  // Larger than any distance, and still exact in sums of squares.
  const far = dims.reduce((sum, n, axis) => sum + (n * spacing[axis]) ** 2, 0);
  const out = Float32Array.from(bits, (bit) => (bit === value ? 0 : far));
  const longest = Math.max(...dims);
  const line = new Float64Array(longest);
  const places = new Int32Array(longest);
  const borders = new Float64Array(longest + 1);
  const strides = [1, dims[0], dims[0] * dims[1]];
  for (const axis of [0, 1, 2] as const) {
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    const length = dims[axis];
    const stride = strides[axis];
    const step = spacing[axis] ** 2;
    for (let y = 0; y < dims[b]; y++)
      for (let x = 0; x < dims[a]; x++) {
        const start = x * strides[a] + y * strides[b];
        for (let n = 0; n < length; n++) line[n] = out[start + n * stride];
        // The lower envelope of the parabolas that stand on the voxels of the line.
        let last = 0;
        places[0] = 0;
        borders[0] = Number.NEGATIVE_INFINITY;
        borders[1] = Number.POSITIVE_INFINITY;
        for (let q = 1; q < length; q++) {
          let cross = meet(line, places[last], q, step);
          while (cross <= borders[last]) {
            last--;
            cross = meet(line, places[last], q, step);
          }
          last++;
          places[last] = q;
          borders[last] = cross;
          borders[last + 1] = Number.POSITIVE_INFINITY;
        }
        let piece = 0;
        for (let q = 0; q < length; q++) {
          while (borders[piece + 1] < q) piece++;
          out[start + q * stride] = (q - places[piece]) ** 2 * step + line[places[piece]];
        }
      }
  }
  return out;
}

/** Where the parabolas on places p and q of a line meet, in voxels. */
function meet(line: Float64Array, p: number, q: number, step: number): number {
  return (line[q] / step + q * q - (line[p] / step + p * p)) / (2 * (q - p));
}

/** How wide distances are averaged, in the largest spacing: what lies between two slices is not known better than that. */
const softness = 0.5;

/** Averages a field, in place, under a bell of this width (standard deviation, mm). */
function soften({ dims, spacing, values }: Field, sigmaMm: number): void {
  const sigma = sigmaMm / spacing[0];
  const reach = Math.ceil(2.5 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, n) =>
    Math.exp(-(((n - reach) / sigma) ** 2) / 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const strides = [1, dims[0], dims[0] * dims[1]];
  const line = new Float32Array(Math.max(...dims));
  for (const axis of [0, 1, 2] as const) {
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    const last = dims[axis] - 1;
    for (let y = 0; y < dims[b]; y++)
      for (let x = 0; x < dims[a]; x++) {
        const start = x * strides[a] + y * strides[b];
        for (let n = 0; n <= last; n++) line[n] = values[start + n * strides[axis]];
        for (let n = 0; n <= last; n++) {
          let sum = 0;
          for (let w = -reach; w <= reach; w++)
            sum += weights[w + reach] * line[Math.min(last, Math.max(0, n + w))];
          values[start + n * strides[axis]] = sum / total;
        }
      }
  }
}

/** A field on cells of one size, by trilinear interpolation. */
function sampled(field: Field): Field {
  const extent = field.dims.map((n, axis) => (n - 1) * field.spacing[axis]);
  const volume = extent[0] * extent[1] * extent[2];
  const cell = Math.max(Math.min(...field.spacing) / 2, Math.cbrt(volume / mostCells));
  const size = (axis: 0 | 1 | 2) => Math.ceil(extent[axis] / cell) + 1;
  const dims: Vec3 = [size(0), size(1), size(2)];
  const values = new Float32Array(dims[0] * dims[1] * dims[2]);
  const stops = (axis: 0 | 1 | 2) =>
    Array.from({ length: dims[axis] }, (_, n) => {
      const at = Math.min((n * cell) / field.spacing[axis], field.dims[axis] - 1);
      const low = Math.min(Math.floor(at), field.dims[axis] - 2);
      return [low, at - low] as const;
    });
  const [is, js, ks] = [stops(0), stops(1), stops(2)];
  const row = field.dims[0];
  const slice = row * field.dims[1];
  let n = 0;
  for (const [k, w] of ks)
    for (const [j, v] of js)
      for (const [i, u] of is) {
        const at = i + row * j + slice * k;
        const along = (start: number) => field.values[start] * (1 - u) + field.values[start + 1] * u;
        const near = along(at) * (1 - v) + along(at + row) * v;
        const beyond = along(at + slice) * (1 - v) + along(at + slice + row) * v;
        values[n++] = near * (1 - w) + beyond * w;
      }
  return { dims, spacing: [cell, cell, cell], firstMm: field.firstMm, values };
}
