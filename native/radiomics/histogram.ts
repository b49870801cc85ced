/** Intensity histogram features (IBSI ZVCW): statistics of the grey levels and of how often each occurs. */
import type { Feature } from './feature.ts';
import type { Levels } from './levels.ts';
import { type Sample, sampleFeatures, sampleOf } from './sample.ts';

export interface Histogram extends Sample {
  /** How many points have level n + 1. */
  readonly counts: Float64Array;
  /** The change of the counts at level n + 1: central differences, one-sided at the ends. */
  readonly gradient: Float64Array;
}

export function histogramOf({ levels, points, count }: Levels): Histogram {
  const values = new Float64Array(points.length);
  const counts = new Float64Array(count);
  for (let n = 0; n < points.length; n++) {
    values[n] = levels[points[n]];
    counts[values[n] - 1]++;
  }
  const last = count - 1;
  const gradient = counts.map((_, n) => {
    const [before, after] = [Math.max(0, n - 1), Math.min(last, n + 1)];
    return after > before ? (counts[after] - counts[before]) / (after - before) : 0;
  });
  return { ...sampleOf(values), counts, gradient };
}

function sumOfShares({ counts, sorted }: Histogram, of: (share: number) => number): number {
  let sum = 0;
  for (const n of counts) if (n > 0) sum += of(n / sorted.length);
  return sum;
}

/** The level of the first greatest number. */
const peakLevel = (numbers: Float64Array) => 1 + numbers.indexOf(greatest(numbers));
const greatest = (numbers: Float64Array) => numbers.reduce((most, value) => Math.max(most, value));
const negative = (numbers: Float64Array) => numbers.map((value) => -value);

/** Of levels that are equally frequent the one nearest to the mean. */
function mode({ counts, mean }: Histogram): number {
  const most = greatest(counts);
  let best = Number.POSITIVE_INFINITY;
  for (const [n, count] of counts.entries()) {
    if (count === most && Math.abs(n + 1 - mean) < Math.abs(best - mean)) best = n + 1;
  }
  return best;
}

const row = (
  code: string,
  unit: string,
  what: string,
  formula: (histogram: Histogram) => number,
): Feature => ({
  code,
  family: 'intensity histogram',
  unit,
  what,
  of: ({ histogram }) => formula(histogram),
  degenerate: 0,
});

export const histogramFeatures = {
  ...sampleFeatures('ih_', 'intensity histogram', 'level', (m) => m.histogram, {
    mean: 'X6K6',
    var: 'CH89',
    skew: '88K1',
    kurt: 'C3I7',
    median: 'WIFQ',
    min: '1PR8',
    p10: 'GPMT',
    p90: 'OZ0C',
    max: '3NCY',
    iqr: 'WR0O',
    range: '5Z3W',
    mad: 'D2ZX',
    rmad: 'WRZB',
    medad: '4RNL',
    cov: 'CWYJ',
    qcod: 'SLWD',
  }),
  ih_mode: row('AMMC', 'level', 'most frequent level', mode),
  ih_entropy: row('TLU2', 'bit', '−Σ p log₂ p', (h) => sumOfShares(h, (p) => -p * Math.log2(p))),
  ih_uniformity: row('BJ5W', '1', 'Σ p²', (h) => sumOfShares(h, (p) => p * p)),
  ih_max_grad: row('12CE', 'points', 'greatest gradient of the counts', (h) => greatest(h.gradient)),
  ih_max_grad_g: row('8E6O', 'level', 'level of the greatest gradient', (h) => peakLevel(h.gradient)),
  ih_min_grad: row('VQB3', 'points', 'least gradient of the counts', (h) => -greatest(negative(h.gradient))),
  ih_min_grad_g: row('RHQZ', 'level', 'level of the least gradient', (h) => peakLevel(negative(h.gradient))),
} as const;
