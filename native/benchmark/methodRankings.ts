/**
 * How an evaluation ranks by each method of a library: fusions by weights that were fitted without the query's fold of patients, and
 * of methods whose scores compare with a record of what they found.
 */
import type { GalleryRow } from '../retrieval/gallery.ts';
import { type Method, scoresCompare } from '../retrieval/methods.ts';
import type { Probe, Sources } from '../retrieval/scope.ts';
import { Answers } from './answers.ts';
import type { Answer } from './calibration.ts';
import { crossFit, type LabelledCase, type Weights } from './crossFit.ts';
import type { Ranking } from './evaluate.ts';
import { methodRanking, QueryScopes } from './ranking.ts';

/** A lesion that asks and can be found. */
export interface EvaluatedCase {
  readonly row: GalleryRow;
  readonly class: string | null;
  readonly probe: Probe;
}
interface MethodRankings {
  /** Each by the method's name. */
  readonly rankings: Readonly<Record<string, Ranking>>;
  /** Filled while the rankings are asked. */
  readonly answers: ReadonlyMap<string, readonly Answer[]>;
  /** Fitted on all cases: for searches. */
  readonly weights: ReadonlyMap<string, Weights>;
}

/** Throws `cancelled`. */
export async function methodRankings(
  methods: readonly Method[],
  sources: Sources,
  cases: readonly EvaluatedCase[],
  signal?: AbortSignal,
): Promise<MethodRankings> {
  const rows = cases.map(({ row }) => row);
  const scopes = new QueryScopes(sources, rows);
  const probe = (query: number) => cases[query].probe;
  const patients = cases.map(({ row, class: own }) => ({ patient: row.patient, class: own }));
  const labelled = cases.filter((one): one is LabelledCase => one.class !== null);
  const rankings: Record<string, Ranking> = {};
  const answers = new Map<string, readonly Answer[]>();
  const weights = new Map<string, Weights>();
  for (const method of methods) {
    if (method.how === 'fusion' && method.by === 'weighted') {
      const { all, without } = await crossFit(method, sources, labelled, signal);
      weights.set(method.name, all);
      rankings[method.name] = methodRanking(method, scopes, (query): Probe => {
        return { ...probe(query), weights: without(rows[query].patient) };
      });
    } else if (scoresCompare(method)) {
      const own = new Answers(patients);
      answers.set(method.name, own.list);
      rankings[method.name] = methodRanking(method, scopes, probe, (query, found) =>
        own.record(query, found),
      );
    } else rankings[method.name] = methodRanking(method, scopes, probe);
  }
  return { rankings, answers, weights };
}
