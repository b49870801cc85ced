/** Turns lesions of a stored volume into embeddings: cuts the voxels out, prepares the input, asks the inference process. */
import type { EmbeddingKey } from '../catalog/writes.ts';
import type { EncoderInfo } from '../contract/engine.ts';
import type { InferenceContract, ModelState } from '../contract/inference.ts';
import type { ManagedProcess } from '../process/managed.ts';
import type { Box, Grid, Mask, Volume } from '../volume/volume.ts';
import { inBatches, type Settled } from './batches.ts';
import { combine } from './encode.ts';
import { embeddingDim, loadManifest, type Manifest } from './manifest.ts';
import { ModelClient } from './modelClient.ts';
import { type EncoderInput, lesionInput, preprocessingHash } from './preprocess.ts';
import { surroundings } from './surroundings.ts';

/** A lesion, or a drawn region without a mask, in the indices of its whole volume. */
export interface EmbedRegion {
  readonly box: Box;
  readonly mask?: Mask | undefined;
}
/** Where voxels come from: a voxel file, or a volume in memory. */
export interface VoxelSource {
  readonly grid: Grid;
  readBox(box: Box): Promise<Volume>;
}
export interface EmbedTiming {
  readMs: number;
  prepareMs: number;
  inferMs: number;
}

export class Embedder {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly key: EmbeddingKey;
  readonly dim: number;
  readonly #model: ModelClient;

  private constructor(manifest: Manifest, folder: string, model: ModelClient) {
    this.manifest = manifest;
    this.folder = folder;
    this.dim = embeddingDim(manifest);
    this.key = {
      encoder: manifest.id,
      version: manifest.version,
      preprocessing: preprocessingHash(manifest),
      level: 'lesion',
    };
    this.#model = model;
  }

  /**
   * Reads and checks the encoder in `folder`; the model itself is opened by the first embedding.
   * @param calibrations the folder for what this machine measures of models
   */
  static async open(
    folder: string,
    inference: ManagedProcess<InferenceContract>,
    calibrations?: string,
  ): Promise<Embedder> {
    return new Embedder(await loadManifest(folder), folder, new ModelClient(inference, folder, calibrations));
  }

  get info(): EncoderInfo {
    const { id, version, licence } = this.manifest;
    const { provider, threads, batch } = this.#model.state ?? {};
    return {
      id,
      version,
      licence,
      dim: this.dim,
      preprocessing: this.key.preprocessing,
      provider,
      threads,
      batch,
    };
  }

  /** Opens the model ahead of the first query; how it runs. */
  warm(): Promise<ModelState> {
    return this.#model.open();
  }

  /** One L2-normalised embedding of length `dim` for each region of one volume. `timing` is added to. */
  async embed(
    source: VoxelSource,
    regions: readonly EmbedRegion[],
    signal?: AbortSignal,
    timing: EmbedTiming = { readMs: 0, prepareMs: 0, inferMs: 0 },
  ): Promise<Float32Array[]> {
    const prepare = async function* (this: Embedder) {
      for (const region of regions) yield { input: await this.prepare(source, region, timing) };
    };
    const embeddings: Float32Array[] = [];
    const started = performance.now();
    const before = timing.readMs + timing.prepareMs;
    for await (const settled of this.embedPrepared(prepare.call(this), signal)) {
      if ('error' in settled) throw settled.error;
      embeddings.push(settled.result);
    }
    // What of the time was not spent on reading and preparing.
    timing.inferMs += performance.now() - started - (timing.readMs + timing.prepareMs - before);
    return embeddings;
  }

  /** Cuts a region's surroundings out of its volume and makes the encoder's input of them. */
  async prepare(source: VoxelSource, region: EmbedRegion, timing?: EmbedTiming): Promise<EncoderInput> {
    const started = performance.now();
    const crop = surroundings(source.grid, region, this.manifest);
    const volume = await source.readBox(crop);
    const read = performance.now();
    const input = lesionInput(volume, shiftRegion(region, crop), this.manifest);
    if (timing) {
      timing.readMs += read - started;
      timing.prepareMs += performance.now() - read;
    }
    return input;
  }

  /** The embedding of every prepared region, in order, or why there is none; the next are prepared while the model works. */
  async *embedPrepared<T extends { readonly input: EncoderInput }>(
    prepared: AsyncIterable<T>,
    signal?: AbortSignal,
  ): AsyncGenerator<Settled<T, Float32Array>> {
    const { batch } = this.#model.state ?? (await this.#model.open());
    yield* inBatches(prepared, {
      size: () => this.#model.state?.batch ?? batch,
      run: (items) =>
        this.#run(
          items.map(({ input }) => input),
          signal,
        ),
      signal,
    });
  }

  async #run(inputs: readonly EncoderInput[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const { name } = this.manifest.input;
    const data = joined(inputs.map(({ tensor }) => tensor));
    const output = await this.#model.run([{ name, data }], inputs.length, signal);
    const { dim } = this.manifest.output;
    return inputs.map((input, n) => combine(output.subarray(n * dim, (n + 1) * dim), input, this.manifest));
  }
}

/** Arrays of one length, end to end. */
function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const each = parts[0].length;
  const whole = new Float32Array(parts.length * each);
  for (const [n, part] of parts.entries()) whole.set(part, n * each);
  return whole;
}

function shiftRegion({ box, mask }: EmbedRegion, [i, j, k]: Box): EmbedRegion {
  const shift = (b: Box): Box => [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k];
  return { box: shift(box), mask: mask && { box: shift(mask.box), bits: mask.bits } };
}
