/** Turns lesions, slices, volumes and texts into embeddings: cuts voxels out, prepares the input, asks the inference process. */
import type { EmbeddingKey } from '../catalog/embeddings.ts';
import type { EncoderInfo } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { InferenceContract, ModelState } from '../contract/inference.ts';
import { type Level, levelNames, levels } from '../contract/levels.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { type Box, growBox, type Volume } from '../volume/volume.ts';
import { inBatches, type Settled } from './batches.ts';
import { combine } from './encode.ts';
import { embeddingDim, readManifest } from './manifest.ts';
import type { ImageManifest, Manifest, PoolingName, SliceManifest } from './manifestSchema.ts';
import { measure } from './measurements.ts';
import { ModelClient } from './modelClient.ts';
import { normalised, outputRows } from './output.ts';
import { pooled } from './pooling.ts';
import { type EncoderInput, lesionInput } from './preprocess.ts';
import { preprocessingHash } from './preprocessingHash.ts';
import { sampleRegion } from './region.ts';
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
  type VoxelSource,
} from './voxelSource.ts';

/** The model's input for one lesion, and how its vector comes of what the model gives. */
export interface Prepared {
  readonly tensor: Float32Array;
  readonly finish: (row: Float32Array) => Float32Array;
}
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
/** What the measurements look at around a lesion. */
const measuredMarginMm = 15;
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
    return this.dimOf(this.key.level);
  }

  /** Measurements are joined to lesions only. */
  dimOf(level: Level): number {
    const { manifest } = this;
    return level === 'lesion' && manifest.kind !== 'text' ? embeddingDim(manifest) : manifest.output.dim;
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
        return { tensor: input.tensor, finish: (row) => combine(row, input, manifest) };
      }
      case 'volume': {
        const reach = lesionReachMm(grid, region, manifest) + filterMarginMm;
        const crop = await readRegion(source, region, growBox(region.box, reach, grid), timing);
        const tensor = timed(timing, () => lesionBlock(crop.volume, crop.region, manifest));
        const join = await this.#joining(source, region, manifest, timing);
        return { tensor, finish: (row) => join(outputRows(row, 1, manifest)[0]) };
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
    const { dim } = this.manifest.output;
    return this.#inBatches(
      prepared,
      ({ input }) => input.tensor,
      ({ input }, output, n) => input.finish(output.slice(n * dim, (n + 1) * dim)),
      signal,
    );
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
      const join = await this.#joining(source, region, manifest, timing);
      embeddings.push(join(pooled(vectors, manifest.pooling.lesion)));
    }
    return embeddings;
  }

  /** How a lesion's vector is brought to its length, and joined with what was measured where the manifest asks for it. */
  async #joining(
    source: VoxelSource,
    region: EmbedRegion,
    manifest: ImageManifest,
    timing: EmbedTiming,
  ): Promise<(vector: Float32Array) => Float32Array> {
    if (manifest.measurements.length === 0) return (vector) => normalised(vector, manifest);
    const around = growBox(region.box, measuredMarginMm + filterMarginMm, source.grid);
    const crop = await readRegion(source, region, around, timing);
    const measured = timed(timing, () => lesionMeasurements(crop.volume, crop.region, manifest));
    return (vector) => combine(vector, measured, manifest);
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
        yield { slice, tensor: timed(timing, () => sliceInput(volume, 0, box, manifest)) };
      }
    };
    const { dim } = manifest.output;
    const inputs = this.#inBatches(
      prepared(),
      ({ tensor }) => tensor,
      (_, output, n) => outputRows(output.slice(n * dim, (n + 1) * dim), 1, manifest)[0],
      signal,
    );
    const vectors: SliceVector[] = [];
    for await (const settled of inputs) {
      if ('error' in settled) throw settled.error;
      vectors.push({ slice: settled.item.slice, vector: normalised(settled.result, manifest) });
    }
    return vectors;
  }

  /** Runs items of one input each in batches; `finish` makes the result of the nth item of a batch of the model's output. */
  async *#inBatches<T>(
    items: AsyncIterable<T>,
    tensorOf: (item: T) => Float32Array,
    finish: (item: T, output: Float32Array, n: number) => Float32Array,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Settled<T, Float32Array>> {
    const { name } = this.#image().input;
    const { batch } = this.#model.state ?? (await this.#model.open());
    yield* inBatches(items, {
      size: () => this.#model.state?.batch ?? batch,
      run: async (some) => {
        const data = joined(some.map(tensorOf));
        const output = await this.#model.run([{ name, data }], some.length, signal);
        return some.map((item, n) => finish(item, output, n));
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

function lesionMeasurements(
  volume: Volume,
  region: EmbedRegion,
  manifest: ImageManifest,
): Pick<EncoderInput, 'measurements' | 'estimated'> {
  const sampled = sampleRegion(volume, region);
  const values = measure(sampled);
  return {
    measurements: Float32Array.from(manifest.measurements, ({ name }) => values[name]),
    estimated: sampled.estimated,
  };
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
