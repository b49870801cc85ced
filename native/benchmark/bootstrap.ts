/** Means over queries with 95% intervals from bootstraps that resample patients, since lesions of a patient are alike. */
import { type Metrics, metricNames } from '../contract/model.ts';
import { createRandom } from '../random.ts';
import type { QueryFigures } from './metrics.ts';
import { quantile } from './quantile.ts';

/** The figures of one query with the patient and the class they belong to. */
export interface QueryResult {
  readonly patient: string;
  readonly class: string;
  readonly figures: QueryFigures;
}

export const bootstraps = 2000;
const seed = 20_260;

/** Metrics that are plain means over queries. */
const meanNames = metricNames.filter((name) => name !== 'macro-p@5');

/**
 * The mean of every metric over the queries, macro-p@5 as the mean over the query classes, each with the 2.5th and 97.5th
 * percentile of 2,000 seeded bootstraps by patient. In a bootstrap, macro-p@5 is the mean over the classes drawn. At least
 * one query is needed; the same queries give the same intervals.
 */
export function summarise(results: readonly QueryResult[]): Metrics {
  const table = tabulate(results);
  const once = new Uint32Array(table.patients).fill(1);
  const value = means(table, once);
  const samples = metricNames.map(() => new Float64Array(bootstraps));
  const random = createRandom(seed, 'bootstrap');
  const drawn = new Uint32Array(table.patients);
  for (let b = 0; b < bootstraps; b++) {
    drawn.fill(0);
    for (let i = 0; i < table.patients; i++) drawn[Math.floor(random.next() * table.patients)]++;
    for (const [m, mean] of means(table, drawn).entries()) samples[m][b] = mean;
  }
  return Object.fromEntries(
    metricNames.map((name, m) => {
      const sorted = samples[m].sort();
      return [name, { value: value[m], lo: quantile(sorted, 0.025), hi: quantile(sorted, 0.975) }];
    }),
  ) as Metrics;
}

/** Sums per patient, and per patient and class, so that a bootstrap costs one pass over the patients. */
interface Table {
  readonly patients: number;
  readonly classes: number;
  readonly queries: Uint32Array;
  /** One row of sums, `meanNames` wide, for each patient. */
  readonly sums: Float64Array;
  /** One entry for each pair of patient and class that occurs. */
  readonly cells: readonly {
    readonly patient: number;
    readonly class: number;
    queries: number;
    sum: number;
  }[];
}

function tabulate(results: readonly QueryResult[]): Table {
  const patients = new Map<string, number>();
  const classes = new Map<string, number>();
  for (const result of results) {
    if (!patients.has(result.patient)) patients.set(result.patient, patients.size);
    if (!classes.has(result.class)) classes.set(result.class, classes.size);
  }
  const queries = new Uint32Array(patients.size);
  const sums = new Float64Array(patients.size * meanNames.length);
  const cells = new Map<number, { patient: number; class: number; queries: number; sum: number }>();
  for (const result of results) {
    const patient = patients.get(result.patient) ?? 0;
    const group = classes.get(result.class) ?? 0;
    queries[patient]++;
    for (const [m, name] of meanNames.entries()) sums[patient * meanNames.length + m] += result.figures[name];
    const at = patient * classes.size + group;
    const cell = cells.get(at) ?? { patient, class: group, queries: 0, sum: 0 };
    cell.queries++;
    cell.sum += result.figures['p@5'];
    cells.set(at, cell);
  }
  return { patients: patients.size, classes: classes.size, queries, sums, cells: [...cells.values()] };
}

/** The metrics, in the order of `metricNames`, with each patient counted as often as it was drawn. */
function means(table: Table, drawn: Uint32Array): number[] {
  const width = meanNames.length;
  const totals = new Float64Array(width);
  let queries = 0;
  for (let p = 0; p < table.patients; p++) {
    const times = drawn[p];
    if (times === 0) continue;
    queries += times * table.queries[p];
    for (let m = 0; m < width; m++) totals[m] += times * table.sums[p * width + m];
  }
  const perClass = new Float64Array(table.classes);
  const count = new Uint32Array(table.classes);
  for (const cell of table.cells) {
    perClass[cell.class] += drawn[cell.patient] * cell.sum;
    count[cell.class] += drawn[cell.patient] * cell.queries;
  }
  let macro = 0;
  let present = 0;
  for (let c = 0; c < table.classes; c++) {
    if (count[c] === 0) continue;
    macro += perClass[c] / count[c];
    present++;
  }
  let next = 0;
  return metricNames.map((name) => (name === 'macro-p@5' ? macro / present : totals[next++] / queries));
}
