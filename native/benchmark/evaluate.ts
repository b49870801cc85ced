/**
 * The evaluation of methods on a labelled library: every lesion of a class queries the lesions of the other patients, and a
 * hit is relevant when it has the query's class. Definitions: docs/evaluation.md, "How `evaluate` counts".
 */
import type { Evaluation } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Metrics } from '../contract/model.ts';
import { Turns } from '../process/turns.ts';
import { type ClassRange, classOf } from './classes.ts';
import { expectedFigures, type QueryFigures, rankedFigures, type TieGroup } from './metrics.ts';
import { PatientBootstrap } from './patientBootstrap.ts';
import { type QueryResult, summarise } from './summarise.ts';

/** One lesion with an embedding. */
export interface Case {
  /** The identity key; a query never meets lesions of its own patient. */
  readonly patient: string;
  /** The value of the evaluated field, where the lesion has it. */
  readonly value: string | undefined;
  /** False keeps the lesion from being a query (`--queries`) or from being found (`--gallery`). */
  readonly query?: boolean;
  readonly gallery?: boolean;
}

/**
 * Orders a gallery for a query, the most similar first. `query` and the entries of `gallery` (ascending) are indices into
 * the cases; the result holds no entry of `gallery` twice. What it leaves out comes after it in no order.
 */
export type Ranking = (query: number, gallery: Int32Array) => ArrayLike<number>;

interface EvaluationRequest {
  readonly field: string;
  readonly cases: readonly Case[];
  readonly classes?: readonly ClassRange[];
  readonly methods: Readonly<Record<string, Ranking>>;
  /** The method that is compared with every other, where it is among them. */
  readonly compared?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** `n` queries counted, `skipped` had nothing relevant in their gallery; `classes` counts both together. */
export type EvaluationResult = Pick<
  Evaluation,
  'field' | 'n' | 'skipped' | 'classes' | 'methods' | 'baselines' | 'comparisons' | 'confusion'
>;

/** Hits of a query whose classes are counted. */
const confusionDepth = 5;

/** @throws PrecedentError `usage` when no query can be scored, `cancelled` when the signal says so. */
export async function evaluate(request: EvaluationRequest): Promise<EvaluationResult> {
  const { field, cases, methods, signal, onProgress } = request;
  const classes = cases.map((item) => classOf(item.value, request.classes));
  const queries = indices(cases.length, (i) => classes[i] !== null && cases[i].query !== false);
  const gallery = indices(cases.length, (i) => classes[i] !== null && cases[i].gallery !== false);

  const results = new Map<string, QueryResult[]>(Object.keys(methods).map((name) => [name, []]));
  const confusion = new Map(
    Object.keys(methods).map((name) => [name, new Map<string, Map<string, number>>()]),
  );
  const random: QueryResult[] = [];
  const majority: QueryResult[] = [];
  const classCounts = new Map<string, number>();
  const whole = countClasses(gallery, classes);
  const byPatient = Map.groupBy(gallery, (i) => cases[i].patient);
  let skipped = 0;
  const turns = new Turns(signal);

  for (const [done, query] of queries.entries()) {
    const own = classes[query];
    if (own === null) continue;
    classCounts.set(own, (classCounts.get(own) ?? 0) + 1);
    const { patient } = cases[query];
    const counts = new Map(whole);
    for (const i of byPatient.get(patient) ?? []) decrement(counts, classes[i]);
    if ((counts.get(own) ?? 0) === 0) {
      skipped++;
      continue;
    }
    const record = (list: QueryResult[] | undefined, figures: QueryFigures) =>
      list?.push({ patient, class: own, figures });
    record(random, expectedFigures([sumGroups(counts, own)]));
    record(majority, expectedFigures(majorityGroups(counts, own)));
    const others = Int32Array.from(gallery.filter((i) => cases[i].patient !== patient));
    for (const [name, ranking] of Object.entries(methods)) {
      const ranked = ranking(query, others);
      record(results.get(name), figuresOf(name, ranked, others, classes, own));
      countHits(confusion.get(name), own, ranked, classes);
      if (turns.due) onProgress?.(done, queries.length);
      await turns.pass();
    }
  }
  if (random.length === 0) {
    throw new PrecedentError(
      'usage',
      `no lesion of one patient shares a value of "${field}" with a lesion of another patient`,
      undefined,
      'choose a field that is labelled, or other classes',
    );
  }
  onProgress?.(queries.length, queries.length);
  const summaries: Record<string, Metrics> = {};
  for (const [name, list] of results) {
    summaries[name] = summarise(list);
    await turns.pass();
  }
  return {
    field,
    n: random.length,
    skipped,
    classes: Object.fromEntries(classCounts),
    methods: summaries,
    baselines: { random: summarise(random), majority: summarise(majority) },
    comparisons: request.compared === undefined ? [] : await compare(request.compared, results, turns),
    confusion: Object.fromEntries(
      Array.from(confusion, ([name, rows]) => [
        name,
        Object.fromEntries(Array.from(rows, ([own, counts]) => [own, Object.fromEntries(counts)])),
      ]),
    ),
  };
}

/** Query by query, so that what makes a query easy or hard for both counts for neither; intervals by patient. */
async function compare(
  method: string,
  results: ReadonlyMap<string, readonly QueryResult[]>,
  turns: Turns,
): Promise<Evaluation['comparisons']> {
  const own = results.get(method);
  if (!own) return [];
  const bootstrap = new PatientBootstrap(own.map(({ patient }) => ({ patient, group: '' })));
  const comparisons: Evaluation['comparisons'] = [];
  for (const [other, theirs] of results) {
    if (other === method) continue;
    const difference = (of: 'p@5' | 'ap') =>
      bootstrap.means(Float64Array.from(own, ({ figures }, at) => figures[of] - theirs[at].figures[of]))
        .macro;
    comparisons.push({ method, other, 'p@5': difference('p@5'), ap: difference('ap') });
    await turns.pass();
  }
  return comparisons;
}

function countHits(
  rows: Map<string, Map<string, number>> | undefined,
  own: string,
  ranked: ArrayLike<number>,
  classes: readonly (string | null)[],
): void {
  const counts = rows?.get(own) ?? new Map<string, number>();
  for (let at = 0; at < Math.min(confusionDepth, ranked.length); at++) {
    const found = classes[ranked[at]];
    if (found !== null) counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  rows?.set(own, counts);
}

function indices(count: number, keep: (i: number) => boolean): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(keep);
}

function countClasses(gallery: readonly number[], classes: readonly (string | null)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const i of gallery) {
    const name = classes[i];
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function decrement(counts: Map<string, number>, name: string | null): void {
  if (name !== null) counts.set(name, (counts.get(name) ?? 0) - 1);
}

function sumGroups(counts: ReadonlyMap<string, number>, own: string): TieGroup {
  let size = 0;
  for (const count of counts.values()) size += count;
  return { size, relevant: counts.get(own) ?? 0 };
}

/** The gallery by falling frequency of its classes; lesions of equally frequent classes are tied. */
function majorityGroups(counts: ReadonlyMap<string, number>, own: string): TieGroup[] {
  const byFrequency = Map.groupBy(counts, ([, count]) => count);
  return [...byFrequency.entries()]
    .filter(([count]) => count > 0)
    .sort(([a], [b]) => b - a)
    .map(([count, tied]) => ({
      size: count * tied.length,
      relevant: tied.some(([name]) => name === own) ? count : 0,
    }));
}

/** @throws PrecedentError `internal` when the ranking holds what is not in the gallery, or something twice. */
function figuresOf(
  method: string,
  ranked: ArrayLike<number>,
  gallery: Int32Array,
  classes: readonly (string | null)[],
  own: string,
): QueryFigures {
  const unranked = new Uint8Array(classes.length);
  for (const i of gallery) unranked[i] = 1;
  const relevance = new Uint8Array(ranked.length);
  for (let at = 0; at < ranked.length; at++) {
    if (unranked[ranked[at]] !== 1) {
      throw new PrecedentError(
        'internal',
        `the method "${method}" ranked what is not in the gallery, or something twice`,
      );
    }
    unranked[ranked[at]] = 0;
    relevance[at] = classes[ranked[at]] === own ? 1 : 0;
  }
  if (ranked.length === gallery.length) return rankedFigures(relevance);
  const left = gallery.filter((i) => unranked[i] === 1);
  const singles = Array.from(relevance, (relevant): TieGroup => ({ size: 1, relevant }));
  return expectedFigures([
    ...singles,
    { size: left.length, relevant: left.filter((i) => classes[i] === own).length },
  ]);
}
