/**
 * Means over queries in groups (the organs of 3D-MIR, the classes of a library) and over the groups (macro), with 95%
 * intervals and paired tests that resample patients, since lesions of a patient are alike and a patient may be the query of
 * several groups.
 */
import type { Figure } from '../contract/model.ts';
import { createRandom } from '../random.ts';
import { quantile } from './quantile.ts';

/** `difference` is the macro mean of the first minus that of the second; `p` is two-sided. */
export interface PairedTest {
  readonly difference: Figure;
  readonly p: number;
}

export const bootstraps = 2000;
const permutations = 10_000;
const seed = 20_260;

/**
 * For each bootstrap how often each patient is drawn, in one array that is filled again. Seeded: the same for the same
 * `stream` and number of patients.
 */
export function* patientDraws(patients: number, stream = 'bootstrap'): Generator<Uint32Array> {
  const random = createRandom(seed, stream);
  const drawn = new Uint32Array(patients);
  for (let b = 0; b < bootstraps; b++) {
    drawn.fill(0);
    for (let n = 0; n < patients; n++) drawn[Math.floor(random.next() * patients)]++;
    yield drawn;
  }
}

/** The queries of one patient in one group: they are drawn together. */
interface Cell {
  readonly patient: number;
  readonly group: number;
}

/** Of the figures in each cell the sum, and how many there are. */
interface CellSums {
  readonly totals: Float64Array;
  readonly counts: Uint32Array;
}

export class PatientBootstrap {
  readonly #groups: readonly string[];
  readonly #patients: number;
  readonly #cells: readonly Cell[];
  /** The cell of each query. */
  readonly #cellOf: Uint32Array;

  /** @param queries in the order in which their figures will come */
  constructor(queries: readonly { readonly patient: string; readonly group: string }[]) {
    const places = (names: readonly string[]) => new Map([...new Set(names)].map((name, at) => [name, at]));
    const patients = places(queries.map(({ patient }) => patient));
    const groups = places(queries.map(({ group }) => group));
    this.#groups = [...groups.keys()];
    this.#patients = patients.size;
    const cells: Cell[] = [];
    const known = new Map<number, number>();
    this.#cellOf = Uint32Array.from(queries, (query) => {
      const cell = { patient: patients.get(query.patient) ?? 0, group: groups.get(query.group) ?? 0 };
      const name = cell.patient * groups.size + cell.group;
      const at = known.get(name) ?? cells.push(cell) - 1;
      known.set(name, at);
      return at;
    });
    this.#cells = cells;
  }

  /** The mean of each group that has a figure and, as `macro`, the mean of these means; NaN is no figure. */
  means(figures: Float64Array): Record<string, Figure> {
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
  #intervals(figures: Float64Array, columns: number): Figure[] {
    const sums = this.#cellSums(figures);
    const value = this.#means(sums, new Uint32Array(this.#patients).fill(1));
    const samples = Array.from({ length: columns }, () => new Float64Array(bootstraps));
    let b = 0;
    for (const drawn of patientDraws(this.#patients)) {
      const means = this.#means(sums, drawn);
      for (let at = 0; at < columns; at++) samples[at][b] = means[at];
      b++;
    }
    return samples.map((sample, at) => intervalOf(value[at], sample));
  }

  #signPermutation(differences: Float64Array): number {
    const { totals, counts } = this.#cellSums(differences);
    const perGroup = new Float64Array(this.#groups.length);
    for (const [at, { group }] of this.#cells.entries()) perGroup[group] += counts[at];
    const groups = perGroup.filter((count) => count > 0).length;
    const parts = new Float64Array(this.#patients);
    for (const [at, { patient, group }] of this.#cells.entries())
      if (counts[at] > 0) parts[patient] += totals[at] / (groups * perGroup[group]);
    return signPermutation(parts.filter((part) => part !== 0));
  }

  #cellSums(figures: Float64Array): CellSums {
    const totals = new Float64Array(this.#cells.length);
    const counts = new Uint32Array(this.#cells.length);
    for (const [at, figure] of figures.entries()) {
      if (Number.isNaN(figure)) continue;
      totals[this.#cellOf[at]] += figure;
      counts[this.#cellOf[at]]++;
    }
    return { totals, counts };
  }

  /** The macro mean, then each group's, NaN where there is no figure, with each patient as often as it was drawn. */
  #means({ totals, counts }: CellSums, drawn: Uint32Array): Float64Array {
    const means = new Float64Array(this.#groups.length + 1);
    const count = new Float64Array(this.#groups.length);
    for (const [at, { patient, group }] of this.#cells.entries()) {
      means[1 + group] += drawn[patient] * totals[at];
      count[group] += drawn[patient] * counts[at];
    }
    let [sum, present] = [0, 0];
    for (let group = 0; group < count.length; group++) {
      means[1 + group] /= count[group];
      if (count[group] === 0) continue;
      sum += means[1 + group];
      present++;
    }
    means[0] = sum / present;
    return means;
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

/** A value with the 2.5th and 97.5th percentile of its bootstraps; NaN is none. */
export function intervalOf(value: number, samples: Float64Array): Figure {
  const sorted = samples.filter((sample) => !Number.isNaN(sample)).sort();
  return { value, lo: quantile(sorted, 0.025), hi: quantile(sorted, 0.975) };
}
