/**
 * The flat matrix of one encoder at one level: every embedding as a unit Float32 row, resident in blocks of fixed size,
 * searched exactly. The row ↔ id table leads back to the catalog; a row number stays valid until the matrix is rebuilt.
 */
import { exactSearch, MetricKind } from 'usearch';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import { readFileBytes, writeFileAtomic } from '../files/files.ts';
import {
  assertCurrent,
  CacheFault,
  type CacheKey,
  cacheKey,
  digest,
  type Loaded,
  loading,
  seal,
  unseal,
} from './cache.ts';

/** One found row; `score` is the cosine similarity, −1…1. */
export interface Found {
  readonly row: number;
  readonly id: string;
  readonly score: number;
}

export interface MatrixRow {
  readonly id: string;
  readonly vector: ArrayLike<number>;
}

const magic = new TextEncoder().encode('PRCDMAT1');
const prologueBytes = magic.length + 4;

/** Floats in a block (4 MiB): a row more never moves what is there, and a checksum covers a piece that is read at once. */
const blockFloats = 2 ** 20;

/** From this share of wanted rows on, scanning a whole block beats gathering its rows (`test/bench/search.ts` prints both). */
export const denseShare = 0.15;

/** Single-precision sums of unit vectors stay within this of the true cosine; candidates are taken with that margin. */
const slack = 1e-5;

const header = z.object({
  key: cacheKey,
  revision: z.string(),
  blockRows: z.number().int().positive(),
  ids: z.array(z.string().nullable()),
  blocks: z.array(z.string()),
});

export class FlatMatrix {
  readonly key: CacheKey;
  readonly blockRows: number;
  #blocks: Float32Array<ArrayBuffer>[] = [];
  #ids: (string | null)[] = [];
  #rowOf = new Map<string, number>();
  #gathered: Float32Array<ArrayBuffer> | undefined;
  #saving = 0;

  constructor(key: CacheKey) {
    this.key = key;
    this.blockRows = Math.max(1, Math.floor(blockFloats / key.dim));
  }

  /** A matrix of the given rows, in their order. */
  static fromRows(key: CacheKey, rows: Iterable<MatrixRow>): FlatMatrix {
    const matrix = new FlatMatrix(key);
    for (const { id, vector } of rows) matrix.append(id, vector);
    return matrix;
  }

  /** How many embeddings it holds. */
  get size(): number {
    return this.#rowOf.size;
  }

  /** One more than the highest row number; larger than `size` once rows were removed. */
  get rows(): number {
    return this.#ids.length;
  }

  rowOf(id: string): number | undefined {
    return this.#rowOf.get(id);
  }

  /** The id of a row, or null where it was removed. */
  idOf(row: number): string | null {
    return this.#ids[row] ?? null;
  }

  /** A copy of a row: `dim` values, length 1. */
  vectorAt(row: number): Float32Array<ArrayBuffer> {
    const { dim } = this.key;
    const at = (row % this.blockRows) * dim;
    return this.#blocks[Math.floor(row / this.blockRows)].slice(at, at + dim);
  }

  /**
   * Adds an embedding (any length but zero; it is normalised) and returns its row number.
   * @throws PrecedentError `corrupt` for a wrong dimension, values that are not finite or a zero vector; `internal` for an
   * id that is there already.
   */
  append(id: string, vector: ArrayLike<number>): number {
    if (this.#rowOf.has(id))
      throw new PrecedentError('internal', 'an embedding with this id is in the matrix already');
    const unit = normalised(vector, this.key.dim, 'corrupt', 'an embedding');
    const row = this.#ids.length;
    const block = Math.floor(row / this.blockRows);
    if (block === this.#blocks.length) this.#blocks.push(new Float32Array(this.blockRows * this.key.dim));
    this.#blocks[block].set(unit, (row % this.blockRows) * this.key.dim);
    this.#ids.push(id);
    this.#rowOf.set(id, row);
    return row;
  }

  /** Takes an embedding out and overwrites its values; the other rows keep their numbers. */
  remove(id: string): boolean {
    const row = this.#rowOf.get(id);
    if (row === undefined) return false;
    const block = Math.floor(row / this.blockRows);
    // A file that is being written must match the checksums taken at its start.
    if (this.#saving > 0) this.#blocks[block] = this.#blocks[block].slice();
    const at = (row % this.blockRows) * this.key.dim;
    this.#blocks[block].fill(0, at, at + this.key.dim);
    this.#ids[row] = null;
    this.#rowOf.delete(id);
    return true;
  }

  /**
   * The k rows most similar to a query (`dim` values, any length but zero), exactly: highest cosine first, equal scores by
   * ascending id, fewer than k when fewer are allowed. `allowed` are ascending row numbers; without it every row is.
   * @throws PrecedentError `usage` for a bad k or query.
   */
  search(query: ArrayLike<number>, k: number, allowed?: Int32Array): Found[] {
    if (!Number.isInteger(k) || k < 1)
      throw new PrecedentError('usage', 'the number of hits must be a whole number above 0');
    const unit = normalised(query, this.key.dim, 'usage', 'the query');
    if (allowed) assertAscending(allowed, this.rows);
    const candidates =
      k >= (allowed?.length ?? this.size) ? this.#all(allowed) : this.#candidates(unit, k, allowed);
    const rows = Int32Array.from(candidates).filter((row) => this.#ids[row] !== null);
    const { dim } = this.key;
    const scores = Float64Array.from(rows, (row) => {
      const block = this.#blocks[Math.floor(row / this.blockRows)];
      return dot(unit, block, (row % this.blockRows) * dim, dim);
    });
    const idAt = (at: number) => this.#ids[rows[at]] ?? '';
    const order = Uint32Array.from(rows.keys());
    order.sort((a, b) => scores[b] - scores[a] || (idAt(a) < idAt(b) ? -1 : 1));
    return Array.from(order.subarray(0, k), (at) => ({ row: rows[at], id: idAt(at), score: scores[at] }));
  }

  #all(allowed: Int32Array | undefined): Iterable<number> {
    return allowed ?? this.#ids.keys();
  }

  /** Rows among which the best k are certain to be: those whose single-precision score lies within `slack` of the k-th. */
  #candidates(unit: Float32Array<ArrayBuffer>, k: number, allowed: Int32Array | undefined): number[] {
    const near = new Nearest(k);
    const chosen = new Uint8Array(this.blockRows);
    let from = 0;
    let gathered: number[] = [];
    for (const [b, block] of this.#blocks.entries()) {
      const first = b * this.blockRows;
      const used = Math.min(this.blockRows, this.rows - first);
      if (!allowed && this.size === this.rows) {
        this.#scan(unit, block, used, used, near, (at) => first + at);
        continue;
      }
      chosen.fill(0);
      let wanted = 0;
      const choose = (row: number) => {
        if (this.#ids[row] === null) return;
        chosen[row - first] = 1;
        wanted++;
      };
      if (allowed)
        for (; from < allowed.length && allowed[from] < first + used; from++) choose(allowed[from]);
      else for (let row = first; row < first + used; row++) choose(row);
      if (wanted === 0) continue;
      if (wanted >= used * denseShare) {
        this.#scan(unit, block, used, wanted, near, (at) => (chosen[at] === 1 ? first + at : -1));
        continue;
      }
      for (let at = chosen.indexOf(1); at >= 0; at = chosen.indexOf(1, at + 1)) {
        gathered.push(first + at);
        if (gathered.length === this.blockRows) {
          this.#scanGathered(unit, gathered, near);
          gathered = [];
        }
      }
    }
    if (gathered.length > 0) this.#scanGathered(unit, gathered, near);
    return near.rows();
  }

  #scanGathered(unit: Float32Array<ArrayBuffer>, rows: readonly number[], near: Nearest): void {
    const { dim } = this.key;
    this.#gathered ??= new Float32Array(this.blockRows * dim);
    for (const [at, row] of rows.entries()) {
      const start = (row % this.blockRows) * dim;
      this.#gathered.set(
        this.#blocks[Math.floor(row / this.blockRows)].subarray(start, start + dim),
        at * dim,
      );
    }
    this.#scan(unit, this.#gathered, rows.length, rows.length, near, (at) => rows[at]);
  }

  /** Scans the first `used` rows of a buffer, asking for more until its best k wanted ones and their near ties are seen. */
  #scan(
    unit: Float32Array<ArrayBuffer>,
    buffer: Float32Array<ArrayBuffer>,
    used: number,
    wanted: number,
    near: Nearest,
    rowAt: (at: number) => number,
  ): void {
    const { dim } = this.key;
    // USearch ignores a view's byte offset: this view starts at its buffer's first byte.
    const view = buffer.subarray(0, used * dim);
    let count = Math.min(used, Math.ceil(((near.k + 4) * used) / wanted));
    for (;;) {
      const { keys, distances } = exactSearch(view, unit, dim, count, MetricKind.IP, 1) as {
        keys: BigUint64Array;
        distances: Float32Array;
      };
      const rows: number[] = [];
      const seen: number[] = [];
      for (let i = 0; i < count; i++) {
        const row = rowAt(Number(keys[i]));
        if (row < 0) continue;
        rows.push(row);
        seen.push(distances[i]);
      }
      const complete =
        count === used || (seen.length >= near.k && distances[count - 1] > seen[near.k - 1] + slack);
      if (complete || distances[count - 1] > near.bound) {
        near.add(rows, seen);
        return;
      }
      count = Math.min(used, count * 4);
    }
  }

  /**
   * Writes the matrix beside the catalog; `revision` is the catalog state it reflects, any string that changes with it.
   * Returns the digest of the header, which a graph built on these rows is bound to.
   */
  async save(path: string, revision: string): Promise<string> {
    const blocks = this.#blocks.map((block, b) => {
      const used = Math.min(this.blockRows, this.rows - b * this.blockRows);
      return new Uint8Array(block.buffer, 0, used * this.key.dim * 4);
    });
    const sealed = seal({
      key: this.key,
      revision,
      blockRows: this.blockRows,
      ids: this.#ids,
      blocks: blocks.map(digest),
    } satisfies z.infer<typeof header>);
    const prologue = new Uint8Array(prologueBytes);
    prologue.set(magic);
    new DataView(prologue.buffer).setUint32(magic.length, sealed.length, true);
    this.#saving++;
    try {
      await writeFileAtomic(path, [prologue, sealed, ...blocks]);
    } finally {
      this.#saving--;
    }
    return digest(sealed);
  }

  /** Reads what `save` wrote, each block checked before it is taken over. Anything amiss means: rebuild. */
  static load(
    path: string,
    key: CacheKey,
    revision: string,
  ): Promise<Loaded<{ matrix: FlatMatrix; digest: string }>> {
    return loading(async () => {
      const bytes = await readFileBytes(path);
      if (bytes.length < prologueBytes || magic.some((byte, i) => bytes[i] !== byte)) {
        throw new CacheFault('damaged', 'it is not a matrix file');
      }
      const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
      const sealed = bytes.subarray(prologueBytes, prologueBytes + headerBytes);
      if (sealed.length !== headerBytes) throw new CacheFault('damaged', 'the file ends within its header');
      const found = unseal(sealed, header);
      assertCurrent(found, key, revision);
      const matrix = new FlatMatrix(key);
      if (found.blockRows !== matrix.blockRows)
        throw new CacheFault('stale', 'its blocks are of another size');
      matrix.#take(found.ids, found.blocks, bytes.subarray(prologueBytes + headerBytes));
      return { matrix, digest: digest(sealed) };
    });
  }

  #take(ids: (string | null)[], checksums: readonly string[], data: Uint8Array): void {
    const rowBytes = this.key.dim * 4;
    if (
      data.length !== ids.length * rowBytes ||
      checksums.length !== Math.ceil(ids.length / this.blockRows)
    ) {
      throw new CacheFault('damaged', 'the file is not as long as its header says');
    }
    for (const [b, checksum] of checksums.entries()) {
      const piece = data.subarray(b * this.blockRows * rowBytes, (b + 1) * this.blockRows * rowBytes);
      const block = new Float32Array(this.blockRows * this.key.dim);
      new Uint8Array(block.buffer).set(piece);
      if (digest(new Uint8Array(block.buffer, 0, piece.length)) !== checksum) {
        throw new CacheFault('damaged', `block ${b} does not match its checksum`);
      }
      this.#blocks.push(block);
    }
    this.#ids = ids;
    for (const [row, id] of ids.entries()) if (id !== null) this.#rowOf.set(id, row);
  }
}

/** The k smallest distances seen so far, with everything within `slack` of the k-th. */
class Nearest {
  readonly k: number;
  bound = Number.POSITIVE_INFINITY;
  #rows: number[] = [];
  #distances: number[] = [];

  constructor(k: number) {
    this.k = k;
  }

  add(rows: readonly number[], distances: readonly number[]): void {
    for (let i = 0; i < rows.length && distances[i] <= this.bound; i++) {
      this.#rows.push(rows[i]);
      this.#distances.push(distances[i]);
    }
    if (this.#rows.length < this.k) return;
    const sorted = Float64Array.from(this.#distances).sort();
    this.bound = sorted[this.k - 1] + slack;
    const keep = this.#distances.map((distance) => distance <= this.bound);
    this.#rows = this.#rows.filter((_, i) => keep[i]);
    this.#distances = this.#distances.filter((_, i) => keep[i]);
  }

  rows(): number[] {
    return this.#rows;
  }
}

/** The cosine of a unit vector and the unit row at `at` of a block, summed in double precision. */
function dot(unit: Float32Array, block: Float32Array, at: number, dim: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let d = 0;
  for (; d + 3 < dim; d += 4) {
    s0 += unit[d] * block[at + d];
    s1 += unit[d + 1] * block[at + d + 1];
    s2 += unit[d + 2] * block[at + d + 2];
    s3 += unit[d + 3] * block[at + d + 3];
  }
  for (; d < dim; d++) s0 += unit[d] * block[at + d];
  return Math.max(-1, Math.min(1, s0 + s1 + s2 + s3));
}

/** A vector scaled to length 1, in a buffer of its own. */
function normalised(
  vector: ArrayLike<number>,
  dim: number,
  kind: 'usage' | 'corrupt',
  what: string,
): Float32Array<ArrayBuffer> {
  if (vector.length !== dim) {
    throw new PrecedentError(kind, `${what} has ${vector.length} values where the encoder gives ${dim}`);
  }
  let squares = 0;
  for (let d = 0; d < dim; d++) squares += vector[d] * vector[d];
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
    throw new PrecedentError(kind, `${what} has values that are not finite or all zero`);
  }
  const unit = new Float32Array(dim);
  for (let d = 0; d < dim; d++) unit[d] = vector[d] / length;
  return unit;
}

function assertAscending(rows: Int32Array, end: number): void {
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < (i === 0 ? 0 : rows[i - 1] + 1) || rows[i] >= end) {
      throw new PrecedentError('internal', 'the allowed rows are not ascending row numbers of the matrix');
    }
  }
}
