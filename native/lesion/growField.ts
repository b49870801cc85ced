/**
 * The neighbourhood of a mark resampled to a cube of cells that is scaled to the mark, so that a 4 mm nodule and a
 * 400 ml mass cost the same time and look alike to the model that tells lesion from background.
 */
import type { Volume } from '../volume/volume.ts';
import type { MarkRegion } from './markRegion.ts';

/** Cells along each axis of the cube. */
export const cellsPerAxis = 36;
/** The cube reaches this many times the half extents of the mark from its centre. */
export const cubeReach = 2;
/** Voxels so many half extents away have a part in its outermost cells, and one voxel more. */
export const sampledReach = cubeReach + 0.2;
const huRange = [-1000, 400] as const;

/** The coordinate of a cell's centre along an axis, in half extents of the mark (−2…2). */
export function cellCoordinate(cell: number): number {
  return ((cell + 0.5) / cellsPerAxis - 0.5) * 2 * cubeReach;
}

/**
 * HU of every cell, clipped to −1000…400; cell index = u + n·(w + n·t), where u and w run in the plane of the mark and t
 * across it. Resampled axis by axis with a triangle filter as wide as the larger of cell and voxel; where a cell spans
 * four voxels or more, only every so many voxels are read, which bounds time and memory for the largest marks.
 */
export function sampleField(volume: Volume, region: MarkRegion): Float32Array {
  const axes = [region.inPlane[0], region.inPlane[1], region.normal] as const;
  const { samples, size, first, step } = readAround(volume, region);
  const stride = [1, size[0], size[0] * size[1]];
  let data = samples;
  let dims = axes.map((a) => size[a]);
  let strides = axes.map((a) => stride[a]);
  for (let n = 0; n < 3; n++) {
    const axis = axes[n];
    const scale = region.radiiMm[axis] / (volume.spacing[axis] * step[axis]);
    const taps = filterTaps((region.center[axis] - first[axis]) / step[axis], scale, size[axis]);
    const outDims = dims.map((d, m) => (m === n ? cellsPerAxis : d));
    const outStrides = [1, outDims[0], outDims[0] * outDims[1]];
    data = filterAxis(data, dims, strides, outDims, outStrides, n, taps);
    dims = outDims;
    strides = outStrides;
  }
  return data;
}

interface Samples {
  readonly samples: Float32Array;
  readonly size: readonly [number, number, number];
  readonly first: readonly number[];
  readonly step: readonly number[];
}

function readAround({ dims, spacing, voxels }: Volume, { center, radiiMm }: MarkRegion): Samples {
  const radii = [0, 1, 2].map((a) => radiiMm[a] / spacing[a]);
  const step = radii.map((r) => Math.max(1, Math.floor((r * cubeReach) / cellsPerAxis)));
  const first = radii.map((r, a) => Math.max(0, Math.floor(center[a] - sampledReach * r - 1)));
  const last = radii.map((r, a) => Math.min(dims[a] - 1, Math.ceil(center[a] + sampledReach * r + 1)));
  const [ni, nj, nk] = step.map((s, a) => Math.floor((last[a] - first[a]) / s) + 1);
  const samples = new Float32Array(ni * nj * nk);
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      let from = first[0] + dims[0] * (first[1] + j * step[1] + dims[1] * (first[2] + k * step[2]));
      for (let i = 0; i < ni; i++, v++, from += step[0]) {
        samples[v] = Math.min(huRange[1], Math.max(huRange[0], voxels[from]));
      }
    }
  }
  return { samples, size: [ni, nj, nk], first, step };
}

interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float32Array[];
}

function filterTaps(center: number, voxelsPerExtent: number, size: number): Taps {
  const first = new Int32Array(cellsPerAxis);
  const weights: Float32Array[] = [];
  const width = Math.max(1, ((2 * cubeReach) / cellsPerAxis) * voxelsPerExtent);
  for (let c = 0; c < cellsPerAxis; c++) {
    const at = Math.min(size - 1, Math.max(0, center + cellCoordinate(c) * voxelsPerExtent));
    const from = Math.max(0, Math.ceil(at - width));
    const to = Math.min(size - 1, Math.floor(at + width));
    const w = new Float32Array(to - from + 1);
    let sum = 0;
    for (let n = 0; n < w.length; n++) {
      w[n] = Math.max(1e-6, 1 - Math.abs(from + n - at) / width);
      sum += w[n];
    }
    first[c] = from;
    weights.push(w.map((x) => x / sum));
  }
  return { first, weights };
}

function filterAxis(
  data: Float32Array,
  dims: readonly number[],
  strides: readonly number[],
  outDims: readonly number[],
  outStrides: readonly number[],
  axis: number,
  { first, weights }: Taps,
): Float32Array {
  const out = new Float32Array(outDims[0] * outDims[1] * outDims[2]);
  const [p, q] = [0, 1, 2].filter((a) => a !== axis);
  for (let c = 0; c < cellsPerAxis; c++) {
    const w = weights[c];
    for (let b = 0; b < dims[q]; b++) {
      let from = first[c] * strides[axis] + b * strides[q];
      let to = c * outStrides[axis] + b * outStrides[q];
      for (let a = 0; a < dims[p]; a++, from += strides[p], to += outStrides[p]) {
        let sum = 0;
        for (let n = 0, f = from; n < w.length; n++, f += strides[axis]) sum += w[n] * data[f];
        out[to] = sum;
      }
    }
  }
  return out;
}

/** A Gaussian-like blur of the cube: three box blurs of the given half width in cells along each axis, edges repeated. */
export function blurField(field: Float32Array, halfWidth: number, passes = 2): Float32Array {
  const n = cellsPerAxis;
  const out = field.slice();
  const line = new Float32Array(n);
  const width = 2 * halfWidth + 1;
  for (const stride of [1, n, n * n]) {
    for (let a = 0; a < n * n; a++) {
      const start = stride === 1 ? a * n : stride === n ? (a % n) + Math.floor(a / n) * n * n : a;
      for (let pass = 0; pass < passes; pass++) {
        for (let c = 0; c < n; c++) line[c] = out[start + c * stride];
        let sum = 0;
        for (let c = -halfWidth; c <= halfWidth; c++) sum += line[Math.min(n - 1, Math.max(0, c))];
        for (let c = 0; c < n; c++) {
          out[start + c * stride] = sum / width;
          sum += line[Math.min(n - 1, c + halfWidth + 1)] - line[Math.max(0, c - halfWidth)];
        }
      }
    }
  }
  return out;
}
