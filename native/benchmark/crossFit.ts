/** The weights of a fusion, fitted on a library's labelled lesions, and for honest figures fitted anew without each patient. */
import { scaledScores } from '../retrieval/fuse.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import { type FusionMethod, methodNamed } from '../retrieval/methods.ts';
import { rank } from '../retrieval/rank/rank.ts';
import { type Probe, runnable, Scope, type Sources } from '../retrieval/scope.ts';
import { ranked, type Scored } from '../retrieval/scored.ts';
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
  const asked = cases
    .filter((_, at) => at % every === 0)
    .map((query) => {
      const others = cases.filter(({ row }) => row.patient !== query.row.patient);
      const scope = new Scope(
        sources,
        others.map(({ row }) => row),
      );
      const lists = names.map((name) => rank(methodNamed(name), scope, query.probe, others.length));
      return { query, others, lists };
    });
  const weightsWithout = (left: number | null): Weights => {
    const inside = ({ row }: LabelledCase) => left === null || foldOf.get(row.patient) !== left;
    const queries = asked
      .filter(({ query }) => inside(query))
      .map(({ query, others, lists }): FittedQuery => {
        const kept = others.filter(inside);
        return {
          class: query.class,
          scores: lists.map((list) => standardised(list, kept)),
          relevant: Uint8Array.from(kept, (other) => (other.class === query.class ? 1 : 0)),
        };
      });
    const weights = fitFusion(queries, names.length);
    return new Map(names.map((name, at) => [name, weights[at]]));
  };
  const all = weightsWithout(null);
  const perFold = Array.from({ length: folds }, (_, fold) => weightsWithout(fold));
  return { all, without: (patient) => perFold[foldOf.get(patient) ?? -1] ?? all };
}

/** The scores of some lesions in a list, as a fusion of them would see them. */
function standardised(list: readonly Scored[], cases: readonly LabelledCase[]): Float64Array {
  const inside = new Set(cases.map(({ row }) => row.lesion));
  const own = ranked(list.filter(({ id }) => inside.has(id)));
  const { scores, lowest } = scaledScores(own, 'standardised');
  return Float64Array.from(cases, ({ row }) => scores.get(row.lesion) ?? lowest);
}
