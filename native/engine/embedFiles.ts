/** Embeddings of files and texts that are not in the library. */
import { PrecedentError } from '../contract/errors.ts';
import type { Engine } from './engine.ts';
import { withImageFile } from './imageFile.ts';

interface Embedded {
  encoder: string;
  dim: number;
  vector: number[];
}

/**
 * One embedding for each input: of the lesion in its mask, or of the whole image where there is none. Masks alone are
 * embedded as shapes, by the encoder for shapes unless another is named. Throws `usage` when masks and inputs do not pair up.
 */
export async function embedFiles(
  engine: Engine,
  {
    inputs,
    masks,
    texts,
    encoder,
  }: {
    readonly inputs: readonly string[];
    readonly masks: readonly string[];
    readonly texts: readonly string[];
    readonly encoder?: string | undefined;
  },
  signal: AbortSignal,
): Promise<Embedded[]> {
  const shapes = inputs.length === 0 && masks.length > 0;
  const { encoders } = engine;
  const embedder = shapes && encoder === undefined ? encoders.shape : encoders.named(encoder);
  const embedded = (vector: Float32Array): Embedded => ({
    encoder: embedder.key.encoder,
    dim: vector.length,
    vector: [...vector],
  });
  if (texts.length > 0) {
    if (inputs.length + masks.length > 0)
      throw new PrecedentError('usage', 'name either files or texts, not both');
    return (await embedder.embedTexts(texts, signal)).map(embedded);
  }
  if (inputs.length + masks.length === 0)
    throw new PrecedentError('usage', 'name files with --input or --mask, or a text with --text');
  if (inputs.length > 0 && masks.length > 0 && masks.length !== inputs.length) {
    throw new PrecedentError(
      'usage',
      `${inputs.length} images but ${masks.length} masks`,
      undefined,
      'name one mask for each image',
    );
  }
  const vectors: Embedded[] = [];
  for (let n = 0; n < Math.max(inputs.length, masks.length); n++) {
    const [image, mask] = [inputs[n] ?? masks[n], masks[n]];
    const query = { image, mask, shape: shapes, whole: mask === undefined };
    const [vector] = await withImageFile(engine, query, signal, ({ source, regions }) =>
      embedder.embed(source, regions.slice(0, 1), signal),
    );
    vectors.push(embedded(vector));
  }
  return vectors;
}
