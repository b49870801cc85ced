/** The methods of 3D-MIR, run by the vector store and the aggregation that searches use, on embeddings of any encoder. */
import { PrecedentError } from '../../contract/errors.ts';
import type { PoolingName } from '../../encoder/manifestSchema.ts';
import { pooled } from '../../encoder/pooling.ts';
import { aggregate, type OwnedHit } from '../../retrieval/aggregate.ts';
import { interleave } from '../../retrieval/fuse.ts';
import type { Scored } from '../../retrieval/scored.ts';
import type { CacheKey } from '../../vectors/cache.ts';
import { VectorStore } from '../../vectors/store.ts';

/** A case: the vector of each slice, of any length, and its caption's in the same space where there is one. */
export interface MirItem {
  readonly name: string;
  readonly slices: readonly Float32Array[];
  readonly caption?: Float32Array;
}

/** How many slices the benchmark finds for each slice of a query, and for its caption. */
export const mirSliceHits = 20;

const sliceMethods = [
  ['slice-freq', 'frequency'],
  ['slice-max', 'max'],
  ['slice-sum', 'sum'],
] as const;
const volumeMethods = [
  ['volume-median', 'median'],
  ['volume-max', 'max'],
  ['volume-avg', 'mean'],
  ['volume-std', 'std'],
] as const;

export const mirMethodNames = [
  ...sliceMethods.map(([name]) => name),
  ...volumeMethods.map(([name]) => name),
  'caption' as const,
  'ensemble' as const,
];
export type MirMethod = (typeof mirMethodNames)[number];

/** The cases that are searched. A query never finds a case of its own name. */
export class MirIndex {
  readonly #kSlices: number;
  /** Whose each row of the slice index is. */
  readonly #owners: readonly string[];
  readonly #slices: VectorStore;
  readonly #volumes: readonly { method: MirMethod; pooling: PoolingName; store: VectorStore }[];

  /**
   * @param train their order breaks no tie: equal scores rank by name
   * @throws PrecedentError `usage` where two cases have one name or none has a slice, `corrupt` for a slice whose vector is
   * not finite, all zero, or of another dimension than the first
   */
  constructor(train: readonly MirItem[], kSlices = mirSliceHits) {
    const items = train.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (new Set(items.map(({ name }) => name)).size < items.length) {
      throw new PrecedentError('usage', 'two of the cases to be searched have the same name');
    }
    const rows = items.flatMap(({ name, slices }) => slices.map((vector) => ({ name, vector })));
    if (rows.length === 0) throw new PrecedentError('usage', 'none of the cases to be searched has a slice');
    const dim = rows[0].vector.length;
    const digits = String(rows.length).length;
    this.#kSlices = kSlices;
    this.#owners = rows.map(({ name }) => name);
    this.#slices = VectorStore.build(
      storeKey('slice', '', dim),
      rows.map(({ vector }, row) => ({ id: String(row).padStart(digits, '0'), vector })),
    );
    this.#volumes = volumeMethods.map(([method, pooling]) => {
      const volumes = items.flatMap(({ name, slices }) => {
        const vector = volumeVector(slices, pooling);
        return vector ? [{ id: name, vector }] : [];
      });
      return { method, pooling, store: VectorStore.build(storeKey('volume', pooling, dim), volumes) };
    });
  }

  /**
   * The names that each method finds for a case, the most similar first, as deep as the method goes. Without a caption of the
   * query there is no caption search and no ensemble.
   * @throws PrecedentError `usage` for a vector that is not finite, all zero, or of another dimension than the index
   */
  rankings(query: MirItem): Map<MirMethod, string[]> {
    const allowed = this.#othersThan(query.name);
    const bySlice = query.slices.map((slice) => this.#sliceHits(slice, allowed));
    const found = new Map<MirMethod, readonly Scored[]>();
    for (const [method, aggregation] of sliceMethods) found.set(method, aggregate(bySlice, aggregation));
    for (const { method, pooling, store } of this.#volumes) {
      const vector = volumeVector(query.slices, pooling);
      const hits = vector && store.size > 0 ? store.search(vector, store.size) : [];
      found.set(
        method,
        hits.filter(({ id }) => id !== query.name),
      );
    }
    if (query.caption) {
      const byCaption = aggregate([this.#sliceHits(query.caption, allowed)], 'frequency');
      found.set('caption', byCaption);
      found.set('ensemble', interleave([aggregate(bySlice, 'frequency'), byCaption], 'shortest'));
    }
    return new Map(Array.from(found, ([method, list]) => [method, list.map(({ id }) => id)]));
  }

  /** The rows of all cases but one; undefined where that one is not among them. */
  #othersThan(name: string): Int32Array | undefined {
    if (!this.#owners.includes(name)) return undefined;
    return Int32Array.from(this.#owners.keys()).filter((row) => this.#owners[row] !== name);
  }

  #sliceHits(vector: Float32Array, allowed: Int32Array | undefined): OwnedHit[] {
    const found = this.#slices.search(vector, this.#kSlices, allowed);
    return found.map(({ row, score }) => ({ owner: this.#owners[row], score }));
  }
}

/** Undefined where the slices give no direction: there are none, or, for the deviation, they are all the same. */
function volumeVector(slices: readonly Float32Array[], pooling: PoolingName): Float32Array | undefined {
  if (slices.length === 0) return undefined;
  const vector = pooled(slices, pooling);
  return vector.some((value) => value !== 0) ? vector : undefined;
}

function storeKey(level: 'slice' | 'volume', pooling: string, dim: number): CacheKey {
  return { level, pooling, dim, encoder: { id: 'benchmark', version: '', preprocessing: '' } };
}
