/** An open library: its catalog, files, vectors and encoder, held by exactly one engine until it is closed. */
import { join, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CatalogAnnotations, catalogAnnotations } from '../catalog/annotations.ts';
import { type CatalogAudit, catalogAudit } from '../catalog/audit.ts';
import { type CatalogCaptions, catalogCaptions } from '../catalog/captions.ts';
import { type CatalogChanges, catalogChanges } from '../catalog/changes.ts';
import { type Database, forbidWrites, openDatabase, schemaVersion } from '../catalog/database.ts';
import { type CatalogDeletions, catalogDeletions } from '../catalog/deletions.ts';
import { type CatalogDuplicates, catalogDuplicates } from '../catalog/duplicates.ts';
import { type CatalogEdits, catalogEdits } from '../catalog/edits.ts';
import {
  type CatalogEmbeddings,
  catalogEmbeddings,
  type EmbeddingKey,
  embeddingId,
  type StoredKey,
} from '../catalog/embeddings.ts';
import { type CatalogFeedback, catalogFeedback } from '../catalog/feedback.ts';
import { type CatalogFilterSets, catalogFilterSets } from '../catalog/filterSets.ts';
import { type CatalogFinding, catalogFinding } from '../catalog/finding.ts';
import { type CatalogJobs, catalogJobs } from '../catalog/jobs.ts';
import { type CatalogKeyImages, catalogKeyImages } from '../catalog/keyImages.ts';
import { type CatalogMerges, catalogMerges } from '../catalog/merges.ts';
import { type CatalogReads, catalogReads } from '../catalog/reads.ts';
import { type CatalogReports, catalogReports } from '../catalog/reports.ts';
import { salvageCatalog } from '../catalog/salvage.ts';
import { type CatalogSavedQueries, catalogSavedQueries } from '../catalog/savedQueries.ts';
import { type CatalogUsers, catalogUsers } from '../catalog/users.ts';
import { type CatalogWatched, catalogWatched } from '../catalog/watched.ts';
import { type CatalogWrites, catalogWrites } from '../catalog/writes.ts';
import type { ReadOnly } from '../contract/backups.ts';
import { levels } from '../contract/levels.ts';
import { noPolicy, type Policy } from '../contract/policy.ts';
import type { EmbedRegion } from '../encoder/voxelSource.ts';
import { safeFileName } from '../files/fileName.ts';
import {
  emptyFolder,
  ensureFolder,
  fileExists,
  removeFile,
  removeFolder,
  removeTemporaries,
} from '../files/files.ts';
import { holdFolder } from '../files/held.ts';
import { type Layout, libraryLayout } from '../files/layout.ts';
import { lockLibrary } from '../files/lock.ts';
import { checkLibraryDisk } from '../files/place.ts';
import { Staging } from '../files/staging.ts';
import { unpackMask } from '../lesion/mask.ts';
import { type Gallery, patchedGallery } from '../retrieval/gallery.ts';
import { LevelIndex } from '../retrieval/levelIndex.ts';
import type { CacheKey } from '../vectors/cache.ts';
import { VectorStore, vectorFiles } from '../vectors/store.ts';
import { fromFloat16 } from '../volume/float16.ts';
import { backupPlace } from './backupPlace.ts';
import { makeBackup } from './backups.ts';
import { breakSeal, inspectCatalog, markDamaged, replacementTold, sealCatalog } from './catalogSeal.ts';
import { finishDeletions } from './deletion.ts';
import { Session } from './session.ts';
import { checkStanding } from './standing.ts';
import { strayPaths } from './strays.ts';

export class Library {
  readonly layout: Layout;
  readonly staging: Staging;
  readonly db: Database;
  readonly audit: CatalogAudit;
  readonly users: CatalogUsers;
  readonly session: Session;
  readonly reads: CatalogReads;
  readonly writes: CatalogWrites;
  readonly jobs: CatalogJobs;
  readonly reports: CatalogReports;
  readonly watched: CatalogWatched;
  readonly embeddings: CatalogEmbeddings;
  readonly annotations: CatalogAnnotations;
  readonly keyImages: CatalogKeyImages;
  readonly feedback: CatalogFeedback;
  readonly captions: CatalogCaptions;
  readonly filterSets: CatalogFilterSets;
  readonly finding: CatalogFinding;
  readonly changes: CatalogChanges;
  readonly edits: CatalogEdits;
  readonly savedQueries: CatalogSavedQueries;
  readonly merges: CatalogMerges;
  readonly duplicates: CatalogDuplicates;
  readonly deletions: CatalogDeletions;
  readonly #openedAsDemonstration: boolean;
  readonly #unlock: () => Promise<void>;
  readonly #letGo: () => void;
  readonly #stores = new Map<string, { readonly revision: string; readonly store: Promise<VectorStore> }>();
  readonly #indexes = new WeakMap<VectorStore, LevelIndex>();
  /** By key, for a state of its embeddings; none once the lesions or volumes are others. */
  readonly #missing = new Map<string, { readonly revision: string; readonly count: number }>();
  readonly #caching = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #gallery: Gallery | null = null;
  #readOnly: ReadOnly | null = null;
  #captioning = false;

  private constructor(
    layout: Layout,
    db: Database,
    demonstration: boolean,
    policy: Policy,
    unlock: () => Promise<void>,
  ) {
    this.layout = layout;
    this.staging = new Staging(layout.staging);
    this.db = db;
    this.audit = catalogAudit(db, () => this.session.user);
    this.reads = catalogReads(db);
    this.writes = catalogWrites(db, this.audit);
    this.users = catalogUsers(db);
    this.jobs = catalogJobs(db);
    this.reports = catalogReports(db);
    this.watched = catalogWatched(db);
    this.embeddings = catalogEmbeddings(db);
    this.annotations = catalogAnnotations(db);
    this.keyImages = catalogKeyImages(db);
    this.feedback = catalogFeedback(db);
    this.captions = catalogCaptions(db);
    this.filterSets = catalogFilterSets(db);
    this.finding = catalogFinding(db);
    this.changes = catalogChanges(db, this.audit);
    this.edits = catalogEdits(db, this.writes, this.changes);
    this.savedQueries = catalogSavedQueries(db);
    this.duplicates = catalogDuplicates(db);
    this.deletions = catalogDeletions(db, this.audit);
    this.merges = catalogMerges(db, this.edits, this.changes);
    this.session = new Session({
      users: this.users,
      audit: this.audit,
      policy,
      readSetting: this.reads.setting,
      writeSetting: this.writes.setSetting,
    });
    this.#openedAsDemonstration = demonstration;
    this.#unlock = unlock;
    this.#letGo = holdFolder(layout.root, db.name);
  }

  /**
   * Opens the library in `root`, creating an empty one where there is none and `mayCreate` says so. Throws `busy`, `corrupt`, `storage`,
   * `not-found` where there is none, `refused` for a place that may not hold one.
   */
  static async open(
    root: string,
    demonstration: boolean,
    policy: Policy = noPolicy,
    mayCreate = true,
  ): Promise<Library> {
    const layout = libraryLayout(root);
    // What is generated can be generated again.
    if (!demonstration) await checkLibraryDisk(root);
    await checkStanding(layout, mayCreate);
    for (const folder of [root, layout.voxels, layout.vectors, layout.thumbnails, layout.staging])
      await ensureFolder(folder);
    const unlock = await lockLibrary(layout.lock);
    try {
      for (const folder of [layout.voxels, layout.vectors, layout.thumbnails])
        await removeTemporaries(folder);
      await emptyFolder(layout.staging);
      const state = await inspectCatalog(layout);
      if (state.state === 'changed' || state.state === 'damaged')
        return Library.#openSalvaged(layout, state, demonstration, policy, unlock);
      if (state.state === 'sound' && state.schema < schemaVersion)
        await makeBackup(await backupPlace(layout, policy), layout.catalog, 'migration');
      const replaced = await breakSeal(layout);
      const library = new Library(layout, openDatabase(layout.catalog), demonstration, policy, unlock);
      try {
        if (replaced) {
          library.audit.append([{ ...replaced, subject: '' }]);
          await replacementTold(layout);
        }
        // What cannot be removed now, as on a full disk, is tried again; `verify` says so meanwhile.
        await finishDeletions(library).catch(() => undefined);
        for (const path of await strayPaths(layout, library)) await removeFolder(path);
        const copy = library.reads.privateCopy();
        if (copy && (await fileExists(join(layout.originals, copy.volume, copy.name))))
          library.writes.rehome(layout.originals, sep);
        library.#caption();
      } catch (error) {
        library.#letGo();
        library.db.close();
        throw error;
      }
      return library;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * What can be read of a damaged catalog, as a catalog of its own that is gone when it is closed: the damaged one stays as it is,
   * and whatever the engine writes meanwhile lasts no longer.
   */
  static #openSalvaged(
    layout: Layout,
    { state, why }: { readonly state: ReadOnly['state']; readonly why: string },
    demonstration: boolean,
    policy: Policy,
    unlock: () => Promise<void>,
  ): Library {
    const path = join(layout.staging, 'salvaged.sqlite');
    const { rows, torn } = salvageCatalog(layout.catalog, path);
    const library = new Library(layout, openDatabase(path), demonstration, policy, unlock);
    library.#readOnly = { state, why, rows, torn: [...torn] };
    library.#caption();
    return library;
  }

  /** Why nothing may be changed; null where it may. */
  get readOnly(): ReadOnly | null {
    return this.#readOnly;
  }

  /** To be called when SQLite met damage: from now on nothing is written, and the next opening salvages. */
  async damaged(why: string): Promise<void> {
    if (this.#readOnly) return;
    this.#readOnly = { state: 'damaged', why, torn: [] };
    forbidWrites(this.db);
    await markDamaged(this.layout, why);
  }

  /** Whether it holds generated patients only. */
  get demonstration(): boolean {
    return this.#openedAsDemonstration || this.reads.setting('demonstration') === 'yes';
  }

  /** Every lesion, by id, in catalog order; read again after `changed`. */
  gallery(): Gallery {
    this.#gallery ??= new Map(this.reads.gallery().map((row) => [row.lesion, row]));
    return this.#gallery;
  }

  /** To be called after every change of lesions or labels. */
  changed(): void {
    this.#gallery = null;
    this.#missing.clear();
    this.#caption();
  }

  /** To be called in its place where labels and diagnoses of these lesions are all that changed: the others are not read again. */
  edited(lesions: readonly string[]): void {
    if (this.#gallery) {
      this.#gallery = patchedGallery(this.#gallery, this.reads.gallery(lesions));
    }
    this.#caption();
  }

  /**
   * Captions what changed: at once as much as a change by hand can be, the rest of a whole library beside other work. What
   * cannot be written now, as on a full disk, is still marked and tried after the next change.
   */
  #caption(): void {
    const work = async () => {
      if (!this.captions.refreshSome() || this.#captioning) return;
      this.#captioning = true;
      try {
        do await nextTurn();
        while (this.db.open && this.captions.refreshSome());
      } finally {
        this.#captioning = false;
      }
    };
    work().catch(() => undefined);
  }

  /** How many lesions or volumes have no vector under a key. */
  missing(key: EmbeddingKey): number {
    const revision = this.embeddings.revision(key);
    const id = storeId(this.vectorPath(key), key);
    const known = this.#missing.get(id);
    if (known?.revision === revision) return known.count;
    const count = this.embeddings.missing(key).length;
    this.#missing.set(id, { revision, count });
    return count;
  }

  /** A lesion with its mask, in the indices of its volume. Throws `not-found`. */
  lesionRegion(lesion: string): EmbedRegion {
    const { box, packed } = this.reads.lesionMask(lesion);
    return { box, mask: unpackMask(box, packed) };
  }

  /** The vectors under a key: from the checked cache, else rebuilt from the catalog's embeddings. */
  async vectors(key: StoredKey): Promise<VectorStore> {
    const path = this.vectorPath(key);
    const revision = this.embeddings.revision(key);
    const id = storeId(path, key);
    const held = this.#stores.get(id);
    if (held?.revision === revision) return held.store;
    const store = this.#loadVectors(key, revision);
    this.#stores.set(id, { revision, store });
    store.catch(() => {
      if (this.#stores.get(id)?.store === store) this.#stores.delete(id);
    });
    return store;
  }

  /** As `vectors`, by the lesions or volumes that they belong to. */
  async index(key: StoredKey): Promise<LevelIndex> {
    const store = await this.vectors(key);
    const known = this.#indexes.get(store);
    if (known) return known;
    const index = new LevelIndex(store, levels[key.level].slices);
    this.#indexes.set(store, index);
    return index;
  }

  async #loadVectors(stored: StoredKey, revision: string): Promise<VectorStore> {
    const key = vectorKey(stored);
    const path = this.vectorPath(stored);
    const loaded = await VectorStore.open(path, key, revision);
    if (loaded.state === 'ready') {
      // Searches are exact until a graph that was not kept is there again.
      loaded.value.updateGraph(this.#closing.signal).catch(() => undefined);
      return loaded.value;
    }
    const store = VectorStore.build(key, this.#rows(stored));
    await store.updateGraph();
    if (!this.#readOnly) {
      const isCurrent = () => this.db.open && this.embeddings.revision(stored) === revision;
      // A full or read-only disk costs the cache, not the search.
      await this.cache(isCurrent, () => store.save(path, revision)).catch(() => undefined);
    }
    return store;
  }

  /** Writes a cache of something unless that was deleted while it was made; a deletion waits for what is being written. */
  async cache(isCurrent: () => boolean, write: () => Promise<void>): Promise<void> {
    if (!isCurrent()) return;
    const writing = write();
    this.#caching.add(writing);
    await writing.finally(() => this.#caching.delete(writing));
  }

  /** Waits for the caches that are being written now. */
  async cached(): Promise<void> {
    await Promise.allSettled(this.#caching);
  }

  *#rows(key: EmbeddingKey): Generator<{ id: string; vector: Float32Array }> {
    for (const { owner, slice, vector: bytes } of this.embeddings.rows(key)) {
      const vector = fromFloat16(bytes);
      // The deviation of slices that are all the same points nowhere and is near to nothing.
      if (vector.some((value) => value !== 0)) yield { id: embeddingId(owner, slice), vector };
    }
  }

  /** One file for each level of an encoder: what an earlier version left in it is stale and written anew. */
  vectorPath({ encoder, level, pooling }: EmbeddingKey): string {
    const name = [encoder, level, ...(pooling ? [pooling] : [])].join('.');
    return join(this.layout.vectors, safeFileName(name));
  }

  /** Drops the vectors of keys that are gone from memory, and their files. */
  async forgetVectors(keys: readonly EmbeddingKey[]): Promise<void> {
    for (const key of keys) {
      const path = this.vectorPath(key);
      for (const id of this.#stores.keys()) if (id.startsWith(`${path} `)) this.#stores.delete(id);
      for (const file of vectorFiles(path)) await removeFile(file);
    }
  }

  /** @param before what is to be done while nobody else can open the library yet */
  async close(before: () => Promise<void> = async () => undefined): Promise<void> {
    this.#closing.abort();
    for (const { store } of this.#stores.values()) await store.catch(() => undefined);
    this.#letGo();
    this.db.close();
    try {
      // What cannot be sealed, as on a full disk, is looked through at the next opening.
      if (!this.#readOnly) await sealCatalog(this.layout).catch(() => undefined);
      await before();
    } finally {
      await this.#unlock();
    }
  }
}

function storeId(path: string, { version, preprocessing }: EmbeddingKey): string {
  return `${path} ${version} ${preprocessing}`;
}

/** What the vectors under a key are cached under. */
export function vectorKey({ encoder, version, preprocessing, level, pooling, dim }: StoredKey): CacheKey {
  return { level, pooling, dim, encoder: { id: encoder, version, preprocessing } };
}
