/**
 * The approximate index over a large flat matrix: a USearch HNSW graph (cosine, half precision) whose keys are the
 * matrix's row numbers. It is a cache: a file that fails its check is never handed to USearch, which would crash on it.
 */
import { Index, type Matches, MetricKind, ScalarKind } from 'usearch';
import { z } from 'zod';
import { readFileBytes, removeFile, writeFileAtomic } from '../files/files.ts';
import { sealOf } from '../files/unlocked.ts';
import { CacheFault, digest, type Loaded, loading, seal, unseal } from './cache.ts';

const settings = { connectivity: 16, expansionAdd: 128, expansionSearch: 128 } as const;

/** One thread: the graph, and with it every hit, is then the same for the same rows in the same order. */
const threads = 1;

const description = z.object({
  matrix: z.string(),
  dim: z.number().int(),
  rows: z.number().int(),
  size: z.number().int(),
  connectivity: z.literal(settings.connectivity),
  expansionAdd: z.literal(settings.expansionAdd),
  bytes: z.number().int(),
  checksum: z.string(),
});

export class HnswGraph {
  readonly #dim: number;
  readonly #index: Index;
  #rows = 0;

  constructor(dim: number) {
    this.#dim = dim;
    this.#index = new Index({
      dimensions: dim,
      metric: MetricKind.Cos,
      quantization: ScalarKind.F16,
      connectivity: settings.connectivity,
      expansion_add: settings.expansionAdd,
      expansion_search: settings.expansionSearch,
      multi: false,
    });
  }

  /** It covers the matrix's rows below this number. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes in the next rows of the matrix; null stands for a removed one, which only counts. Vectors are of length 1. */
  add(vectors: readonly (Float32Array | null)[]): void {
    const keys: bigint[] = [];
    const packed = new Float32Array(vectors.length * this.#dim);
    for (const [i, vector] of vectors.entries()) {
      if (!vector) continue;
      packed.set(vector, keys.length * this.#dim);
      keys.push(BigInt(this.#rows + i));
    }
    if (keys.length > 0) {
      this.#index.add(BigUint64Array.from(keys), packed.slice(0, keys.length * this.#dim), threads);
    }
    this.#rows += vectors.length;
  }

  /** About the k rows most similar to a query of `dim` finite values, best first. */
  search(query: Float32Array, k: number): number[] {
    const wanted = Math.min(k, this.#index.size());
    if (wanted < 1) return [];
    const { keys, distances }: Matches = this.#index.search(query, wanted, threads);
    const rows: number[] = [];
    // Where USearch finds fewer it pads with key 0 and NaN.
    for (let i = 0; i < keys.length; i++) if (!Number.isNaN(distances[i])) rows.push(Number(keys[i]));
    return rows;
  }

  /**
   * Writes the graph and, beside it, its sealed description; `matrix` is the digest of the matrix it belongs to.
   * USearch's own save is not atomic, so it writes to a name of its own first. In an encrypted library nothing is written: USearch
   * saves to and loads from nothing but a plain file, and building the graph again from the matrix needs none.
   */
  async save(path: string, matrix: string): Promise<void> {
    if (sealOf(path)) return;
    const part = `${path}.${process.pid}.tmp`;
    try {
      this.#index.save(part);
      const bytes = await readFileBytes(part);
      const sealed = seal({
        matrix,
        dim: this.#dim,
        rows: this.#rows,
        size: this.#index.size(),
        connectivity: settings.connectivity,
        expansionAdd: settings.expansionAdd,
        bytes: bytes.length,
        checksum: digest(bytes),
      } satisfies z.infer<typeof description>);
      await writeFileAtomic(path, bytes);
      await writeFileAtomic(descriptionOf(path), sealed);
    } finally {
      await removeFile(part);
    }
  }

  /** Reads what `save` wrote, checked in full first. Anything amiss means: rebuild. */
  static load(path: string, dim: number, matrix: string): Promise<Loaded<HnswGraph>> {
    return loading(async () => {
      const found = unseal(await readFileBytes(descriptionOf(path)), description);
      if (found.matrix !== matrix || found.dim !== dim)
        throw new CacheFault('stale', 'it was built on other rows');
      const bytes = await readFileBytes(path);
      if (bytes.length !== found.bytes || digest(bytes) !== found.checksum) {
        throw new CacheFault('damaged', 'the graph does not match its checksum');
      }
      const graph = new HnswGraph(dim);
      graph.#index.load(path);
      if (graph.#index.size() !== found.size || graph.#index.dimensions() !== dim) {
        throw new CacheFault('damaged', 'the graph is not what its description says');
      }
      graph.#rows = found.rows;
      return graph;
    });
  }
}

function descriptionOf(path: string): string {
  return `${path}.json`;
}
