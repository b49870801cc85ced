/**
 * The vectors of one encoder at one level behind one interface: the flat matrix answers, and above a measured size the
 * graph does, with its candidates ranked again by the matrix. Whatever the graph cannot answer well, the matrix does.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CacheKey, Loaded } from './cache.ts';
import { HnswGraph } from './graph.ts';
import { FlatMatrix, type Found, type MatrixRow } from './matrix.ts';

/**
 * Floats (rows × dim) above which the graph answers. An exact scan reads them all; up to here it takes some ten
 * milliseconds on one core, which nobody notices, and is exact (`test/bench/search.ts` prints both).
 */
export const graphFromFloats = 50_000_000;

/**
 * A filter that allows at most so many rows is answered exactly whatever the size of the library: rows that pass may lie far
 * from the query, where a graph knows little.
 */
export const filteredExactly = 200_000;

/** The graph is asked for so many candidates at least, that the check below has enough to go by, and at most for so many. */
const leastCandidates = 512;
const mostCandidates = 8192;

/** The recall check scans so many of the allowed rows, evenly taken. */
const checkedRows = 4096;

/** Rows given to the graph before other work gets its turn; some tens of milliseconds. */
const rowsPerTurn = 32;

/** Removed rows keep their place until a rebuild; above this share the cache counts as stale. */
const mostRemoved = 0.25;

/** From which size on searches are no longer exact. */
export interface Limits {
  /** Floats of the whole matrix. */
  readonly graphFrom?: number;
  /** Rows that a filter allows. */
  readonly filteredExactly?: number;
}

export class VectorStore {
  readonly #matrix: FlatMatrix;
  readonly #graphFrom: number;
  readonly #filteredExactly: number;
  #graph: HnswGraph | undefined;
  #building: Promise<void> | undefined;

  private constructor(matrix: FlatMatrix, limits: Limits) {
    this.#matrix = matrix;
    this.#graphFrom = limits.graphFrom ?? graphFromFloats;
    this.#filteredExactly = limits.filteredExactly ?? filteredExactly;
  }

  /** A store of the given rows. Rebuild it like this whenever `open` does not return it ready. */
  static build(key: CacheKey, rows: Iterable<MatrixRow>, limits: Limits = {}): VectorStore {
    return new VectorStore(FlatMatrix.fromRows(key, rows), limits);
  }

  /**
   * The store that `save` wrote at `path`, if it is sound, was made with `key` and reflects the catalog state `revision`.
   * A graph that is missing or unsound is left out, and `updateGraph` builds it again.
   */
  static async open(
    path: string,
    key: CacheKey,
    revision: string,
    limits: Limits = {},
  ): Promise<Loaded<VectorStore>> {
    const loaded = await FlatMatrix.load(matrixFile(path), key, revision);
    if (loaded.state !== 'ready') return loaded;
    const { matrix, digest } = loaded.value;
    if (matrix.size < matrix.rows * (1 - mostRemoved)) {
      return { state: 'stale', why: 'too many of its rows were removed' };
    }
    const store = new VectorStore(matrix, limits);
    if (store.#large()) {
      const graph = await HnswGraph.load(graphFile(path), key.dim, digest);
      if (graph.state === 'ready') store.#graph = graph.value;
    }
    return { state: 'ready', value: store };
  }

  /** Writes matrix and graph beside the catalog. `path` has no extension; `revision` changes with the catalog's rows. */
  async save(path: string, revision: string): Promise<void> {
    const { rows } = this.#matrix;
    const digest = await this.#matrix.save(matrixFile(path), revision);
    // Rows that came in while the matrix was written are not in its file; a graph that has them would not fit it.
    if (this.#graph?.rows === rows) await this.#graph.save(graphFile(path), digest);
  }

  get size(): number {
    return this.#matrix.size;
  }

  /** Whether a search would use the graph where its filter allows. */
  get indexed(): boolean {
    return this.#usable() !== undefined;
  }

  rowOf(id: string): number | undefined {
    return this.#matrix.rowOf(id);
  }

  /** The identifiers of all embeddings, in the order in which they were added. */
  *ids(): Generator<string> {
    for (let row = 0; row < this.#matrix.rows; row++) {
      const id = this.#matrix.idOf(row);
      if (id !== null) yield id;
    }
  }

  /** A copy of an embedding, of length 1, or undefined where there is none with this id. */
  vectorOf(id: string): Float32Array | undefined {
    const row = this.#matrix.rowOf(id);
    return row === undefined ? undefined : this.#matrix.vectorAt(row);
  }

  /** As `FlatMatrix.append`; until `updateGraph` has run, searches are exact. */
  append(id: string, vector: ArrayLike<number>): void {
    this.#matrix.append(id, vector);
  }

  /** Takes an embedding out of every search; the graph's half-precision copy goes with the next rebuild. */
  remove(id: string): boolean {
    return this.#matrix.remove(id);
  }

  /** The ascending row numbers of the embeddings that have one of these ids. */
  rowsOf(ids: Iterable<string>): Int32Array {
    const rows = new Set<number>();
    for (const id of ids) {
      const row = this.#matrix.rowOf(id);
      if (row !== undefined) rows.add(row);
    }
    return Int32Array.from(rows).sort();
  }

  /**
   * The k embeddings most similar to a query (`dim` values, any length but zero): highest cosine first, equal scores by
   * ascending id. `allowed` are ascending row numbers. Exact up to `graphFromFloats`, and up to `filteredExactly` allowed rows;
   * nearly so above.
   * @throws PrecedentError `usage` for a bad k or query.
   */
  search(query: ArrayLike<number>, k: number, allowed?: Int32Array): Found[] {
    const graph = this.#usable();
    const candidates = graph && this.#candidates(graph, query, k, allowed);
    return this.#matrix.search(query, k, candidates ?? allowed);
  }

  /**
   * Brings the graph up to date where the matrix is large enough for one, a few rows at a time. Call it after a change
   * and let it run beside other work; calls during a run join it.
   */
  updateGraph(signal?: AbortSignal): Promise<void> {
    this.#building ??= this.#extendGraph(signal).finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  async #extendGraph(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#large()) return;
    this.#graph ??= new HnswGraph(this.#matrix.key.dim);
    while (this.#graph.rows < this.#matrix.rows && !signal?.aborted) {
      const batch: (Float32Array | null)[] = [];
      const end = Math.min(this.#matrix.rows, this.#graph.rows + rowsPerTurn);
      for (let row = this.#graph.rows; row < end; row++) {
        batch.push(this.#matrix.idOf(row) === null ? null : this.#matrix.vectorAt(row));
      }
      this.#graph.add(batch);
      await nextTurn();
    }
  }

  #large(): boolean {
    return this.#matrix.rows * this.#matrix.key.dim > this.#graphFrom;
  }

  #usable(): HnswGraph | undefined {
    return this.#graph?.rows === this.#matrix.rows ? this.#graph : undefined;
  }

  /**
   * Ascending rows from the graph, all allowed, among which the best k are, or undefined where the exact scan is the better way:
   * the graph is asked for more than k until enough pass the filter and the recall check, or until it would cost more than a scan.
   */
  #candidates(
    graph: HnswGraph,
    query: ArrayLike<number>,
    k: number,
    allowed: Int32Array | undefined,
  ): Int32Array | undefined {
    const passing = allowed?.length ?? this.size;
    const vector = Float32Array.from(query);
    const sound =
      vector.length === this.#matrix.key.dim && vector.every(Number.isFinite) && vector.some((v) => v !== 0);
    if (!sound || !Number.isInteger(k) || k < 1 || k > passing) return undefined;
    if (allowed && passing <= this.#filteredExactly) return undefined;
    let wanted = Math.max(leastCandidates, Math.ceil((4 * k * this.#matrix.rows) / passing));
    for (; wanted <= mostCandidates; wanted *= 4) {
      const rows = graph
        .search(vector, wanted)
        .filter((row) => this.#matrix.idOf(row) !== null && (!allowed || includes(allowed, row)));
      if (rows.length < 2 * k) continue;
      const candidates = Int32Array.from(rows).sort();
      if (this.#complete(vector, candidates, allowed)) return candidates;
    }
    return undefined;
  }

  /**
   * The recall check: of a sample of the allowed rows, scanned exactly, every one that is at least as near as the middle one of
   * the candidates has to be among them. The middle lies behind the k-th hit, so what is missed there is missed sooner than a hit.
   */
  #complete(vector: Float32Array, candidates: Int32Array, allowed: Int32Array | undefined): boolean {
    const rows = allowed?.length ?? this.#matrix.rows;
    const every = Math.max(1, Math.floor(rows / checkedRows));
    const sample = Int32Array.from(
      { length: Math.ceil(rows / every) },
      (_, n) => allowed?.[n * every] ?? n * every,
    );
    const middle = Math.ceil(candidates.length / 2);
    const least = this.#matrix.search(vector, middle, candidates).at(-1)?.score ?? 1;
    const near = this.#matrix.search(vector, Math.min(middle, sample.length), sample);
    return near.every(({ row, score }) => score < least || includes(candidates, row));
  }
}

/** Whether an ascending array holds a value. */
function includes(ascending: Int32Array, value: number): boolean {
  let [lo, hi] = [0, ascending.length];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (ascending[middle] < value) lo = middle + 1;
    else hi = middle;
  }
  return ascending[lo] === value;
}

/** The files that `save` writes for a path. */
export function vectorFiles(path: string): string[] {
  return [matrixFile(path), graphFile(path)];
}

function matrixFile(path: string): string {
  return `${path}.matrix`;
}

function graphFile(path: string): string {
  return `${path}.graph`;
}
