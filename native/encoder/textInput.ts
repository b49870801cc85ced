/** Turns texts into the inputs of a text encoder, by the tokenizer that came with it. */
import { join } from 'node:path';
import type { InputData } from '../contract/inference.ts';
import { readTokenizer } from './manifest.ts';
import type { TextManifest } from './manifestSchema.ts';
import { TextTokenizer } from './tokenizer.ts';

/** Opens the tokenizer in the encoder's folder, its SHA-256 checked. Throws as loadManifest and TextTokenizer do. */
export async function openTokenizer(dir: string, manifest: TextManifest): Promise<TextTokenizer> {
  const { tokenizer, input } = manifest;
  const { file, padToken } = tokenizer;
  const text = await readTokenizer(manifest, dir);
  return TextTokenizer.read(text, { file, length: input.length, padToken }, join(dir, file));
}

/** The inputs of several texts, one text after the other. */
export function textInputs(
  texts: readonly string[],
  tokenizer: TextTokenizer,
  { input }: TextManifest,
): InputData[] {
  const tokens = texts.map((text) => tokenizer.encode(text));
  return (['ids', 'mask', 'types'] as const).flatMap((what) => {
    const name = input[what];
    if (name === undefined) return [];
    const data = new Int32Array(texts.length * input.length);
    for (const [n, token] of tokens.entries()) data.set(token[what], n * input.length);
    return [{ name, data }];
  });
}
