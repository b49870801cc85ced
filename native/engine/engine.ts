/** What the handlers share: the open library, the processes it leans on, the encoder, the granted paths. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { EngineContract, ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type InferenceContract, inferenceContract } from '../contract/inference.ts';
import type { JobRow } from '../contract/jobs.ts';
import type { Level } from '../contract/levels.ts';
import { noPolicy, type Policy } from '../contract/policy.ts';
import { type ReaderContract, readerContract } from '../contract/reader.ts';
import type { EventData } from '../contract/rpc.ts';
import type { Embedder } from '../encoder/embedder.ts';
import { countMissing, embedMissing, isComplete, isDamaged } from '../ingest/embedMissing.ts';
import { JobQueue } from '../ingest/jobs/queue.ts';
import { Watcher } from '../ingest/jobs/watch.ts';
import { outlineMissing } from '../ingest/outlineMissing.ts';
import { checkEncryption } from '../policy/libraryRules.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { ManagedProcess, type Spawner } from '../process/managed.ts';
import { ProcessPool } from '../process/pool.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';
import { AutomaticBackups } from './automaticBackups.ts';
import { Encoders } from './encoders.ts';
import type { Grants } from './grants.ts';
import { Library } from './library.ts';
import { Mender } from './mend.ts';
import { noteEncryption } from './noteEncryption.ts';
import { unlockLibrary } from './unlock.ts';

interface EngineOptions {
  readonly root: string;
  readonly resources: string;
  readonly calibrations?: string | undefined;
  readonly demonstration: boolean;
  readonly mayCreate: boolean;
  readonly policy?: Policy;
  /** Of an encrypted library. */
  readonly key?: Uint8Array | undefined;
  readonly onConverting?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly spawner: Spawner;
  readonly onProcess: (state: ProcessState) => void;
  /** The library holds other things, or more of it can be found, than before. */
  readonly onLibrary: () => void;
  readonly onJob: (job: JobRow) => void;
  /** Damage was met in the catalog: opened again, the library can be read as far as it goes. */
  readonly onDamage: () => void;
  readonly onEncoder: (news: EventData<EngineContract, 'encoder'>) => void;
  readonly grants: Grants;
}

interface Job {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly ended: Promise<void>;
}

const mostReaders = 8;

/** One core is left for the engine and the inference. */
function readerCount(): number {
  return Math.min(mostReaders, Math.max(2, availableParallelism() - 1));
}

export class Engine {
  readonly library: Library;
  readonly encoders: Encoders;
  /** Starts processes beside the managed ones. */
  readonly spawner: Spawner;
  readonly inference: ManagedProcess<InferenceContract>;
  readonly reader: ProcessPool<ReaderContract>;
  readonly queue: JobQueue;
  readonly watcher: Watcher;
  readonly grants: Grants;
  readonly backups: AutomaticBackups;
  readonly mender: Mender;
  readonly #onLibrary: () => void;
  readonly #onDamage: () => void;
  readonly #closing = new AbortController();
  #job: Job | null = null;
  #closed: Promise<void> | null = null;
  #again = false;
  #background: { readonly abort: AbortController; readonly ended: Promise<void> } | null = null;

  private constructor(
    library: Library,
    encoders: Encoders,
    options: EngineOptions,
    processes: Pick<Engine, 'inference' | 'reader'>,
  ) {
    this.library = library;
    this.encoders = encoders;
    this.spawner = options.spawner;
    this.inference = processes.inference;
    this.reader = processes.reader;
    this.grants = options.grants;
    this.#onLibrary = options.onLibrary;
    this.#onDamage = options.onDamage;
    this.mender = new Mender(this);
    this.backups = new AutomaticBackups(library, (why) => this.damaged(why));
    const { reader } = processes;
    const services = { library, reader, current: () => encoders.standard };
    this.queue = new JobQueue(services, {
      onLibrary: options.onLibrary,
      onJob: (job) => {
        options.onJob(job);
        // What else is kept embedded is made for the new volumes once the job has ended.
        if (job.finishedAt !== undefined) this.embedInBackground();
      },
    });
    this.watcher = new Watcher({
      watched: library.watched,
      queue: this.queue,
      walk: async (folder) => (await reader.call('walk', { paths: [folder] }, { group: 'watch' })).files,
      transaction: (step) => library.db.transaction(step)(),
      now: () => Date.now(),
    });
  }

  /** Opens a library with its encoders. Throws what Library.open and Encoders.open throw. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { spawner, onProcess } = options;
    const inference = new ManagedProcess('inference', inferenceContract, spawner, onProcess);
    const { root, demonstration, policy = noPolicy, mayCreate, onConverting = () => undefined } = options;
    const key = await unlockLibrary(root, options.key, policy, onConverting);
    if (!demonstration) checkEncryption(policy, key !== undefined);
    const reader = new ProcessPool('reader', readerContract, spawner, onProcess, {
      size: readerCount(),
      prepare: key && ((client) => client.call('unlock', { folder: root, key })),
    });
    const library = await Library.open(root, demonstration, policy, mayCreate);
    try {
      if (!library.readOnly) await noteEncryption(library);
      const encoders = await Encoders.open(library, {
        folder: join(options.resources, 'encoders'),
        inference,
        calibrations: options.calibrations,
      });
      inference.on('changed', ({ encoder, dropped }) => {
        const { info, folder } = encoders.standard;
        if (encoder === folder) options.onEncoder({ encoder: info, dropped });
      });
      return new Engine(library, encoders, options, { inference, reader });
    } catch (error) {
      await library.close();
      throw error;
    }
  }

  /** The encoder that searches use unless they name one. */
  get embedder(): Embedder {
    return this.encoders.standard;
  }

  /**
   * Lends the voxels of a stored volume to `use`; damaged ones are read again from the originals, and lent once more.
   * Throws `not-found` for an unknown volume, `corrupt`.
   */
  async withVoxels<T>(volume: string, use: (file: VoxelFile) => Promise<T>): Promise<T> {
    const { id } = this.library.reads.volume(volume);
    try {
      return await this.#lend(id, use);
    } catch (error) {
      const { kind } = PrecedentError.from(error);
      const mayBeVoxels = kind === 'corrupt' || kind === 'not-found';
      if (!mayBeVoxels || this.library.readOnly || !(await isDamaged(this.library, id))) throw error;
      if (!(await this.mender.voxels(id, this.#closing.signal))) throw error;
      return this.#lend(id, use);
    }
  }

  async #lend<T>(id: string, use: (file: VoxelFile) => Promise<T>): Promise<T> {
    const file = await openVoxelFile(this.library.layout.voxelFile(id));
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /**
   * Runs a job that changes the whole library; a second one meanwhile is `busy`, unless the first was cancelled and only
   * has to come to its end. The job's signal also aborts when the engine closes.
   */
  async exclusively<T>(
    name: string,
    signal: AbortSignal,
    job: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    while (this.#job?.signal.aborted) await this.#job.ended;
    if (this.#job !== null) {
      throw new PrecedentError(
        'busy',
        `${this.#job.name} is running`,
        undefined,
        'wait until it has ended, or cancel it',
      );
    }
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    this.#job = { name, signal: either, ended };
    try {
      await this.stopEmbedding();
      return await this.queue.held(() => job(either));
    } finally {
      this.#job = null;
      end();
      this.embedInBackground();
    }
  }

  /**
   * Embeds what the library's encoders have not embedded yet, which an older version, a switch or an import that was cut off
   * left behind, and then drops the older embeddings; measures outlines that an older version did not. A job that changes the
   * library stops it, and it goes on afterwards.
   */
  embedInBackground(): void {
    if (this.#job !== null || this.#closing.signal.aborted || this.library.readOnly) return;
    if (this.#background !== null) {
      this.#again = true;
      return;
    }
    this.#again = false;
    const abort = new AbortController();
    this.#background = {
      abort,
      // What fails here is tried again after the next job or start; searches say what they could not find meanwhile.
      ended: this.#embedMissing(abort.signal)
        .catch(() => undefined)
        .finally(() => {
          this.#background = null;
          // Something came after this run had looked for what is missing.
          if (this.#again && !abort.signal.aborted) this.embedInBackground();
        }),
    };
  }

  /** Goes on with what an earlier engine left unfinished, and watches the library's folders. */
  goOn(): void {
    if (this.library.readOnly) return;
    this.backups.start();
    this.queue.goOn();
    this.watcher.start();
  }

  /** Waits until the embedding in the background has come to an end. Throws `cancelled` once the caller no longer waits. */
  async embedded(signal: AbortSignal): Promise<void> {
    const { promise: withdrawn, resolve: withdraw } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => withdraw(), { once: true });
    while (this.#background !== null && !signal.aborted)
      await Promise.race([this.#background.ended, withdrawn]);
    throwIfCancelled(signal);
  }

  async #embedMissing(signal: AbortSignal): Promise<void> {
    for (const { embedder, levels } of this.encoders.kept())
      await this.#keepEmbedded(embedder, levels, signal);
    if ((await outlineMissing(this.library, signal)) === 0) return;
    this.#onLibrary();
    // Captions tell of outlines: those that are embedded have to be once more.
    this.#again = true;
  }

  async #keepEmbedded(embedder: Embedder, levels: readonly Level[], signal: AbortSignal): Promise<void> {
    const { library } = this;
    const before = countMissing(library, embedder, levels);
    const failed = before > 0 ? await embedMissing(library, embedder, levels, signal) : [];
    for (const { volume, damaged } of failed)
      if (damaged && (await this.mender.voxels(volume, signal))) this.#again = true;
    const left = countMissing(library, embedder, levels);
    if (isComplete(library, embedder, levels, failed)) await this.encoders.completed(embedder);
    if (left < before) this.#onLibrary();
  }

  /** Stops the embedding in the background and begins it anew: another encoder or other levels are wanted. */
  async embedAnew(): Promise<void> {
    await this.stopEmbedding();
    this.embedInBackground();
  }

  /** Stops the embedding in the background at the next volume; it goes on with embedInBackground. */
  async stopEmbedding(): Promise<void> {
    this.#background?.abort.abort();
    await this.#background?.ended;
  }

  /** To be called when SQLite met damage: nothing is written any more, and whoever started this engine is to do so again. */
  async damaged(why: string): Promise<void> {
    if (this.library.readOnly) return;
    // Where the mark cannot be written the next opening looks through a catalog that is not sealed.
    await this.library.damaged(why).catch(() => undefined);
    this.#onDamage();
  }

  /** Lets the running job come to a safe end, then closes the library. @param before as `Library.close` */
  close(before?: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#close(before);
    return this.#closed;
  }

  async #close(before: (() => Promise<void>) | undefined): Promise<void> {
    this.#closing.abort();
    await this.stopEmbedding();
    await this.#job?.ended;
    await this.watcher.stop();
    await this.queue.close();
    await this.inference.stop();
    await this.reader.stop();
    await this.backups.stop();
    await this.library.close(before);
  }
}
