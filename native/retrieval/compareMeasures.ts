/** What two lesions measure, side by side, and how unusual each difference is in a library. */
import type { ComparedMeasure } from '../contract/explain.ts';

export type Value = number | string;
/** What is known of a lesion, by the names of the measures. */
export type Facts = Readonly<Record<string, Value | undefined>>;

export interface Measure {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** Sizes, above 0, differ by their ratio: 5 mm are as far from 10 mm as 10 mm from 20 mm. */
  readonly ratio?: true;
}
export interface SampledLesion {
  readonly patient: string;
  readonly facts: Facts;
}

/** A difference beyond this share of the pairs' is large. */
const largeFrom = 0.75;

/**
 * Each measure that at least one of the two has. Its `percentile` is the share of all pairs of sampled lesions of different
 * patients whose difference is smaller, 0…1: the absolute difference, of sizes that of the logarithms, of words 1 where they
 * differ. It is absent where one of the two is unknown or no pair has the measure.
 */
export function compareMeasures(
  measures: readonly Measure[],
  query: Facts,
  hit: Facts,
  sample: readonly SampledLesion[],
): ComparedMeasure[] {
  return measures.flatMap((measure) => {
    const { name, title, unit } = measure;
    const [a, b] = [query[name], hit[name]];
    if (a === undefined && b === undefined) return [];
    const own = difference(measure, a, b);
    const percentile = own === undefined ? undefined : shareSmaller(measure, own, sample);
    const large = percentile !== undefined && percentile >= largeFrom;
    return [{ name, title, unit, query: a, hit: b, percentile, large }];
  });
}

function shareSmaller(measure: Measure, own: number, sample: readonly SampledLesion[]): number | undefined {
  let [pairs, smaller] = [0, 0];
  for (const [n, one] of sample.entries()) {
    for (const other of sample.slice(n + 1)) {
      if (one.patient === other.patient) continue;
      const between = difference(measure, one.facts[measure.name], other.facts[measure.name]);
      if (between === undefined) continue;
      pairs++;
      if (between < own) smaller++;
    }
  }
  return pairs === 0 ? undefined : smaller / pairs;
}

function difference({ ratio }: Measure, a: Value | undefined, b: Value | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (typeof a === 'string' || typeof b === 'string') return a === b ? 0 : 1;
  if (!ratio) return Math.abs(a - b);
  return a > 0 && b > 0 ? Math.abs(Math.log(a / b)) : undefined;
}
