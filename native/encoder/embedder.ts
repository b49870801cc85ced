/** Turns lesions, slices, volumes and texts into embeddings: cuts voxels out, prepares the input, asks the inference process. */
import type { EmbeddingKey } from '../catalog/embeddings.ts';
import type { EncoderInfo } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { InferenceContract, ModelState } from '../contract/inference.ts';
import { type Level, levelNames, levels } from '../contract/levels.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { type Box, growBox, type VoxelSource } from '../volume/volume.ts';
import { inBatches, type Settled } from './batches.ts';
import { readManifest } from './manifest.ts';
import type { ImageManifest, Manifest, PoolingName, SliceManifest } from './manifestSchema.ts';
import { modelSpec } from './model.ts';
import { ModelClient } from './modelClient.ts';
import { normalised, outputRows } from './output.ts';
import { pooled } from './pooling.ts';
import { lesionInput } from './preprocess.ts';
import { preprocessingHash } from './preprocessingHash.ts';
import { sliceInput } from './slicePicture.ts';
import { surroundings } from './surroundings.ts';
import { openTokenizer, textInputs } from './textInput.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { lesionBlock, lesionReachMm, wholeBlock } from './volumeInput.ts';
import {
  crossedSlices,
  type EmbedRegion,
  type EmbedTiming,
  readRegion,
  readSlice,
  timed,
} from './voxelSource.ts';

/** One item for the model: the data of each of its inputs, in their order. */
export type Prepared = readonly Float32Array[];
export interface SliceVector {
  /** Index k of the stored volume. */
  readonly slice: number;
  readonly vector: Float32Array;
}
/** Of a whole volume: the vector of every slice where the encoder sees slices, and one for each pooling (`''` where there is none). */
export interface WholeVectors {
  readonly slices: readonly SliceVector[];
  readonly volume: ReadonlyMap<string, Float32Array>;
}

/** What of the surroundings resampling touches beyond the crop itself. */
const filterMarginMm = 5;
/** Texts that the model is asked for at once. */
const mostTexts = 16;
const noTiming = (): EmbedTiming => ({ readMs: 0, prepareMs: 0, inferMs: 0 });

export class Embedder {
  readonly manifest: Manifest;
  readonly folder: string;
  /** Under which lesions are embedded; for a text encoder, their captions. */
  readonly key: EmbeddingKey;
  readonly #model: ModelClient;
  #tokenizer: Promise<TextTokenizer> | undefined;

  private constructor(manifest: Manifest, folder: string, model: ModelClient) {
    this.manifest = manifest;
    this.folder = folder;
    this.#model = model;
    [this.key] = this.keysOf(manifest.kind === 'text' ? 'caption' : 'lesion');
  }

  /**
   * Reads the manifest in `folder`; the model itself is checked and opened by the first embedding.
   * @param calibrations the folder for what this machine measures of models
   */
  static async open(
    folder: string,
    inference: ManagedProcess<InferenceContract>,
    calibrations?: string,
  ): Promise<Embedder> {
    return new Embedder(await readManifest(folder), folder, new ModelClient(inference, folder, calibrations));
  }

  /** What it is and how it runs. */
  get info(): EncoderInfo {
    const { id, version, title, licence, kind } = this.manifest;
    const { provider, threads, batch } = this.#model.state ?? {};
    const { preprocessing } = this.key;
    return { id, version, title, licence, kind, dim: this.dim, preprocessing, provider, threads, batch };
  }

  /** Of the vectors under `key`. */
  get dim(): number {
    return this.manifest.output.dim;
  }

  /** The levels that this kind of encoder makes. */
  get levels(): Level[] {
    return levelNames.filter((level) => levels[level].kinds.includes(this.manifest.kind));
  }

  /** What the vectors of a level are stored under: one key, or one for each pooling. */
  keysOf(level: Level): [EmbeddingKey, ...EmbeddingKey[]] {
    const { id: encoder, version } = this.manifest;
    const key = { encoder, version, preprocessing: preprocessingHash(this.manifest), level, pooling: '' };
    const [first, ...others] = this.#poolingsOf(level).map((pooling) => ({ ...key, pooling }));
    return first ? [first, ...others] : [key];
  }

  #poolingsOf(level: Level): readonly PoolingName[] {
    const { manifest } = this;
    if (manifest.kind !== 'slice') return [];
    if (level === 'lesion') return [manifest.pooling.lesion];
    return level === 'volume' ? manifest.pooling.volume : [];
  }

  /** Opens the model ahead of the first query; how it runs. */
  warm(): Promise<ModelState> {
    return this.#model.open();
  }

  /** One embedding of length `dim` for each region of one volume. Throws `unsupported` for a text encoder. */
  async embed(
    source: VoxelSource,
    regions: readonly EmbedRegion[],
    signal?: AbortSignal,
    timing: EmbedTiming = noTiming(),
  ): Promise<Float32Array[]> {
    const started = performance.now();
    const before = timing.readMs + timing.prepareMs;
    const embeddings = this.preparesLesions
      ? await this.#embedLesions(source, regions, signal, timing)
      : await this.#poolLesions(source, regions, signal, timing);
    // What of the time was not spent on reading and preparing.
    timing.inferMs += performance.now() - started - (timing.readMs + timing.prepareMs - before);
    return embeddings;
  }

  /** Whether a lesion is one input of the model, to be prepared ahead of it; else it is one for each slice. */
  get preparesLesions(): boolean {
    return this.manifest.kind === 'multi-plane' || this.manifest.kind === 'volume';
  }

  /** Cuts a region's surroundings out of its volume and makes the model's input of them. Throws `unsupported` unless `preparesLesions`. */
  async prepare(
    source: VoxelSource,
    region: EmbedRegion,
    timing: EmbedTiming = noTiming(),
  ): Promise<Prepared> {
    const manifest = this.#image();
    const { grid } = source;
    switch (manifest.kind) {
      case 'multi-plane': {
        const crop = await readRegion(source, region, surroundings(grid, region, manifest), timing);
        const input = timed(timing, () => lesionInput(crop.volume, crop.region, manifest));
        return input.measurements ? [input.pictures, input.measurements] : [input.pictures];
      }
      case 'volume': {
        const reach = lesionReachMm(grid, region, manifest) + filterMarginMm;
        const crop = await readRegion(source, region, growBox(region.box, reach, grid), timing);
        return [timed(timing, () => lesionBlock(crop.volume, crop.region, manifest))];
      }
      case 'slice':
        throw this.#unsupported('embeds lesions slice by slice');
    }
  }

  /** The embedding of every prepared region, in order, or why there is none; the next are prepared while the model works. */
  embedPrepared<T extends { readonly input: Prepared }>(
    prepared: AsyncIterable<T>,
    signal?: AbortSignal,
  ): AsyncGenerator<Settled<T, Float32Array>> {
    return this.#inBatches(prepared, signal);
  }

  /** The vector of each slice that a lesion crosses, as the encoder crops it. Throws `unsupported` unless it sees slices. */
  async embedLesionSlices(
    source: VoxelSource,
    region: EmbedRegion,
    signal?: AbortSignal,
    timing: EmbedTiming = noTiming(),
  ): Promise<SliceVector[]> {
    const manifest = this.#image();
    if (manifest.kind !== 'slice') throw this.#unsupported('embeds no slices');
    return this.#slices(source, crossedSlices(region), region.box, manifest, signal, timing);
  }

  /** The vectors of some slices of a volume, whole. Throws `unsupported` unless it sees slices. */
  async embedSlices(
    source: VoxelSource,
    slices: readonly number[],
    signal?: AbortSignal,
    timing: EmbedTiming = noTiming(),
  ): Promise<SliceVector[]> {
    const manifest = this.#image();
    if (manifest.kind !== 'slice') throw this.#unsupported('embeds no slices');
    return this.#slices(source, slices, undefined, manifest, signal, timing);
  }

  /** The vectors of a whole volume. Throws `unsupported` for a kind that sees lesions only. */
  async embedWhole(source: VoxelSource, signal?: AbortSignal): Promise<WholeVectors> {
    const manifest = this.#image();
    const [ni, nj, nk] = source.grid.dims;
    switch (manifest.kind) {
      case 'slice': {
        const all = Array.from({ length: nk }, (_, k) => k);
        const slices = await this.#slices(source, all, undefined, manifest, signal, noTiming());
        const vectors = slices.map(({ vector }) => vector);
        const poolings = manifest.pooling.volume.map(
          (pooling) => [pooling, normalised(pooled(vectors, pooling), manifest)] as const,
        );
        return { slices, volume: new Map(poolings) };
      }
      case 'volume': {
        const data = wholeBlock(await source.readBox([0, 0, 0, ni - 1, nj - 1, nk - 1]), manifest);
        const output = await this.#model.run([{ name: manifest.input.name, data }], 1, signal);
        const [row] = outputRows(output, 1, manifest);
        return { slices: [], volume: new Map([['', normalised(row, manifest)]]) };
      }
      case 'multi-plane':
        throw this.#unsupported('embeds lesions only');
    }
  }

  /** One embedding for each text. Throws `unsupported` for an image encoder. */
  async embedTexts(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { manifest } = this;
    if (manifest.kind !== 'text') throw this.#unsupported('embeds no texts');
    this.#tokenizer ??= openTokenizer(this.folder, manifest);
    const tokenizer = await this.#tokenizer;
    const embeddings: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += mostTexts) {
      throwIfCancelled(signal);
      const some = texts.slice(from, from + mostTexts);
      const output = await this.#model.run(textInputs(some, tokenizer, manifest), some.length, signal);
      embeddings.push(...outputRows(output, some.length, manifest).map((row) => normalised(row, manifest)));
    }
    return embeddings;
  }

  async #embedLesions(
    source: VoxelSource,
    regions: readonly EmbedRegion[],
    signal: AbortSignal | undefined,
    timing: EmbedTiming,
  ): Promise<Float32Array[]> {
    const prepare = async function* (this: Embedder) {
      for (const region of regions) yield { input: await this.prepare(source, region, timing) };
    };
    const embeddings: Float32Array[] = [];
    for await (const settled of this.embedPrepared(prepare.call(this), signal)) {
      if ('error' in settled) throw settled.error;
      embeddings.push(settled.result);
    }
    return embeddings;
  }

  /** The vector of each lesion from those of its slices. */
  async #poolLesions(
    source: VoxelSource,
    regions: readonly EmbedRegion[],
    signal: AbortSignal | undefined,
    timing: EmbedTiming,
  ): Promise<Float32Array[]> {
    const manifest = this.#image();
    if (manifest.kind !== 'slice') throw this.#unsupported('embeds no slices');
    const embeddings: Float32Array[] = [];
    for (const region of regions) {
      const slices = await this.embedLesionSlices(source, region, signal, timing);
      const vectors = slices.map(({ vector }) => vector);
      embeddings.push(normalised(pooled(vectors, manifest.pooling.lesion), manifest));
    }
    return embeddings;
  }

  /** The vectors of slices of one volume: of a lesion's box as it is cropped, or whole. Few are held at once. */
  async #slices(
    source: VoxelSource,
    slices: readonly number[],
    box: Box | undefined,
    manifest: SliceManifest,
    signal: AbortSignal | undefined,
    timing: EmbedTiming,
  ): Promise<SliceVector[]> {
    const prepared = async function* () {
      for (const slice of slices) {
        const volume = await readSlice(source, slice, timing);
        yield { slice, input: [timed(timing, () => sliceInput(volume, 0, box, manifest))] };
      }
    };
    const vectors: SliceVector[] = [];
    for await (const settled of this.#inBatches(prepared(), signal)) {
      if ('error' in settled) throw settled.error;
      vectors.push({ slice: settled.item.slice, vector: settled.result });
    }
    return vectors;
  }

  /** Runs items in batches; the results are checked and at the manifest's length. */
  async *#inBatches<T extends { readonly input: Prepared }>(
    items: AsyncIterable<T>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Settled<T, Float32Array>> {
    const { manifest } = this;
    const { inputs } = modelSpec(manifest);
    const { batch } = this.#model.state ?? (await this.#model.open());
    yield* inBatches(items, {
      size: () => this.#model.state?.batch ?? batch,
      run: async (some) => {
        const data = inputs.map(({ name }, at) => ({
          name,
          data: joined(some.map(({ input }) => input[at])),
        }));
        const output = await this.#model.run(data, some.length, signal);
        return outputRows(output, some.length, manifest).map((row) => normalised(row, manifest));
      },
      signal,
    });
  }

  #image(): ImageManifest {
    if (this.manifest.kind === 'text') throw this.#unsupported('embeds texts only');
    return this.manifest;
  }

  #unsupported(what: string): PrecedentError {
    return new PrecedentError(
      'unsupported',
      `the encoder ${this.manifest.id} ${what}`,
      undefined,
      'choose another with --encoder',
    );
  }
}

/** The inputs of a batch, one after the other. */
function joined(tensors: readonly Float32Array[]): Float32Array {
  if (tensors.length === 1) return tensors[0];
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor, at);
    at += tensor.length;
  }
  return data;
}
