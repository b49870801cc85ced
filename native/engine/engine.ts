/** What the handlers share: the open library, the processes it leans on, the encoder, the granted paths. */
import { join } from 'node:path';
import type { ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type InferenceContract, inferenceContract } from '../contract/inference.ts';
import { type ReaderContract, readerContract } from '../contract/reader.ts';
import { Embedder } from '../encoder/embedder.ts';
import { ManagedProcess, type Spawner } from '../process/managed.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';
import type { Grants } from './grants.ts';
import { Library } from './library.ts';

export interface EngineOptions {
  readonly root: string;
  readonly resources: string;
  readonly demonstration: boolean;
  readonly spawner: Spawner;
  readonly onProcess: (state: ProcessState) => void;
  readonly grants: Grants;
}

/** How many voxel files stay open; each is one file descriptor and its header. */
const openFiles = 16;

export class Engine {
  readonly library: Library;
  readonly embedder: Embedder;
  readonly inference: ManagedProcess<InferenceContract>;
  readonly reader: ManagedProcess<ReaderContract>;
  readonly grants: Grants;
  readonly resources: string;
  readonly #voxels = new Map<string, Promise<VoxelFile>>();
  #job: string | null = null;

  private constructor(
    library: Library,
    embedder: Embedder,
    options: EngineOptions,
    processes: Pick<Engine, 'inference' | 'reader'>,
  ) {
    this.library = library;
    this.embedder = embedder;
    this.inference = processes.inference;
    this.reader = processes.reader;
    this.grants = options.grants;
    this.resources = options.resources;
  }

  /** Opens a library with its encoder. Throws what Library.open and loadManifest throw. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { spawner, onProcess } = options;
    const inference = new ManagedProcess('inference', inferenceContract, spawner, onProcess);
    const reader = new ManagedProcess('reader', readerContract, spawner, onProcess);
    const embedder = await Embedder.open(join(options.resources, 'encoders', 'builtin'), inference);
    const library = await Library.open(options.root, options.demonstration);
    return new Engine(library, embedder, options, { inference, reader });
  }

  /** The voxels of a stored volume; the file stays open for the next use. */
  voxels(volume: string): Promise<VoxelFile> {
    const open = this.#voxels.get(volume) ?? openVoxelFile(this.library.layout.voxelFile(volume));
    this.#voxels.delete(volume);
    this.#voxels.set(volume, open);
    open.catch(() => this.#voxels.delete(volume));
    for (const [oldest, file] of this.#voxels) {
      if (this.#voxels.size <= openFiles) break;
      this.#voxels.delete(oldest);
      file.then((f) => f.close()).catch(() => undefined);
    }
    return open;
  }

  /** Runs a job that changes the whole library; a second one meanwhile is `busy`. */
  async exclusively<T>(name: string, job: () => Promise<T>): Promise<T> {
    if (this.#job !== null) {
      throw new PrecedentError(
        'busy',
        `${this.#job} is running`,
        undefined,
        'wait until it has ended, or cancel it',
      );
    }
    this.#job = name;
    try {
      return await job();
    } finally {
      this.#job = null;
      await this.forgetVoxels();
    }
  }

  /** Closes the open voxel files, for example before they are replaced. */
  async forgetVoxels(): Promise<void> {
    const files = [...this.#voxels.values()];
    this.#voxels.clear();
    for (const file of files) await file.then((f) => f.close()).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.inference.stop();
    await this.reader.stop();
    await this.forgetVoxels();
    await this.library.close();
  }
}
