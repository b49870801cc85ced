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
    const { size } = patients;
    this.#groups = [...groups.keys()];
    this.#patients = size;
    this.#patientOf = Uint32Array.from(queries, ({ patient }) => patients.get(patient) ?? 0);
    this.#groupOf = Uint32Array.from(queries, ({ group }) => groups.get(group) ?? 0);
    this.#drawn = new Uint16Array(resamples * size);
    const draws = createRandom(seed, 'bootstrap');
    for (let b = 0; b < resamples; b++)
      for (let n = 0; n < size; n++) this.#drawn[b * size + Math.floor(draws.next() * size)]++;
  }

  /** The mean of each group that has a figure and, as `macro`, the mean of these means; NaN is no figure. */
  means(figures: Float64Array): Record<string, Interval> {
    const names = ['macro', ...this.#groups];
    const intervals = this.#intervals(figures, names.length);
    return Object.fromEntries(
      names.flatMap((name, at) => (Number.isNaN(intervals[at].value) ? [] : [[name, intervals[at]]])),
    );
  }

  /**
   * Compares two methods on the queries that both have a figure for: the macro difference with its bootstrap interval, and
   * the share of 10,000 random sign changes, one sign a patient, whose difference is at least as large. Undefined without
   * such a query.
   */
  compare(a: Float64Array, b: Float64Array): PairedTest | undefined {
    const differences = a.map((value, at) => value - b[at]);
    const [difference] = this.#intervals(differences, 1);
    if (Number.isNaN(difference.value)) return undefined;
    return { difference, p: this.#signPermutation(differences) };
  }

  /** Of the macro mean and, as far as `columns` go, of the groups'. */
  #intervals(figures: Float64Array, columns: number): Interval[] {
    const value = this.#means(figures, undefined, new Float64Array(this.#groups.length + 1));
    const samples = Array.from({ length: columns }, () => new Float64Array(resamples));
    const means = new Float64Array(value.length);
    for (let b = 0; b < resamples; b++) {
      this.#means(figures, b * this.#patients, means);
      for (let at = 0; at < columns; at++) samples[at][b] = means[at];
    }
    return samples.map((sample, at) => interval(value[at], sample));
  }

  #signPermutation(differences: Float64Array): number {
    const counts = new Float64Array(this.#groups.length);
    for (const [at, value] of differences.entries()) if (!Number.isNaN(value)) counts[this.#groupOf[at]]++;
    const groups = counts.filter((count) => count > 0).length;
    const parts = new Float64Array(this.#patients);
    for (const [at, value] of differences.entries())
      if (!Number.isNaN(value)) parts[this.#patientOf[at]] += value / (groups * counts[this.#groupOf[at]]);
    return signPermutation(parts.filter((part) => part !== 0));
  }

  /** Fills in the macro mean, then each group's, NaN where there is no figure; of the draws that begin at `row`, or of all once. */
  #means(figures: Float64Array, row: number | undefined, into: Float64Array): Float64Array {
    const counts = new Float64Array(this.#groups.length);
    into.fill(0);
    const [patientOf, groupOf, drawn] = [this.#patientOf, this.#groupOf, this.#drawn];
    for (let at = 0; at < figures.length; at++) {
      const times = row === undefined ? 1 : drawn[row + patientOf[at]];
      if (times === 0 || Number.isNaN(figures[at])) continue;
      into[1 + groupOf[at]] += times * figures[at];
      counts[groupOf[at]] += times;
    }
    let [sum, present] = [0, 0];
    for (let group = 0; group < counts.length; group++) {
      into[1 + group] /= counts[group];
      if (counts[group] === 0) continue;
      sum += into[1 + group];
      present++;
    }
    into[0] = sum / present;
    return into;
  }
}

/** Two-sided: were the methods equal, each patient's part of the difference would be as likely to be positive as negative. */
function signPermutation(parts: Float64Array): number {
  const observed = Math.abs(parts.reduce((sum, part) => sum + part, 0));
  const random = createRandom(seed, 'signs');
  let atLeast = 1;
  for (let n = 0; n < permutations; n++) {
    let sum = 0;
    let signs = 0;
    for (let at = 0; at < parts.length; at++) {
      // A draw has 32 bits: as many signs.
      if (at % 32 === 0) signs = (random.next() * 2 ** 32) | 0;
      sum += (2 * ((signs >> (at % 32)) & 1) - 1) * parts[at];
    }
    // Equal sums differ by rounding.
    if (Math.abs(sum) >= observed - 1e-12) atLeast++;
  }
  return atLeast / (permutations + 1);
}

function interval(value: number, samples: Float64Array): Interval {
  const sorted = samples.filter((sample) => !Number.isNaN(sample)).sort();
  return { value, lo: quantile(sorted, 0.025), hi: quantile(sorted, 0.975) };
}
