/** Statistics of a set of numbers, the same for intensities (IBSI UHIW) and their discretised levels (IBSI ZVCW). */
import type { Family, Feature, Measured } from './feature.ts';

export interface Sample {
  readonly sorted: Float64Array;
  readonly mean: number;
  /** Central moments of order 2, 3, 4. */
  readonly moments: readonly [number, number, number];
}

/** What the statistics are taken from, of at least one number; the array is sorted in place. */
export function sampleOf(values: Float64Array): Sample {
  const sorted = values.sort();
  const n = sorted.length;
  let sum = 0;
  for (const value of sorted) sum += value;
  const mean = sum / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (const value of sorted) {
    const d = value - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  return { sorted, mean, moments: [m2 / n, m3 / n, m4 / n] };
}

/** The value below which a share p of the sample lies, interpolated linearly between order statistics. */
function percentile({ sorted }: Sample, p: number): number {
  const place = (sorted.length - 1) * p;
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function meanOf({ sorted }: Sample, of: (value: number) => number): number {
  let sum = 0;
  for (const value of sorted) sum += of(value);
  return sum / sorted.length;
}

function robustDeviation(sample: Sample): number {
  const [low, high] = [percentile(sample, 0.1), percentile(sample, 0.9)];
  const kept = sample.sorted.filter((value) => value >= low && value <= high);
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  return kept.reduce((sum, value) => sum + Math.abs(value - mean), 0) / kept.length;
}

/** `unit` as a power of the values' unit: 0 none, 1 theirs, 2 its square. */
const formulas = {
  mean: { unit: 1, what: 'mean μ', of: (s: Sample) => s.mean },
  var: { unit: 2, what: 'variance σ², divided by n', of: (s: Sample) => s.moments[0] },
  skew: { unit: 0, what: 'third central moment / σ³', of: (s: Sample) => s.moments[1] / s.moments[0] ** 1.5 },
  kurt: {
    unit: 0,
    what: 'fourth central moment / σ⁴ − 3',
    of: (s: Sample) => s.moments[2] / s.moments[0] ** 2 - 3,
  },
  median: { unit: 1, what: 'median', of: (s: Sample) => percentile(s, 0.5) },
  min: { unit: 1, what: 'least value', of: (s: Sample) => s.sorted[0] },
  p10: { unit: 1, what: '10th percentile P10', of: (s: Sample) => percentile(s, 0.1) },
  p90: { unit: 1, what: '90th percentile P90', of: (s: Sample) => percentile(s, 0.9) },
  max: { unit: 1, what: 'greatest value', of: (s: Sample) => s.sorted[s.sorted.length - 1] },
  iqr: { unit: 1, what: 'P75 − P25', of: (s: Sample) => percentile(s, 0.75) - percentile(s, 0.25) },
  range: {
    unit: 1,
    what: 'greatest − least',
    of: (s: Sample) => s.sorted[s.sorted.length - 1] - s.sorted[0],
  },
  mad: { unit: 1, what: 'mean |x − μ|', of: (s: Sample) => meanOf(s, (x) => Math.abs(x - s.mean)) },
  rmad: { unit: 1, what: 'mean |x − mean| of the values from P10 to P90', of: robustDeviation },
  medad: {
    unit: 1,
    what: 'mean |x − median|',
    of: (s: Sample) => {
      const median = percentile(s, 0.5);
      return meanOf(s, (x) => Math.abs(x - median));
    },
  },
  cov: { unit: 0, what: 'σ / μ', of: (s: Sample) => Math.sqrt(s.moments[0]) / s.mean },
  qcod: {
    unit: 0,
    what: '(P75 − P25) / (P75 + P25)',
    of: (s: Sample) => {
      const [low, high] = [percentile(s, 0.25), percentile(s, 0.75)];
      return (high - low) / (high + low);
    },
  },
} as const;
export type Statistic = keyof typeof formulas;

/** One row for each statistic of a family's sample. */
export function sampleFeatures<P extends string>(
  prefix: P,
  family: Family,
  unit: string,
  sample: (measured: Measured) => Sample,
  codes: Readonly<Record<Statistic, string>>,
): Record<`${P}${Statistic}`, Feature> {
  const units = ['1', unit, `${unit}²`];
  const rows = (Object.keys(formulas) as Statistic[]).map((name) => {
    const { unit: power, what, of } = formulas[name];
    const row: Feature = {
      code: codes[name],
      family,
      unit: units[power],
      what,
      of: (measured) => of(sample(measured)),
      degenerate: 0,
    };
    return [`${prefix}${name}`, row];
  });
  return Object.fromEntries(rows) as Record<`${P}${Statistic}`, Feature>;
}

export const intensityFeatures = {
  ...sampleFeatures('stat_', 'intensity statistics', 'HU', (m) => m.intensities, {
    mean: 'Q4LE',
    var: 'ECT3',
    skew: 'KE2A',
    kurt: 'IPH6',
    median: 'Y12H',
    min: '1GSF',
    p10: 'QG58',
    p90: '8DWT',
    max: '84IY',
    iqr: 'SALO',
    range: '2OJQ',
    mad: '4FUA',
    rmad: '1128',
    medad: 'N72L',
    cov: '7TET',
    qcod: '9S40',
  }),
  stat_energy: intensity('N8CA', 'HU²', 'Σ x²', (s) => meanOf(s, (x) => x * x) * s.sorted.length),
  stat_rms: intensity('5ZWQ', 'HU', '√(mean x²)', (s) => Math.sqrt(meanOf(s, (x) => x * x))),
} as const;

function intensity(code: string, unit: string, what: string, formula: (sample: Sample) => number): Feature {
  return {
    code,
    family: 'intensity statistics',
    unit,
    what,
    of: ({ intensities }) => formula(intensities),
    degenerate: 0,
  };
}
