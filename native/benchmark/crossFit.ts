/** The weights of a fusion, fitted on a library's labelled lesions, and for honest figures fitted anew without each patient. */
import { Turns } from '../process/turns.ts';
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
interface CrossFit {
  /** Fitted on all cases: for searches. */
  readonly all: Weights;
  /** Fitted on the cases of the folds that do not hold this patient. */
  readonly without: (patient: string) => Weights;
}

/** Queries that weights are fitted on; more change them by little and cost their square in time. */
const mostQueries = 300;

/** Throws `cancelled`. */
export async function crossFit(
  method: FusionMethod,
  sources: Sources,
  cases: readonly LabelledCase[],
  signal?: AbortSignal,
): Promise<CrossFit> {
  const turns = new Turns(signal);
  const names = method.of.filter((name) => runnable(methodNamed(name), sources));
  const foldOf = foldsOf(cases.map(({ row }) => row.patient));
  const foldOfLesion = new Map(cases.map(({ row }) => [row.lesion, foldOf.get(row.patient)]));
  const every = Math.max(1, Math.ceil(cases.length / mostQueries));
  const asked: {
    readonly query: LabelledCase;
    readonly others: readonly LabelledCase[];
    readonly lists: readonly (readonly Scored[])[];
  }[] = [];
  for (let at = 0; at < cases.length; at += every) {
    const query = cases[at];
    const others = cases.filter(({ row }) => row.patient !== query.row.patient);
    const rows = others.map(({ row }) => row);
    const scope = new Scope(sources, rows);
    const lists = names.map((name) => rank(methodNamed(name), scope, query.probe, others.length));
    asked.push({ query, others, lists });
    await turns.pass();
  }
  const weightsWithout = async (left: number | null): Promise<Weights> => {
    const inside = (lesion: string) => left === null || foldOfLesion.get(lesion) !== left;
    const queries = asked
      .filter(({ query }) => inside(query.row.lesion))
      .map(({ query, others, lists }): FittedQuery => {
        const kept = others.filter(({ row }) => inside(row.lesion));
        return {
          class: query.class,
          scores: lists.map((list) => standardised(list, inside, kept)),
          relevant: Uint8Array.from(kept, (other) => (other.class === query.class ? 1 : 0)),
        };
      });
    const weights = await fitFusion(queries, names.length, turns);
    return new Map(names.map((name, at) => [name, weights[at]]));
  };
  const all = await weightsWithout(null);
  const perFold: Weights[] = [];
  for (let fold = 0; fold < folds; fold++) perFold.push(await weightsWithout(fold));
  return { all, without: (patient) => perFold[foldOf.get(patient) ?? -1] ?? all };
}

/** The scores of the lesions inside, as a fusion of them would see them. */
function standardised(
  list: readonly Scored[],
  inside: (lesion: string) => boolean,
  cases: readonly LabelledCase[],
): Float64Array {
  const own = ranked(list.filter(({ id }) => inside(id)));
  const { scores, lowest } = scaledScores(own, 'standardised');
  return Float64Array.from(cases, ({ row }) => scores.get(row.lesion) ?? lowest);
}
