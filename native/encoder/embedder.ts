/** Turns lesions, slices, volumes and texts into embeddings: cuts voxels out, prepares the input, asks the inference process. */
import type { EmbeddingKey } from '../catalog/embeddings.ts';
import type { EncoderInfo } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { InferenceContract, ModelState } from '../contract/inference.ts';
import { type Level, levelNames, levels } from '../contract/levels.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { type Box, boxDims, type Grid, growBox, type Mask, type Volume } from '../volume/volume.ts';
import { combine } from './encode.ts';
import { embeddingDim, readManifest } from './manifest.ts';
import type {
  ImageManifest,
  Manifest,
  PoolingName,
  SliceManifest,
  VolumeManifest,
} from './manifestSchema.ts';
import { measure } from './measurements.ts';
import { ModelClient } from './modelClient.ts';
import { normalised, outputRows } from './output.ts';
import { pooled } from './pooling.ts';
import { checkRegion, type EncoderInput, lesionInput } from './preprocess.ts';
import { preprocessingHash } from './preprocessingHash.ts';
import { sampleRegion } from './region.ts';
import { sliceInput } from './slicePicture.ts';
import { openTokenizer, textInputs } from './textInput.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { lesionBlock, lesionReachMm, wholeBlock } from './volumeInput.ts';

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
export interface SliceVector {
  /** Index k of the stored volume. */
  readonly slice: number;
  readonly vector: Float32Array;
}
/** What there is of a whole volume: the vector of every slice where the encoder sees slices, and one for each pooling (`''` for none). */
export interface WholeVectors {
  readonly slices: readonly SliceVector[];
  readonly volume: ReadonlyMap<string, Float32Array>;
}

/** What of the surroundings resampling touches beyond the crop itself. */
const filterMarginMm = 5;
/** What the measurements look at around a lesion. */
const measuredMarginMm = 15;
/** Pictures, blocks or texts prepared before the model is asked: a few tens of megabytes. */
const mostAtOnce = 16;
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

  /** One embedding of length `dim` for each region of one volume. `timing` is added to. Throws `unsupported` for a text encoder. */
  async embed(
    source: VoxelSource,
    regions: readonly EmbedRegion[],
    signal?: AbortSignal,
    timing: EmbedTiming = noTiming(),
  ): Promise<Float32Array[]> {
    const manifest = this.#image();
    const embeddings: Float32Array[] = [];
    for (const region of regions) {
      throwIfCancelled(signal);
      embeddings.push(await this.#lesion(source, region, manifest, signal, timing));
    }
    return embeddings;
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
    const slices = crossedSlices(region);
    const item = (n: number) => sliceItem(source, slices[n], region.box, manifest, timing);
    const vectors = await this.#rows(slices.length, item, signal, timing);
    return slices.map((slice, n) => ({ slice, vector: vectors[n] }));
  }

  /** The vectors of a whole volume. Throws `unsupported` for a kind that sees lesions only. */
  async embedWhole(source: VoxelSource, signal?: AbortSignal): Promise<WholeVectors> {
    const manifest = this.#image();
    const timing = noTiming();
    const [ni, nj, nk] = source.grid.dims;
    switch (manifest.kind) {
      case 'slice': {
        const item = (k: number) => sliceItem(source, k, undefined, manifest, timing);
        const vectors = await this.#rows(nk, item, signal, timing);
        const poolings = manifest.pooling.volume.map(
          (pooling) => [pooling, normalised(pooled(vectors, pooling), manifest)] as const,
        );
        return { slices: vectors.map((vector, slice) => ({ slice, vector })), volume: new Map(poolings) };
      }
      case 'volume': {
        const item = async () =>
          wholeBlock(await source.readBox([0, 0, 0, ni - 1, nj - 1, nk - 1]), manifest);
        const [vector] = await this.#rows(1, item, signal, timing);
        return { slices: [], volume: new Map([['', vector]]) };
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
    for (let from = 0; from < texts.length; from += mostAtOnce) {
      throwIfCancelled(signal);
      const some = texts.slice(from, from + mostAtOnce);
      const output = await this.#model.run(textInputs(some, tokenizer, manifest), some.length, signal);
      embeddings.push(...outputRows(output, some.length, manifest).map((row) => normalised(row, manifest)));
    }
    return embeddings;
  }

  async #lesion(
    source: VoxelSource,
    region: EmbedRegion,
    manifest: ImageManifest,
    signal: AbortSignal | undefined,
    timing: EmbedTiming,
  ): Promise<Float32Array> {
    switch (manifest.kind) {
      case 'multi-plane': {
        const { grid } = source;
        const extent = Math.max(...boxDims(region.box).map((n, axis) => n * grid.spacing[axis]));
        const sides = manifest.input.scales.map((scale) =>
          scale.kind === 'tight' ? scale.margin * extent : scale.mm,
        );
        const crop = await readAround(source, region, Math.max(...sides) / 2, timing);
        const input = timed(timing, () => lesionInput(crop.volume, crop.region, manifest));
        const started = performance.now();
        const data = [{ name: manifest.input.name, data: input.tensor }];
        const output = await this.#model.run(data, 1, signal);
        timing.inferMs += performance.now() - started;
        return combine(output, input, manifest);
      }
      case 'slice': {
        const slices = await this.embedLesionSlices(source, region, signal, timing);
        const vectors = slices.map(({ vector }) => vector);
        return this.#finished(pooled(vectors, manifest.pooling.lesion), source, region, manifest, timing);
      }
      case 'volume': {
        const item = () => lesionItem(source, region, manifest, timing);
        const [vector] = await this.#rows(1, item, signal, timing);
        return this.#finished(vector, source, region, manifest, timing);
      }
    }
  }

  /** A lesion's vector at its length, joined with what was measured where the manifest asks for it. */
  async #finished(
    vector: Float32Array,
    source: VoxelSource,
    region: EmbedRegion,
    manifest: ImageManifest,
    timing: EmbedTiming,
  ): Promise<Float32Array> {
    if (manifest.measurements.length === 0) return normalised(vector, manifest);
    const crop = await readAround(source, region, measuredMarginMm, timing);
    return combine(
      vector,
      timed(timing, () => measured(crop.volume, crop.region, manifest)),
      manifest,
    );
  }

  /** The checked rows of `count` items that are prepared one after the other, at the manifest's length. */
  async #rows(
    count: number,
    item: (n: number) => Promise<Float32Array>,
    signal: AbortSignal | undefined,
    timing: EmbedTiming,
  ): Promise<Float32Array[]> {
    const manifest = this.#image();
    const rows: Float32Array[] = [];
    for (let from = 0; from < count; from += mostAtOnce) {
      throwIfCancelled(signal);
      const items: Float32Array[] = [];
      for (let n = from; n < Math.min(count, from + mostAtOnce); n++) items.push(await item(n));
      const data = joined(items);
      const started = performance.now();
      const output = await this.#model.run([{ name: manifest.input.name, data }], items.length, signal);
      timing.inferMs += performance.now() - started;
      rows.push(...outputRows(output, items.length, manifest).map((row) => normalised(row, manifest)));
    }
    return rows;
  }

  #image(): ImageManifest {
    if (this.manifest.kind === 'text') throw this.#unsupported('embeds texts only');
    return this.manifest;
  }

  #unsupported(what: string): PrecedentError {
    const { id } = this.manifest;
    return new PrecedentError(
      'unsupported',
      `the encoder ${id} ${what}`,
      undefined,
      'choose another with --encoder',
    );
  }
}

/** The slices k in which a region has voxels. */
function crossedSlices({ box, mask }: EmbedRegion): number[] {
  const slices = Array.from({ length: box[5] - box[2] + 1 }, (_, n) => box[2] + n);
  if (!mask) return slices;
  const [ni, nj] = boxDims(mask.box);
  const crossed = slices.filter((k) => {
    const from = (k - mask.box[2]) * ni * nj;
    return mask.bits.subarray(Math.max(0, from), Math.max(0, from + ni * nj)).includes(1);
  });
  return crossed.length > 0 ? crossed : slices;
}

async function sliceItem(
  source: VoxelSource,
  k: number,
  box: Box | undefined,
  manifest: SliceManifest,
  timing: EmbedTiming,
): Promise<Float32Array> {
  const [ni, nj] = source.grid.dims;
  const started = performance.now();
  const volume = await source.readBox([0, 0, k, ni - 1, nj - 1, k]);
  timing.readMs += performance.now() - started;
  return timed(timing, () => sliceInput(volume, 0, box, manifest));
}

async function lesionItem(
  source: VoxelSource,
  region: EmbedRegion,
  manifest: VolumeManifest,
  timing: EmbedTiming,
): Promise<Float32Array> {
  const reach = lesionReachMm(source.grid, region, manifest);
  const crop = await readAround(source, region, reach, timing);
  return timed(timing, () => lesionBlock(crop.volume, crop.region, manifest));
}

function measured(
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

/** A region with its surroundings, in indices of what was read. */
async function readAround(
  source: VoxelSource,
  region: EmbedRegion,
  mm: number,
  timing: EmbedTiming,
): Promise<{ volume: Volume; region: EmbedRegion }> {
  const started = performance.now();
  const [i, j, k, ...rest] = growBox(region.box, mm + filterMarginMm, source.grid);
  const volume = await source.readBox([i, j, k, ...rest]);
  timing.readMs += performance.now() - started;
  const shift = (b: Box): Box => [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k];
  const { box, mask } = region;
  const shifted = { box: shift(box), mask: mask && { box: shift(mask.box), bits: mask.bits } };
  checkRegion(volume, shifted);
  return { volume, region: shifted };
}

function timed<T>(timing: EmbedTiming, prepare: () => T): T {
  const started = performance.now();
  const prepared = prepare();
  timing.prepareMs += performance.now() - started;
  return prepared;
}

function joined(items: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(items.reduce((sum, item) => sum + item.length, 0));
  let at = 0;
  for (const item of items) {
    data.set(item, at);
    at += item.length;
  }
  return data;
}
