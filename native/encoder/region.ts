/** Where only a box was drawn: which points of a grid along the patient's axes the intensities show to be the lesion in it. */
import type { Box, Mask, Vec3, Volume } from '../volume/volume.ts';
import { connected, smoothed } from './fields.ts';
import { type BoxExtent, type SampleGrid, sampleVolume } from './sampling.ts';

export interface Region {
  readonly box: Box;
  readonly mask?: Mask | undefined;
}

/** What of the lesion's surroundings is sampled with it. */
export const marginMm = 6;
const contextMm = 4;
const finestStepMm = 0.8;
/** The grid has about this many points cubed, so that the time per lesion does not grow with its size. */
const pointsPerAxis = 40;

/** A lesion reaches beyond the ellipsoid fitted to it by so much at most. */
export const bulge = 1.25;

/**
 * What the intensities in and near the ellipsoid of an extent (see fittedExtent.ts) show to be the lesion, on an isotropic grid along
 * the patient's axes: a generous box and a close one agree on it.
 */
export function estimatedRegion(
  volume: Volume,
  extent: BoxExtent,
): { readonly volume: Volume; readonly mask: Mask } {
  const furthest = grown(extent, bulge, 0);
  const { grid, step } = gridAround(volume, furthest);
  const { dims, origin } = grid;
  const voxels = sampleVolume(volume, grid, 2);
  const near = ellipsoid(volume, extent, grid);
  const around = ellipsoid(volume, grown(extent, bulge, contextMm), grid);
  const bits = foreground(smoothed(voxels, dims), dims, near, around);
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  return {
    volume: { dims, spacing: [step, step, step], origin, direction, voxels },
    mask: { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits },
  };
}

function gridAround(volume: Volume, { center, half }: BoxExtent): { grid: SampleGrid; step: number } {
  const d = volume.direction;
  const reach = [0, 1, 2].map(
    (x) => Math.abs(d[x]) * half[0] + Math.abs(d[3 + x]) * half[1] + Math.abs(d[6 + x]) * half[2] + marginMm,
  );
  const step = Math.max(finestStepMm, (2 * Math.cbrt(reach[0] * reach[1] * reach[2])) / pointsPerAxis);
  // The grid is symmetric about the centre: mirrored storage of the same anatomy samples the same points.
  const [nx, ny, nz] = reach.map((r) => 2 * Math.ceil(r / step) + 1);
  const origin: Vec3 = [
    center[0] - ((nx - 1) / 2) * step,
    center[1] - ((ny - 1) / 2) * step,
    center[2] - ((nz - 1) / 2) * step,
  ];
  const steps = [
    [step, 0, 0],
    [0, step, 0],
    [0, 0, step],
  ] as const;
  return { grid: { dims: [nx, ny, nz], origin, steps }, step };
}

/** One byte for each of `n` points; TypedArray.from with a function takes many times as long. */
function bitsWhere(n: number, holds: (at: number) => boolean): Uint8Array {
  const bits = new Uint8Array(n);
  for (let at = 0; at < n; at++) if (holds(at)) bits[at] = 1;
  return bits;
}

function grown({ center, half }: BoxExtent, factor: number, mm: number): BoxExtent {
  return { center, half: [factor * half[0] + mm, factor * half[1] + mm, factor * half[2] + mm] };
}

/** Of every grid point, the squared radius in the ellipsoid that fits the box: 1 on its surface. */
function ellipsoid(volume: Volume, { center, half }: BoxExtent, grid: SampleGrid): Float32Array {
  const [nx, ny, nz] = grid.dims;
  const d = volume.direction;
  const out = new Float32Array(nx * ny * nz);
  const step = grid.steps[0][0];
  const from = grid.origin.map((o, axis) => o - center[axis]);
  /** Along each axis of the box, in its half edges: at the grid's first point, and by one step along x, y, z. */
  const axes = [0, 1, 2].map((axis) => {
    const unit = [0, 1, 2].map((x) => d[3 * axis + x] / half[axis]);
    const first = unit[0] * from[0] + unit[1] * from[1] + unit[2] * from[2];
    return { first, steps: unit.map((u) => u * step) };
  });
  const [sa, sb, sc] = axes.map(({ steps }) => steps[0]);
  let at = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const [a0, b0, c0] = axes.map(({ first, steps }) => first + y * steps[1] + z * steps[2]);
      for (let x = 0; x < nx; x++) {
        const a = a0 + x * sa;
        const b = b0 + x * sb;
        const c = c0 + x * sc;
        out[at++] = a * a + b * b + c * c;
      }
    }
  }
  return out;
}

/** A foreground must differ from its background by this much (HU) to be told apart; else the ellipsoid stands for it. */
const leastContrast = 60;
const [lowestHu, highestHu] = [-1000, 400];
const binHu = 10;
const coreRadius2 = 0.19;
/** Readers draw nodules generously: their border lies nearer to the background than half way. */
const borderFraction = 0.3;

/**
 * The lesion estimated near an ellipsoid (`radius2` ≤ 1), inside `bulge` times its radii: Otsu's threshold (IEEE TSMC 9, 1979) on the lightly
 * smoothed HU of the sampled surroundings (`context2` ≤ 1) parts two classes; the one that holds the core
 * is the lesion's. What lies on its side of the border level and is connected to the core is kept.
 */
function foreground(
  smooth: Float32Array,
  dims: Vec3,
  radius2: Float32Array,
  context2: Float32Array,
): Uint8Array {
  const whole = () => bitsWhere(smooth.length, (at) => radius2[at] <= 0.8);
  const histogram = new Float64Array((highestHu - lowestHu) / binHu + 1);
  const bin = (value: number) =>
    value <= lowestHu ? 0 : Math.floor((Math.min(highestHu, value) - lowestHu) / binHu + 0.5);
  let coreSum = 0;
  let coreCount = 0;
  for (let at = 0; at < smooth.length; at++) {
    if (context2[at] > 1) continue;
    histogram[bin(smooth[at])]++;
    if (radius2[at] > coreRadius2) continue;
    coreSum += smooth[at];
    coreCount++;
  }
  const split = otsu(histogram);
  if (coreCount === 0 || !split || (split.upperMean - split.lowerMean) * binHu < leastContrast)
    return whole();
  const core = bin(coreSum / coreCount);
  const bright = core > split.threshold;
  const background = bright ? split.lowerMean : split.upperMean;
  const level = background + borderFraction * (core - background);
  const candidates = new Uint8Array(smooth.length);
  const seeds = new Uint8Array(smooth.length);
  for (let at = 0; at < smooth.length; at++) {
    if (radius2[at] > bulge ** 2 || bin(smooth[at]) > level !== bright) continue;
    candidates[at] = 1;
    if (radius2[at] <= coreRadius2) seeds[at] = 1;
  }
  const inside = connected(candidates, seeds, dims);
  return inside.includes(1) ? inside : whole();
}

function otsu(histogram: Float64Array): { threshold: number; lowerMean: number; upperMean: number } | null {
  let count = 0;
  let sum = 0;
  for (const [value, n] of histogram.entries()) {
    count += n;
    sum += n * value;
  }
  let best: { threshold: number; lowerMean: number; upperMean: number } | null = null;
  let most = 0;
  let lower = 0;
  let lowerSum = 0;
  for (const [value, n] of histogram.entries()) {
    lower += n;
    lowerSum += n * value;
    if (lower === 0 || lower === count) continue;
    const lowerMean = lowerSum / lower;
    const upperMean = (sum - lowerSum) / (count - lower);
    const between = lower * (count - lower) * (upperMean - lowerMean) ** 2;
    if (between > most) {
      most = between;
      best = { threshold: value, lowerMean, upperMean };
    }
  }
  return best;
}
