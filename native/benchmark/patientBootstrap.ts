/**
 * Means over queries in groups (the organs of 3D-MIR) and over the groups (macro), with 95% intervals and paired tests that
 * resample patients, since a patient may be the query of several groups.
 */
import { createRandom } from '../random.ts';
import { quantile } from './quantile.ts';

export interface Interval {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** `difference` is the macro mean of the first minus that of the second; `p` is two-sided. */
export interface PairedTest {
  readonly difference: Interval;
  readonly p: number;
}

export const resamples = 2000;
export const permutations = 10_000;
const seed = 20_260;

export class PatientBootstrap {
  readonly #groups: readonly string[];
  readonly #patientOf: Uint32Array;
  readonly #groupOf: Uint32Array;
  readonly #patients: number;
  /** How often each patient was drawn, one row for each resample. */
  readonly #drawn: Uint16Array;

  /** @param queries in the order in which their figures will come */
  constructor(queries: readonly { readonly patient: string; readonly group: string }[]) {
    const places = (names: readonly string[]) => new Map([...new Set(names)].map((name, at) => [name, at]));
    const patients = places(queries.map(({ patient }) => patient));
    const groups = places(queries.map(({ group }) => group));
    this.#groups = [...groups.keys()];
    this.#patients = patients.size;
    this.#patientOf = Uint32Array.from(queries, ({ patient }) => patients.get(patient) ?? 0);
    this.#groupOf = Uint32Array.from(queries, ({ group }) => groups.get(group) ?? 0);
    this.#drawn = new Uint16Array(resamples * patients.size);
    const random = createRandom(seed, 'bootstrap');
    for (let b = 0; b < resamples; b++) {
      for (let n = 0; n < patients.size; n++)
        this.#drawn[b * patients.size + Math.floor(random.next() * patients.size)]++;
    }
  }

  /** The mean of each group that has a figure and, as `macro`, the mean of these means; NaN is no figure. */
  means(figures: Float64Array): Record<string, Interval> {
    const value = this.#means(figures, undefined);
    const samples = value.map(() => new Float64Array(resamples));
    for (let b = 0; b < resamples; b++) {
      const drawn = this.#drawn.subarray(b * this.#patients, (b + 1) * this.#patients);
      for (const [at, mean] of this.#means(figures, drawn).entries()) samples[at][b] = mean;
    }
    const names = ['macro', ...this.#groups];
    return Object.fromEntries(
      names.flatMap((name, at) =>
        Number.isNaN(value[at]) ? [] : [[name, interval(value[at], samples[at])]],
      ),
    );
  }

  /**
   * Compares two methods on the queries that both have a figure for: the macro difference with its bootstrap interval, and
   * the share of 10,000 random sign changes, one sign a patient, whose difference is at least as large.
   */
  compare(a: Float64Array, b: Float64Array): PairedTest | undefined {
    const differences = a.map((value, at) => value - b[at]);
    const { macro } = this.means(differences);
    if (!macro) return undefined;
    const counts = new Float64Array(this.#groups.length);
    for (const [at, value] of differences.entries()) if (!Number.isNaN(value)) counts[this.#groupOf[at]]++;
    const groups = counts.filter((count) => count > 0).length;
    const parts = new Float64Array(this.#patients);
    for (const [at, value] of differences.entries()) {
      if (!Number.isNaN(value)) parts[this.#patientOf[at]] += value / (groups * counts[this.#groupOf[at]]);
    }
    return { difference: macro, p: signPermutation(parts.filter((part) => part !== 0)) };
  }

  /** Macro, then each group; NaN where there is no figure. */
  #means(figures: Float64Array, drawn: Uint16Array | undefined): number[] {
    const sums = new Float64Array(this.#groups.length);
    const counts = new Float64Array(this.#groups.length);
    for (const [at, value] of figures.entries()) {
      const times = drawn ? drawn[this.#patientOf[at]] : 1;
      if (times === 0 || Number.isNaN(value)) continue;
      sums[this.#groupOf[at]] += times * value;
      counts[this.#groupOf[at]] += times;
    }
    const means = Array.from(sums, (sum, group) => sum / counts[group]);
    const present = means.filter((mean) => !Number.isNaN(mean));
    return [present.reduce((sum, mean) => sum + mean, 0) / present.length, ...means];
  }
}

/** Of the sum of independent parts, each of which is as likely to be positive as negative if nothing differs; two-sided. */
function signPermutation(parts: Float64Array): number {
  const observed = Math.abs(parts.reduce((sum, part) => sum + part, 0));
  const random = createRandom(seed, 'signs');
  let atLeast = 1;
  for (let n = 0; n < permutations; n++) {
    let sum = 0;
    for (const part of parts) sum += random.next() < 0.5 ? part : -part;
    // Equal sums differ by rounding.
    if (Math.abs(sum) >= observed - 1e-12) atLeast++;
  }
  return atLeast / (permutations + 1);
}

function interval(value: number, samples: Float64Array): Interval {
  const sorted = samples.filter((sample) => !Number.isNaN(sample)).sort();
  return { value, lo: quantile(sorted, 0.025), hi: quantile(sorted, 0.975) };
}
