/** Samples a volume on grids that follow the patient's axes, so that storage order, spacing and orientation drop out. */

import { type Box, boxDims, indexToWorld, type Vec3, type Volume, worldToIndex } from '../volume/volume.ts';
import { linearTaps, resampleAxes } from './separable.ts';

/** A regular grid in mm (LPS): position(a, b, c) = origin + a·steps[0] + b·steps[1] + c·steps[2]. */
export interface SampleGrid {
  readonly dims: Vec3;
  readonly origin: Vec3;
  readonly steps: readonly [Vec3, Vec3, Vec3];
}

/** The box's centre (LPS mm) and its half edges along the volume's axes (mm), voxels counted as whole cells. */
export interface BoxExtent {
  readonly center: Vec3;
  readonly half: Vec3;
}

export function boxExtent(volume: Volume, box: Box): BoxExtent {
  const [ni, nj, nk] = boxDims(box);
  const { spacing: s } = volume;
  return {
    center: indexToWorld(volume, [(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, (box[2] + box[5]) / 2]),
    half: [(ni * s[0]) / 2, (nj * s[1]) / 2, (nk * s[2]) / 2],
  };
}

/**
 * HU at the grid's points by trilinear interpolation, a first; beyond the volume its outermost voxels go on.
 * Where a step is longer than the voxels, up to `maxSubsamples` points per step are averaged: the box filter that
 * keeps fine detail from aliasing.
 */
export function sampleVolume(volume: Volume, grid: SampleGrid, maxSubsamples: number): Float32Array {
  const steps = grid.steps.map((step) => indexStep(volume, step));
  const counts = steps.map((step) => subsamples(step, maxSubsamples));
  const start = worldToIndex(volume, grid.origin);
  return (
    sampleAlongAxes(volume, grid, start, steps, counts) ?? samplePoints(volume, grid, start, steps, counts)
  );
}

/** A grid axis may leave the volume's axis by so many voxels over its whole length: the rounding of direction cosines. */
const straight = 1e-6;

/** For a grid whose axes are the volume's, in whatever order and sense; null for any other. */
function sampleAlongAxes(
  volume: Volume,
  { dims }: SampleGrid,
  start: readonly number[],
  steps: readonly Vec3[],
  counts: readonly number[],
): Float32Array | null {
  const axes = steps.map((step, g) => {
    const along = [0, 1, 2].filter((axis) => Math.abs(step[axis]) * dims[g] > straight);
    return along.length === 1 ? along[0] : -1;
  });
  const [i, j, k] = [0, 1, 2].map((axis) => axes.indexOf(axis));
  if (i < 0 || j < 0 || k < 0) return null;
  const taps = (g: number) => {
    const axis = axes[g];
    const step = steps[g][axis];
    const offsets = Array.from({ length: counts[g] }, (_, n) => fraction(n, counts[g]) * step);
    return linearTaps(start[axis], step, dims[g], offsets, volume.dims[axis]);
  };
  const stride: Vec3 = [1, dims[0], dims[0] * dims[1]];
  return resampleAxes(volume, [taps(i), taps(j), taps(k)], [stride[i], stride[j], stride[k]]);
}

function samplePoints(
  volume: Volume,
  grid: SampleGrid,
  start: readonly number[],
  steps: readonly Vec3[],
  counts: readonly number[],
): Float32Array {
  const [na, nb, nc] = grid.dims;
  const offsets = Float64Array.from(subsampleOffsets(steps, counts));
  const out = new Float32Array(na * nb * nc);
  const [sa, sb, sc] = steps;
  const { voxels, dims } = volume;
  const [ni, nj] = dims;
  const [mi, mj, mk] = [dims[0] - 1, dims[1] - 1, dims[2] - 1];
  const plane = ni * nj;
  const n = offsets.length / 3;
  let at = 0;
  for (let c = 0; c < nc; c++) {
    for (let b = 0; b < nb; b++) {
      for (let a = 0; a < na; a++) {
        const pi = start[0] + a * sa[0] + b * sb[0] + c * sc[0];
        const pj = start[1] + a * sa[1] + b * sb[1] + c * sc[1];
        const pk = start[2] + a * sa[2] + b * sb[2] + c * sc[2];
        let sum = 0;
        for (let o = 0; o < offsets.length; o += 3) {
          let i = pi + offsets[o];
          let j = pj + offsets[o + 1];
          let k = pk + offsets[o + 2];
          if (i < 0) i = 0;
          else if (i > mi) i = mi;
          if (j < 0) j = 0;
          else if (j > mj) j = mj;
          if (k < 0) k = 0;
          else if (k > mk) k = mk;
          const i0 = i | 0;
          const j0 = j | 0;
          const k0 = k | 0;
          const fi = i - i0;
          const fj = j - j0;
          const fk = k - k0;
          const base = i0 + ni * j0 + plane * k0;
          const di = i0 < mi ? 1 : 0;
          const dj = j0 < mj ? ni : 0;
          const dk = k0 < mk ? plane : 0;
          const v00 = voxels[base] + fi * (voxels[base + di] - voxels[base]);
          const v10 = voxels[base + dj] + fi * (voxels[base + dj + di] - voxels[base + dj]);
          const v01 = voxels[base + dk] + fi * (voxels[base + dk + di] - voxels[base + dk]);
          const v11 = voxels[base + dk + dj] + fi * (voxels[base + dk + dj + di] - voxels[base + dk + dj]);
          const v0 = v00 + fj * (v10 - v00);
          sum += v0 + fk * (v01 + fj * (v11 - v01) - v0);
        }
        out[at++] = sum / n;
      }
    }
  }
  return out;
}

/** A step in mm as a step in voxel indices. */
function indexStep(volume: Volume, [x, y, z]: Vec3): [number, number, number] {
  const { spacing: s, direction: d } = volume;
  return [
    (x * d[0] + y * d[1] + z * d[2]) / s[0],
    (x * d[3] + y * d[4] + z * d[5]) / s[1],
    (x * d[6] + y * d[7] + z * d[8]) / s[2],
  ];
}

function subsamples(step: readonly number[], max: number): number {
  const voxels = Math.hypot(step[0], step[1], step[2]);
  return Math.min(max, Math.max(1, Math.ceil(voxels - 0.25)));
}

/** Where the nth of `count` subsamples lies in a step, from its middle. */
const fraction = (n: number, count: number) => (n + 0.5) / count - 0.5;

/** Index offsets, spread evenly over one cell of the grid and symmetric about its centre. */
function subsampleOffsets(steps: readonly (readonly number[])[], counts: readonly number[]): number[] {
  const offsets: number[] = [];
  for (let c = 0; c < counts[2]; c++) {
    for (let b = 0; b < counts[1]; b++) {
      for (let a = 0; a < counts[0]; a++) {
        for (let axis = 0; axis < 3; axis++) {
          offsets.push(
            fraction(a, counts[0]) * steps[0][axis] +
              fraction(b, counts[1]) * steps[1][axis] +
              fraction(c, counts[2]) * steps[2][axis],
          );
        }
      }
    }
  }
  return offsets;
}
