/** Intensity-volume histogram features (IBSI P88C): how much of the region has at least a given intensity. */
import type { Feature } from './feature.ts';
import { binning, extremes } from './levels.ts';
import type { Region } from './region.ts';

/**
 * The intensities that the curve is drawn over. `whole`: every whole HU between the ends of `range`, or the region's own;
 * `width`: the centres of bins of that width over `range`; `bins`: the numbers of so many bins between the region's extremes.
 */
export type VolumeAxis =
  | { readonly whole: true; readonly range?: readonly [number, number] }
  | { readonly width: number; readonly range: readonly [number, number] }
  | { readonly bins: number };

export interface VolumeHistogram {
  /** Ascending, evenly spaced. */
  readonly intensity: Float64Array;
  /** The share of the region that has at least that intensity. */
  readonly volume: Float64Array;
}

export function volumeHistogramOf({ values, points }: Region, axis: VolumeAxis): VolumeHistogram {
  const { placeOf, intensityAt, n } = axisOf(values, points, axis);
  const counts = new Float64Array(n);
  for (const at of points) counts[Math.min(n - 1, Math.max(0, placeOf(values[at])))]++;
  const volume = new Float64Array(n);
  let above = 0;
  for (let place = n - 1; place >= 0; place--) {
    above += counts[place];
    volume[place] = above / points.length;
  }
  return { intensity: volume.map((_, place) => intensityAt(place)), volume };
}

function axisOf(values: Float32Array, points: Int32Array, axis: VolumeAxis) {
  if ('whole' in axis) {
    const [low, high] = axis.range ?? extremes(values, points);
    return {
      n: Math.floor(high - low) + 1,
      // A value between two places has at least the intensity of the lower one.
      placeOf: (value: number) => Math.floor(value - low),
      intensityAt: (place: number) => low + place,
    };
  }
  if ('width' in axis) {
    const { width, range } = axis;
    return {
      n: Math.ceil((range[1] - range[0]) / width),
      placeOf: (value: number) => Math.floor((value - range[0]) / width),
      intensityAt: (place: number) => range[0] + (place + 0.5) * width,
    };
  }
  const binOf = binning(values, points, axis);
  return {
    n: axis.bins,
    placeOf: (value: number) => binOf(value) - 1,
    intensityAt: (place: number) => place + 1,
  };
}

/** The share of the region with at least a share of the intensities between the axis' ends. */
function volumeAt({ intensity, volume }: VolumeHistogram, share: number): number {
  const last = intensity.length - 1;
  const place = intensity.findIndex(
    (x) => x - intensity[0] >= share * (intensity[last] - intensity[0]) - 1e-9,
  );
  return volume[place];
}

/** The least intensity that at most a share of the region has; the end of the axis where more of it lies there. */
function intensityAt({ intensity, volume }: VolumeHistogram, share: number): number {
  const place = volume.findIndex((v) => v <= share);
  return intensity[place < 0 ? intensity.length - 1 : place];
}

const row = (code: string, unit: string, what: string, formula: (h: VolumeHistogram) => number): Feature => ({
  code,
  family: 'intensity-volume histogram',
  unit,
  what,
  of: ({ volumeHistogram }) => formula(volumeHistogram),
  degenerate: 0,
});

export const volumeHistogramFeatures = {
  ivh_v10: row('NK6P', '1', 'volume share at 10% of the intensities', (h) => volumeAt(h, 0.1)),
  ivh_v90: row('4279', '1', 'volume share at 90% of the intensities', (h) => volumeAt(h, 0.9)),
  ivh_i10: row('PWN1', 'HU', 'least intensity of at most 10% of the volume', (h) => intensityAt(h, 0.1)),
  ivh_i90: row('BOHI', 'HU', 'least intensity of at most 90% of the volume', (h) => intensityAt(h, 0.9)),
  ivh_diff_v10_v90: row(
    'WITY',
    '1',
    'difference of the two volume shares',
    (h) => volumeAt(h, 0.1) - volumeAt(h, 0.9),
  ),
  ivh_diff_i10_i90: row(
    'JXJA',
    'HU',
    'difference of the two intensities',
    (h) => intensityAt(h, 0.1) - intensityAt(h, 0.9),
  ),
} as const;
