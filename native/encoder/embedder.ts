/** Turns lesions of a stored volume into embeddings: cuts the voxels out, prepares the input, asks the inference process. */
import type { EmbeddingKey } from '../catalog/writes.ts';
import type { EncoderInfo } from '../contract/engine.ts';
import type { InferenceContract, ModelState } from '../contract/inference.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { type Box, boxDims, type Grid, growBox, type Mask, type Volume } from '../volume/volume.ts';
import { combine } from './encode.ts';
import { embeddingDim, loadManifest, type Manifest } from './manifest.ts';
import { ModelClient } from './modelClient.ts';
import { lesionInput, preprocessingHash } from './preprocess.ts';

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

/** What of the surroundings resampling touches beyond the crop itself. */
const filterMarginMm = 5;

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
    const embeddings: Float32Array[] = [];
    for (const region of regions) {
      throwIfCancelled(signal);
      const started = performance.now();
      const crop = growBox(region.box, this.#marginMm(source.grid, region.box), source.grid);
      const volume = await source.readBox(crop);
      const read = performance.now();
      const input = lesionInput(volume, shiftRegion(region, crop), this.manifest);
      const prepared = performance.now();
      const output = await this.#model.run(
        [{ name: this.manifest.input.name, data: input.tensor }],
        1,
        signal,
      );
      embeddings.push(combine(output, input, this.manifest));
      timing.readMs += read - started;
      timing.prepareMs += prepared - read;
      timing.inferMs += performance.now() - prepared;
    }
    return embeddings;
  }

  /** How far around a box the encoder looks at most, in mm. */
  #marginMm({ spacing }: Grid, box: Box): number {
    const extent = Math.max(...boxDims(box).map((n, axis) => n * spacing[axis]));
    const sides = this.manifest.input.scales.map((scale) =>
      scale.kind === 'tight' ? scale.margin * extent : scale.mm,
    );
    return Math.max(...sides) / 2 + filterMarginMm;
  }
}

function shiftRegion({ box, mask }: EmbedRegion, [i, j, k]: Box): EmbedRegion {
  const shift = (b: Box): Box => [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k];
  return { box: shift(box), mask: mask && { box: shift(mask.box), bits: mask.bits } };
}
