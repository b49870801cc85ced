/** The weights of a fusion, fitted on a library's labelled lesions, and for honest figures fitted anew without each patient. */
import { scaledScores } from '../retrieval/fuse.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import { type FusionMethod, methodNamed } from '../retrieval/methods.ts';
import { rank } from '../retrieval/rank/rank.ts';
import { type Probe, runnable, Scope, type Sources } from '../retrieval/scope.ts';
import { ranked } from '../retrieval/scored.ts';
import { type FittedQuery, fitFusion } from './fitFusion.ts';
import { folds, foldsOf } from './folds.ts';

/** A lesion with a class, as a query and as something to find. */
export interface LabelledCase {
  readonly row: GalleryRow;
  readonly class: string;
  readonly probe: Probe;
}
export type Weights = ReadonlyMap<string, number>;
export interface CrossFit {
  /** Fitted on all cases: for searches. */
  readonly all: Weights;
  /** Fitted on the cases of the folds that do not hold this patient. */
  readonly without: (patient: string) => Weights;
}

/** Queries that weights are fitted on; more change them by little and cost their square in time. */
const mostQueries = 300;

export function crossFit(method: FusionMethod, sources: Sources, cases: readonly LabelledCase[]): CrossFit {
  const names = method.of.filter((name) => runnable(methodNamed(name), sources));
  const foldOf = foldsOf(cases.map(({ row }) => row.patient));
  const every = Math.max(1, Math.ceil(cases.length / mostQueries));
  const fitted = cases
    .filter((_, at) => at % every === 0)
    .map((query) => ({ query, others: cases.filter(({ row }) => row.patient !== query.row.patient) }))
    .map(({ query, others }) => {
      const scope = new Scope(
        sources,
        others.map(({ row }) => row),
      );
      const scores = names.map((name) => {
        const list = rank(methodNamed(name), scope, query.probe, others.length);
        const { scores, lowest } = scaledScores(ranked(list), 'standardised');
        return Float64Array.from(others, ({ row }) => scores.get(row.lesion) ?? lowest);
      });
      return { query, others, scores };
    });
  const weightsWithout = (left: number | null): Weights => {
    const inside = ({ row }: LabelledCase) => left === null || foldOf.get(row.patient) !== left;
    const queries = fitted.flatMap(({ query, others, scores }): FittedQuery[] => {
      if (!inside(query)) return [];
      const kept = others.flatMap((other, at) => (inside(other) ? [at] : []));
      return [
        {
          class: query.class,
          scores: scores.map((row) => Float64Array.from(kept, (at) => row[at])),
          relevant: Uint8Array.from(kept, (at) => (others[at].class === query.class ? 1 : 0)),
        },
      ];
    });
    const weights = fitFusion(queries, names.length);
    return new Map(names.map((name, at) => [name, weights[at]]));
  };
  const all = weightsWithout(null);
  const perFold = Array.from({ length: folds }, (_, fold) => weightsWithout(fold));
  return { all, without: (patient) => perFold[foldOf.get(patient) ?? -1] ?? all };
}
