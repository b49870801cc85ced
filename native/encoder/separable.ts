/** Resampling along a volume's own axes, one axis after the other: the same sums as point by point, in a fraction of the time. */
import type { Vec3, Volume } from '../volume/volume.ts';

/** Along one axis of the volume: how each output is weighted from the voxels that follow `first`. */
export interface Taps {
  /** For each output, the index of the first voxel that it is made of. */
  readonly first: Int32Array;
  /** For each output, `width` weights. */
  readonly weights: Float64Array;
  readonly width: number;
  /** The voxels that any output is made of: from `low` up to and with `high`. */
  readonly low: number;
  readonly high: number;
}

/**
 * Taps for linear interpolation at start + n·step + offset (voxel indices), averaged over the offsets; beyond the first
 * and last of `size` voxels their values go on.
 */
export function linearTaps(
  start: number,
  step: number,
  count: number,
  offsets: readonly number[],
  size: number,
): Taps {
  const last = size - 1;
  const clamp = (p: number) => (p < 0 ? 0 : p > last ? last : p);
  const reach = Math.max(...offsets) - Math.min(...offsets);
  const width = Math.min(size, Math.ceil(reach) + 2);
  const first = new Int32Array(count);
  const weights = new Float64Array(count * width);
  let [low, high] = [last, 0];
  for (let n = 0; n < count; n++) {
    const at = start + n * step;
    const from = Math.min(clamp(at + Math.min(...offsets)) | 0, size - width);
    first[n] = from;
    for (const offset of offsets) {
      const p = clamp(at + offset);
      const whole = p | 0;
      const part = p - whole;
      weights[n * width + whole - from] += (1 - part) / offsets.length;
      if (part > 0) weights[n * width + whole + 1 - from] += part / offsets.length;
    }
    if (from < low) low = from;
    if (from + width - 1 > high) high = from + width - 1;
  }
  return { first, weights, width, low, high };
}

/** The volume resampled by the taps of its three axes; output (i, j, k) is written at i·stride[0] + j·stride[1] + k·stride[2]. */
export function resampleAxes(
  { voxels, dims: [ni, nj] }: Volume,
  [alongI, alongJ, alongK]: readonly [Taps, Taps, Taps],
  stride: Vec3,
): Float32Array {
  const [ci, cj, ck] = [alongI.first.length, alongJ.first.length, alongK.first.length];
  const columns = alongI.high - alongI.low + 1;
  const rows = alongJ.high - alongJ.low + 1;
  const slab = new Float64Array(rows * columns);
  const line = new Float64Array(columns);
  const out = new Float32Array(ci * cj * ck);
  for (let k = 0; k < ck; k++) {
    // Across slices, for the rows and columns that are needed at all.
    slab.fill(0);
    for (let t = 0; t < alongK.width; t++) {
      const weight = alongK.weights[k * alongK.width + t];
      if (weight === 0) continue;
      const slice = ni * nj * (alongK.first[k] + t);
      for (let j = 0, to = 0; j < rows; j++) {
        const end = to + columns;
        for (let from = slice + ni * (alongJ.low + j) + alongI.low; to < end; to++, from++)
          slab[to] += weight * voxels[from];
      }
    }
    for (let j = 0; j < cj; j++) {
      line.fill(0);
      for (let t = 0; t < alongJ.width; t++) {
        const weight = alongJ.weights[j * alongJ.width + t];
        if (weight === 0) continue;
        const from = columns * (alongJ.first[j] + t - alongJ.low);
        for (let i = 0; i < columns; i++) line[i] += weight * slab[from + i];
      }
      const to = j * stride[1] + k * stride[2];
      for (let i = 0; i < ci; i++) {
        const from = alongI.first[i] - alongI.low;
        let sum = 0;
        for (let t = 0; t < alongI.width; t++) sum += alongI.weights[i * alongI.width + t] * line[from + t];
        out[to + i * stride[0]] = sum;
      }
    }
  }
  return out;
}
