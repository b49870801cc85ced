/** Encoders as the product runs them, without its processes, and the folds of their training. */
import { createHash } from 'node:crypto';
import { loadManifest, type MultiPlaneManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { modelSpec } from '../../native/encoder/model.ts';
import { normalised, outputRows } from '../../native/encoder/output.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import type { Region } from '../../native/encoder/region.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import type { Volume } from '../../native/volume/volume.ts';

export const folds = 5;

/** As fold_of in tools/training/cases.py: from the hash of the patient's name alone. */
export function foldOf(patient: string): number {
  return createHash('sha256').update(patient).digest()[0] % folds;
}

/** Throws when an encoder was trained on a patient that it is about to be measured on. */
export function requireUnseen(
  { training = [], id }: MultiPlaneManifest,
  source: string,
  patient: string,
): void {
  if (typeof training === 'string')
    throw new Error(`${id} is the one that is shipped: it has seen every case`);
  if (training.length === 0) throw new Error(`${id} does not say what it was trained on`);
  if (training.includes(`${source} ${patient}`)) throw new Error(`${id} was trained on ${source} ${patient}`);
}

export class LesionEncoder {
  readonly manifest: MultiPlaneManifest;
  /** Milliseconds of preparation and of the model, of every lesion so far. */
  readonly times: [number, number][] = [];
  readonly #session: EncoderSession;

  private constructor(manifest: MultiPlaneManifest, session: EncoderSession) {
    this.manifest = manifest;
    this.#session = session;
  }

  static async open(folder: string): Promise<LesionEncoder> {
    const manifest = multiPlane(await loadManifest(folder));
    return new LesionEncoder(manifest, await EncoderSession.open(manifest, folder, { threads: 1 }));
  }

  async embed(volume: Volume, region: Region): Promise<Float32Array> {
    const started = performance.now();
    const { pictures, measurements } = lesionInput(volume, region, this.manifest);
    const prepared = performance.now();
    const inputs = modelSpec(this.manifest).inputs;
    const data = [pictures, measurements].flatMap((values, n) =>
      values ? [{ name: inputs[n].name, data: values }] : [],
    );
    const output = await this.#session.run(data, 1);
    this.times.push([prepared - started, performance.now() - prepared]);
    return normalised(outputRows(output, 1, this.manifest)[0], this.manifest);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** One part of an embedding, as the manifest bounds it. */
export function partOf(embedding: Float32Array, { output }: MultiPlaneManifest, name: string): Float32Array {
  const part = output.parts.find((candidate) => candidate.name === name);
  if (!part) throw new Error(`the encoder has no part ${name}`);
  return embedding.subarray(part.from, part.to);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
