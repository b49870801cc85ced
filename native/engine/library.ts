/** An open library: its catalog, files, vectors and encoder, held by exactly one engine until it is closed. */
import { join } from 'node:path';
import { type Database, openDatabase } from '../catalog/database.ts';
import { type CatalogJobs, catalogJobs } from '../catalog/jobs.ts';
import { type CatalogReads, catalogReads } from '../catalog/reads.ts';
import { type CatalogReports, catalogReports } from '../catalog/reports.ts';
import { type CatalogWatched, catalogWatched } from '../catalog/watched.ts';
import { type CatalogWrites, catalogWrites } from '../catalog/writes.ts';
import type { Embedder } from '../encoder/embedder.ts';
import { emptyFolder, ensureFolder, removeFolder, removeTemporaries } from '../files/files.ts';
import { type Layout, libraryLayout } from '../files/layout.ts';
import { lockLibrary } from '../files/lock.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import type { CacheKey } from '../vectors/cache.ts';
import { VectorStore } from '../vectors/store.ts';
import { fromFloat16 } from '../volume/float16.ts';
import { strayPaths } from './strays.ts';

export class Library {
  readonly layout: Layout;
  readonly db: Database;
  readonly reads: CatalogReads;
  readonly writes: CatalogWrites;
  readonly jobs: CatalogJobs;
  readonly reports: CatalogReports;
  readonly watched: CatalogWatched;
  readonly #openedAsDemonstration: boolean;
  readonly #unlock: () => Promise<void>;
  #store: Promise<VectorStore> | null = null;
  #storeRevision = '';
  #gallery: Map<string, GalleryRow> | null = null;

  private constructor(layout: Layout, db: Database, demonstration: boolean, unlock: () => Promise<void>) {
    this.layout = layout;
    this.db = db;
    this.reads = catalogReads(db);
    this.writes = catalogWrites(db);
    this.jobs = catalogJobs(db);
    this.reports = catalogReports(db);
    this.watched = catalogWatched(db);
    this.#openedAsDemonstration = demonstration;
    this.#unlock = unlock;
  }

  /** Opens the library in `root`, creating an empty one where there is none. Throws `busy`, `corrupt` or `storage`. */
  static async open(root: string, demonstration: boolean): Promise<Library> {
    const layout = libraryLayout(root);
    for (const folder of [root, layout.voxels, layout.vectors, layout.thumbnails, layout.staging])
      await ensureFolder(folder);
    const unlock = await lockLibrary(layout.lock);
    try {
      for (const folder of [layout.voxels, layout.vectors, layout.thumbnails])
        await removeTemporaries(folder);
      await emptyFolder(layout.staging);
      const library = new Library(layout, openDatabase(layout.catalog), demonstration, unlock);
      try {
        for (const path of await strayPaths(layout, library)) await removeFolder(path);
      } catch (error) {
        library.db.close();
        throw error;
      }
      return library;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Whether it holds generated patients only. */
  get demonstration(): boolean {
    return this.#openedAsDemonstration || this.reads.setting('demonstration') === 'yes';
  }

  /** Every lesion that a search can find, by id; read again after `changed`. */
  gallery(): Map<string, GalleryRow> {
    this.#gallery ??= new Map(this.reads.gallery().map((row) => [row.lesion, row]));
    return this.#gallery;
  }

  /** To be called after every change of lesions or labels. */
  changed(): void {
    this.#gallery = null;
  }

  /** The vectors of an encoder: from the checked cache, else rebuilt from the catalog's embeddings. */
  async vectors(embedder: Embedder): Promise<VectorStore> {
    const revision = this.reads.embeddingRevision();
    if (!this.#store || this.#storeRevision !== revision) {
      const store = this.#loadVectors(embedder, revision);
      this.#storeRevision = revision;
      this.#store = store;
      store.catch(() => {
        if (this.#store === store) this.#store = null;
      });
    }
    return this.#store;
  }

  async #loadVectors(embedder: Embedder, revision: string): Promise<VectorStore> {
    const key = vectorKey(embedder);
    const path = this.vectorPath(embedder);
    const loaded = await VectorStore.open(path, key, revision);
    if (loaded.state === 'ready') return loaded.value;
    const store = VectorStore.build(key, this.#rows(embedder));
    await store.updateGraph();
    // A full or read-only disk costs the cache, not the search.
    await store.save(path, revision).catch(() => undefined);
    return store;
  }

  *#rows(embedder: Embedder): Generator<{ id: string; vector: Float32Array }> {
    for (const { lesion, vector } of this.reads.embeddings(embedder.key))
      yield { id: lesion, vector: fromFloat16(vector) };
  }

  vectorPath(embedder: Embedder): string {
    return join(this.layout.vectors, `${embedder.key.encoder}.${embedder.key.level}`);
  }

  async close(): Promise<void> {
    await this.#store?.catch(() => undefined);
    this.db.close();
    await this.#unlock();
  }
}

/** What the vectors of an encoder are cached under. */
export function vectorKey(embedder: Embedder): CacheKey {
  const { encoder, version, preprocessing, level } = embedder.key;
  return { level, dim: embedder.dim, encoder: { id: encoder, version, preprocessing } };
}
