/** The encoders of this installation: what there is, whether it works, and embeddings of files outside the library. */
import type { EncoderInfo } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Volume } from '../volume/volume.ts';
import type { Engine } from './engine.ts';
import { embedFile } from './searchLibrary.ts';

export async function listEncoders({ embedder }: Engine): Promise<EncoderInfo[]> {
  await embedder.warm();
  return [embedder.info];
}

/** Runs the encoder twice on a generated ball in a box of noise. */
export async function checkEncoder(
  { embedder }: Engine,
  id: string | undefined,
): Promise<{ encoder: EncoderInfo; deterministic: boolean; msPerLesion: number }> {
  if (id !== undefined && id !== embedder.key.encoder) {
    throw new PrecedentError('not-found', `there is no encoder ${id}`, undefined, 'see `encoders list`');
  }
  const volume = ball();
  const source = { grid: volume, readBox: async () => volume };
  const side = volume.dims[0] - 1;
  const region = { box: [16, 16, 16, side - 16, side - 16, side - 16] as const };
  const [first] = await embedder.embed(source, [region]);
  const started = performance.now();
  const [second] = await embedder.embed(source, [region]);
  const msPerLesion = performance.now() - started;
  return {
    encoder: embedder.info,
    deterministic: first.every((value, n) => value === second[n]),
    msPerLesion,
  };
}

/** A 20 mm ball of 60 HU in fat. */
function ball(): Volume {
  const n = 64;
  const voxels = new Int16Array(n ** 3);
  for (let k = 0, at = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++, at++)
        voxels[at] = Math.hypot(i - 31.5, j - 31.5, k - 31.5) < 10 ? 60 : -100;
    }
  }
  return {
    dims: [n, n, n],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels,
  };
}

/**
 * One embedding for each input: of the lesion in its mask, or of the whole image where there is none. Masks alone are
 * embedded as shapes. Throws `usage` when masks and inputs do not pair up.
 */
export async function embedFiles(
  engine: Engine,
  inputs: readonly string[],
  masks: readonly string[],
  signal: AbortSignal,
): Promise<{ encoder: string; dim: number; vector: number[] }[]> {
  if (inputs.length + masks.length === 0)
    throw new PrecedentError('usage', 'name files with --input or --mask');
  if (inputs.length > 0 && masks.length > 0 && masks.length !== inputs.length) {
    throw new PrecedentError(
      'usage',
      `${inputs.length} images but ${masks.length} masks`,
      undefined,
      'name one mask for each image',
    );
  }
  const embedded: { encoder: string; dim: number; vector: number[] }[] = [];
  for (let n = 0; n < Math.max(inputs.length, masks.length); n++) {
    const [image, mask] = [inputs[n] ?? masks[n], masks[n]];
    const [{ vector }] = await embedFile(
      engine,
      { image, mask, shape: inputs.length === 0, whole: mask === undefined },
      signal,
    );
    embedded.push({ encoder: engine.embedder.key.encoder, dim: vector.length, vector: [...vector] });
  }
  return embedded;
}
