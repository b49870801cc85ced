/**
 * How long a search takes: exact scan against graph at 1,000, 10,000 and 100,000 embeddings, and the two ways to apply a
 * filter. Run it with `node test/bench/search.ts [dim]`; it prints the measurements behind the constants of native/vectors/.
 */
import { createRandom } from '../../native/random.ts';
import { denseShare } from '../../native/vectors/matrix.ts';
import { graphFromFloats, VectorStore } from '../../native/vectors/store.ts';

const dim = Number(process.argv[2] ?? 512);
const sizes = [1000, 10_000, 100_000];
const k = 10;
const queryCount = 50;

/** Embeddings as an encoder gives them: a few hundred loose clusters, not isotropic noise. */
function* embeddings(count: number): Generator<{ id: string; vector: Float32Array }> {
  const random = createRandom(1, 'bench');
  const centres = Array.from({ length: 200 }, () =>
    Float32Array.from({ length: dim }, () => random.next() - 0.5),
  );
  for (let i = 0; i < count; i++) {
    const centre = random.pick(centres);
    yield { id: `lesion-${i}`, vector: centre.map((value) => value + random.next() - 0.5) };
  }
}

function percentiles(run: (i: number) => unknown): string {
  const times = Array.from({ length: queryCount }, (_, i) => {
    const start = performance.now();
    run(i);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return [0.5, 0.95].map((p) => times[Math.floor(p * times.length)].toFixed(2).padStart(8)).join('');
}

const key = {
  level: 'lesion',
  pooling: '',
  dim,
  encoder: { id: 'bench', version: '1', preprocessing: 'none' },
};
console.log(`dim ${dim}, k ${k}; milliseconds per search: median, 95th percentile`);
console.log(
  `the graph answers above ${graphFromFloats} floats, ${Math.round(graphFromFloats / dim)} rows here`,
);
for (const size of sizes) {
  const start = performance.now();
  const exact = VectorStore.build(key, embeddings(size));
  const filled = performance.now();
  // The graph answers at every size here, and in a large store exactly when it would in the application.
  const graph = VectorStore.build(key, embeddings(size), {
    graphFrom: Math.min(graphFromFloats, size * dim - 1),
    filteredExactly: 0,
  });
  const before = performance.now();
  await graph.updateGraph();
  const built = performance.now();
  const queries = Array.from({ length: queryCount }, (_, i) => {
    const vector = exact.vectorOf(`lesion-${i * Math.floor(size / queryCount)}`);
    if (!vector) throw new Error('a lesion of the bench is missing');
    const random = createRandom(i, 'query');
    return vector.map((value) => value + (random.next() - 0.5) / Math.sqrt(dim));
  });
  let same = 0;
  for (const query of queries) {
    const truth = new Set(exact.search(query, k).map(({ id }) => id));
    for (const { id } of graph.search(query, k)) if (truth.has(id)) same++;
  }
  console.log(
    `${size} rows: filled in ${Math.round(filled - start)} ms, graph in ${Math.round(built - before)} ms`,
  );
  console.log(`  exact          ${percentiles((i) => exact.search(queries[i], k))}`);
  console.log(
    `  graph          ${percentiles((i) => graph.search(queries[i], k))}  recall ${same / (k * queryCount)}`,
  );
  for (const share of [0.01, 0.06, denseShare * 0.9, denseShare * 1.1, 0.5, 0.99]) {
    const random = createRandom(7, 'filter');
    const allowed = Int32Array.from(
      Array.from({ length: size }, (_, row) => row).filter(() => random.next() < share),
    );
    console.log(
      `  filter ${share.toFixed(3)}   ${percentiles((i) => exact.search(queries[i], k, allowed))}  graph ` +
        percentiles((i) => graph.search(queries[i], k, allowed)),
    );
  }
}
