/** The vectors of one level as a method searches them: whose they are, and which of them are allowed. */
import type { VectorStore } from '../vectors/store.ts';
import type { OwnedHit } from './aggregate.ts';
import { type Part, partQuery } from './part.ts';

/** All vectors of a level, by the lesion or volume that they belong to. */
export class LevelIndex {
  readonly store: VectorStore;
  /** The identifiers of an owner's vectors, its slices ascending; null where an owner has one, under its own name. */
  readonly #of: ReadonlyMap<string, readonly string[]> | null;

  /** @param slices whether the identifiers are those of slices, `OWNER/SLICE` */
  constructor(store: VectorStore, slices: boolean) {
    this.store = store;
    this.#of = slices ? Map.groupBy(store.ids(), ownerOf) : null;
  }

  has(owner: string): boolean {
    return this.#of === null ? this.store.rowOf(owner) !== undefined : this.#of.has(owner);
  }

  /** Copies of an owner's vectors, of length 1, its slices ascending; none where it has none. */
  vectorsOf(owner: string): Float32Array[] {
    return this.#ids(owner).flatMap((id) => this.store.vectorOf(id) ?? []);
  }

  /** The vectors of some of an owner's slices; those that are there. */
  slicesOf(owner: string, slices: readonly number[]): Float32Array[] {
    return slices.flatMap((slice) => this.store.vectorOf(`${owner}/${slice}`) ?? []);
  }

  /** As `vectorsOf`, each with its slice k; only of a level with slices. */
  slicedVectorsOf(owner: string): { slice: number; vector: Float32Array }[] {
    return this.#ids(owner).flatMap((id) => {
      const vector = this.store.vectorOf(id);
      return vector ? [{ slice: Number(id.slice(owner.length + 1)), vector }] : [];
    });
  }

  /** The ascending row numbers of the vectors of these owners. */
  rowsOf(owners: Iterable<string>): Int32Array {
    const ids: string[] = [];
    for (const owner of owners) ids.push(...this.#ids(owner));
    return this.store.rowsOf(ids);
  }

  #ids(owner: string): readonly string[] {
    return this.#of === null ? [owner] : (this.#of.get(owner) ?? []);
  }
}

/** The index as one search sees it: some owners only, and one part of the vectors. */
export class ScopedIndex {
  readonly #index: LevelIndex;
  /** Undefined where everything is allowed. */
  readonly #allowed: Int32Array | undefined;
  readonly #part: Part | undefined;

  constructor(index: LevelIndex, owners: ReadonlySet<string>, part?: Part) {
    this.#index = index;
    const rows = index.rowsOf(owners);
    this.#allowed = rows.length === index.store.size ? undefined : rows;
    this.#part = part;
  }

  /** The k nearest vectors to a query by cosine, each as its owner; an owner comes once for each of its vectors. */
  nearest(vector: Float32Array, k: number): OwnedHit[] {
    const compared = this.#part && partQuery(vector, this.#part);
    const found = this.#index.store.search(compared?.vector ?? vector, k, this.#allowed);
    return found.map(({ id, score }) => ({ owner: ownerOf(id), score: compared?.score(score) ?? score }));
  }

  vectorsOf(owner: string): Float32Array[] {
    return this.#index.vectorsOf(owner);
  }
}

/** Whose vector an identifier of `embeddingId` names; the ids of the catalog hold no slash. */
function ownerOf(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? id : id.slice(0, slash);
}
