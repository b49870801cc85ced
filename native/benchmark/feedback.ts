/** What marks on hits would change, by a simulated user who knows each lesion's class and marks some of the first hits. */
import { PrecedentError } from '../contract/errors.ts';
import type { Simulation } from '../contract/feedback.ts';
import { Turns } from '../process/turns.ts';
import { createRandom } from '../random.ts';
import { PatientBootstrap } from './patientBootstrap.ts';

/** Hits that the user looks at, and unmarked ones whose precision is measured. */
const looked = 10;
const measured = 10;
const seed = 20_260;

/** The first k lesions after marks, the most similar first; each once. */
type MarkedSearch = (
  marks: { readonly relevant: readonly string[]; readonly irrelevant: readonly string[] },
  k: number,
) => readonly string[];
export interface SimulatedQuery {
  readonly patient: string;
  readonly class: string;
  /** How many lesions can be found. */
  readonly gallery: number;
  /** Begins its searches when its turn comes, so that what they take is not held for all queries at once. */
  readonly search: () => MarkedSearch;
  readonly classOf: (lesion: string) => string | null;
}
type SimulationResult = Pick<Simulation, 'n' | 'skipped' | 'before' | 'after' | 'change' | 'classes'>;

/**
 * For each query `draws` times: `marks` of the first ten hits are drawn at random (seeded) and marked, as relevant where
 * their class is the query's; P@10 is that of the first ten unmarked lesions, the same set ranked before and after. A query
 * whose gallery holds fewer than marks + 10 lesions is skipped. Figures are means over draws, then over queries.
 * @throws PrecedentError `usage` where every query is skipped, `cancelled` when the signal says so
 */
export async function simulate(
  queries: readonly SimulatedQuery[],
  { marks, draws }: { readonly marks: number; readonly draws: number },
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<SimulationResult> {
  const random = createRandom(seed, 'feedback');
  const results: { patient: string; class: string; before: number; after: number }[] = [];
  const none = { relevant: [], irrelevant: [] };
  const turns = new Turns(signal);
  for (const [done, query] of queries.entries()) {
    if (query.gallery < marks + measured) continue;
    const depth = Math.max(looked, marks + measured);
    const isRelevant = (lesion: string) => query.classOf(lesion) === query.class;
    const search = query.search();
    const first = search(none, depth);
    const precision = (ranked: readonly string[], marked: ReadonlySet<string>) =>
      ranked
        .filter((lesion) => !marked.has(lesion))
        .slice(0, measured)
        .filter(isRelevant).length / measured;
    // Few sets of marks can be drawn, many of them often.
    const known = new Map<string, { before: number; after: number }>();
    let [before, after] = [0, 0];
    for (let draw = 0; draw < draws; draw++) {
      const marked = random.shuffle(first.slice(0, looked)).slice(0, marks).sort();
      const name = marked.join(' ');
      let figures = known.get(name);
      if (!figures) {
        const set = new Set(marked);
        const relevant = marked.filter(isRelevant);
        const irrelevant = marked.filter((lesion) => !isRelevant(lesion));
        const moved = search({ relevant, irrelevant }, depth);
        figures = { before: precision(first, set), after: precision(moved, set) };
        known.set(name, figures);
      }
      before += figures.before / draws;
      after += figures.after / draws;
    }
    results.push({ patient: query.patient, class: query.class, before, after });
    if (turns.due) onProgress(done + 1, queries.length);
    await turns.pass();
  }
  onProgress(queries.length, queries.length);
  if (results.length === 0) {
    const what = `no query has ${marks + measured} lesions of other patients with a class`;
    throw new PrecedentError('usage', what, undefined, 'choose a field that more lesions have');
  }
  const bootstrap = new PatientBootstrap(results.map(({ patient }) => ({ patient, group: 'all' })));
  const figure = (of: (result: (typeof results)[number]) => number) =>
    bootstrap.means(Float64Array.from(results, of)).macro;
  const classes = [...Map.groupBy(results, (result) => result.class)].sort().map(([name, own]) => {
    const change = own.reduce((sum, result) => sum + result.after - result.before, 0) / own.length;
    return [name, { n: own.length, change }] as const;
  });
  return {
    n: results.length,
    skipped: queries.length - results.length,
    before: figure((result) => result.before),
    after: figure((result) => result.after),
    change: figure((result) => result.after - result.before),
    classes: Object.fromEntries(classes),
  };
}
