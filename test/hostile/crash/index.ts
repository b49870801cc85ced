/** Matrix and graph written again and again, and the process that writes them killed: the files are whole, old or new, and what the catalog holds is found. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Library, vectorKey } from '../../../native/engine/library.ts';
import { HnswGraph } from '../../../native/vectors/graph.ts';
import { FlatMatrix } from '../../../native/vectors/matrix.ts';
import { VectorStore, vectorFiles } from '../../../native/vectors/store.ts';
import type { Case } from './cases.ts';
import { graphAlways, slicesKey } from './indexKey.ts';
import { kill, openEngine } from './session.ts';
import { checkWhole } from './whole.ts';

/** A writer works for so long at most after its first answer. */
const longestLifeMs = 250;

export async function index(one: Case): Promise<void> {
  const path = one.library(one.templates.tiny);
  let acknowledged = 0;
  while (one.kills < one.wanted) {
    const random = one.random(`life ${one.kills}`);
    const before = acknowledged;
    const writer = fork(join(import.meta.dirname, 'indexWriter.ts'), [path, String(acknowledged)], {
      execArgv: [],
    });
    const gone = new Promise((done) => writer.once('exit', done));
    await new Promise<void>((begun) => {
      writer.on('message', ({ slices }: { slices: number }) => {
        acknowledged = slices;
        begun();
      });
      writer.once('exit', () => begun());
    });
    await sleep(random.range(0, longestLifeMs));
    kill(writer.pid ?? 0);
    await gone;
    if (acknowledged === before) {
      one.fail(`the writer ended by itself with ${writer.exitCode}`);
      return;
    }
    one.kills++;
    one.count('in the middle of: index');
    one.count('acknowledged writes', (acknowledged - before) / 16);
    acknowledged = await checkFiles(one, path, acknowledged);
    const engine = await openEngine(path, one.templates.calibrations);
    const { problems } = await checkWhole(engine.ask);
    for (const problem of problems) one.fail(problem);
    await engine.close();
    one.count('openings checked');
    if (one.failures.length > 0) return;
  }
}

/** Returns how many slices are embedded. */
async function checkFiles(one: Case, path: string, acknowledged: number): Promise<number> {
  const library = await Library.open(path, false);
  try {
    const stored = library.embeddings.count(slicesKey);
    if (stored < acknowledged)
      one.fail(`index: ${stored} of ${acknowledged} acknowledged embeddings are there`);
    const key = vectorKey(slicesKey);
    const [matrixFile, graphFile] = vectorFiles(library.vectorPath(slicesKey));
    const revision = library.embeddings.revision(slicesKey);
    const matrix = await FlatMatrix.load(matrixFile, key, revision);
    one.count(`matrix ${matrix.state} after a kill`);
    if (matrix.state === 'damaged') one.fail(`index: the matrix is damaged (${matrix.why})`);
    if (matrix.state === 'ready') {
      const graph = await HnswGraph.load(graphFile, key.dim, matrix.value.digest);
      one.count(`graph ${graph.state} after a kill`);
      if (graph.state === 'damaged') one.fail(`index: the graph is damaged (${graph.why})`);
      const store = await VectorStore.open(library.vectorPath(slicesKey), key, revision, graphAlways);
      if (store.state === 'ready' && store.value.size !== stored)
        one.fail(`index: the matrix is current and holds ${store.value.size} of ${stored}`);
    }
    return stored;
  } finally {
    await library.close();
  }
}
