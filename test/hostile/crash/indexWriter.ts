/**
 * Forked by the crash tests: holds a library as an engine does, embeds more and more slices of a volume, and after each handful writes
 * matrix and graph beside the catalog, as the engine does for a library that is large enough for a graph.
 * `node indexWriter.ts LIBRARY FROM`: FROM is how many slices are embedded already.
 */

import { embeddingId } from '../../../native/catalog/embeddings.ts';
import { Library, vectorKey } from '../../../native/engine/library.ts';
import { createRandom } from '../../../native/random.ts';
import { VectorStore } from '../../../native/vectors/store.ts';
import { fromFloat16, toFloat16 } from '../../../native/volume/float16.ts';
import { graphAlways, slicesKey } from './indexKey.ts';

const atOnce = 16;
const [path, from] = process.argv.slice(2);
const library = await Library.open(path, false);
const [volume] = library.reads.volumes({ offset: 0, limit: 1 }).rows;
const tell = (message: { slices: number }) => process.send?.(message);

for (let slices = Number(from); ; slices += atOnce) {
  const rows = Array.from({ length: atOnce }, (_, n) => {
    const random = createRandom(slices + n, 'vector');
    const vector = Float32Array.from({ length: slicesKey.dim }, () => random.normal(0, 1));
    return { owner: volume.id, slice: slices + n, vector: toFloat16(vector) };
  });
  library.embeddings.add(slicesKey, slicesKey.dim, rows);
  tell({ slices: slices + atOnce });
  const all = [...library.embeddings.rows(slicesKey)].map(({ owner, slice, vector }) => ({
    id: embeddingId(owner, slice),
    vector: fromFloat16(vector),
  }));
  const store = VectorStore.build(vectorKey(slicesKey), all, graphAlways);
  await store.updateGraph();
  await store.save(library.vectorPath(slicesKey), library.embeddings.revision(slicesKey));
}
