/**
 * `npm run encoder:check -- FOLDER…`: holds exported encoders against the reference.json that exportClip.py wrote beside them, so that
 * preparation, tokenizer and model as Precedent runs them are seen to give what the original pipeline gives.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PrecedentError } from '../../native/contract/errors.ts';
import { loadManifest } from '../../native/encoder/manifest.ts';
import type { SliceManifest, TextManifest } from '../../native/encoder/manifestSchema.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { sliceInput } from '../../native/encoder/slicePicture.ts';
import { openTokenizer, textInputs } from '../../native/encoder/textInput.ts';

/** What rounding leaves of a cosine of 1; a wrong filter, crop or token leaves far less. */
const leastCosine = 0.9999;

const picturesSchema = z.object({
  pictures: z
    .array(z.object({ width: z.int(), height: z.int(), grey: z.string(), embedding: z.array(z.number()) }))
    .min(1),
});
const textsSchema = z.object({
  texts: z
    .array(z.object({ text: z.string(), ids: z.array(z.int()), embedding: z.array(z.number()) }))
    .min(1),
});

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('Name the folders of exported encoders: npm run encoder:check -- FOLDER…');
  process.exitCode = 2;
}
for (const folder of folders) {
  try {
    console.log(`${folder}: ${await check(folder)}`);
  } catch (error) {
    console.error(PrecedentError.from(error).message);
    process.exitCode = 1;
  }
}

/** Throws when the encoder does not do what its original does. */
async function check(folder: string): Promise<string> {
  const manifest = await loadManifest(folder);
  const reference: unknown = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'));
  if (manifest.kind !== 'slice' && manifest.kind !== 'text') {
    throw new PrecedentError('unsupported', `there is no reference for the kind ${manifest.kind}`, folder);
  }
  const session = await EncoderSession.open(manifest, folder);
  try {
    return manifest.kind === 'slice'
      ? await checkPictures(session, manifest, picturesSchema.parse(reference))
      : await checkTexts(session, manifest, textsSchema.parse(reference), folder);
  } finally {
    await session.close();
  }
}

async function checkPictures(
  session: EncoderSession,
  manifest: SliceManifest,
  { pictures }: z.infer<typeof picturesSchema>,
): Promise<string> {
  // A window in which HU are the grey values themselves.
  const plain = { ...manifest, input: { ...manifest.input, windows: [{ center: 127.5, width: 255 }] } };
  const inputs = pictures.map(({ width, height, grey }) => {
    const voxels = Float32Array.from(Buffer.from(grey, 'base64'));
    const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
    const volume = {
      dims: [width, height, 1],
      spacing: [1, 1, 1],
      origin: [0, 0, 0],
      direction,
      voxels,
    } as const;
    return sliceInput(volume, 0, undefined, plain);
  });
  const batch = new Float32Array(inputs.length * inputs[0].length);
  for (const [at, input] of inputs.entries()) batch.set(input, at * input.length);
  const outputs = await session.run([{ name: manifest.input.name, data: batch }], inputs.length);
  return agreement('pictures', pictures, outputs, manifest.id);
}

async function checkTexts(
  session: EncoderSession,
  manifest: TextManifest,
  { texts }: z.infer<typeof textsSchema>,
  folder: string,
): Promise<string> {
  const tokenizer = await openTokenizer(folder, manifest);
  for (const { text, ids } of texts) {
    const found = Array.from(tokenizer.encode(text).ids);
    const at = found.findIndex((id, place) => id !== ids[place]);
    if (at < 0 && found.length === ids.length) continue;
    throw new PrecedentError(
      'unsupported',
      `token ${at} of "${text.slice(0, 40)}" is ${found[at]}, in the original ${ids[at]}`,
      manifest.id,
      "correct the manifest's tokenizer and length",
    );
  }
  const inputs = textInputs(
    texts.map(({ text }) => text),
    tokenizer,
    manifest,
  );
  return agreement('texts', texts, await session.run(inputs, texts.length), manifest.id);
}

function agreement(
  what: string,
  references: readonly { readonly embedding: readonly number[] }[],
  outputs: Float32Array,
  id: string,
): string {
  const dim = outputs.length / references.length;
  const cosines = references.map(({ embedding }, at) =>
    cosine(outputs.subarray(at * dim, (at + 1) * dim), embedding),
  );
  const least = Math.min(...cosines);
  if (!(least >= leastCosine)) {
    throw new PrecedentError(
      'unsupported',
      `the ${what} are embedded otherwise than by the original (smallest cosine ${least.toFixed(6)}, least ${leastCosine})`,
      id,
      'export it again with other versions of torch and the model',
    );
  }
  return `${references.length} ${what} as in the original, smallest cosine ${least.toFixed(6)}`;
}

function cosine(a: Float32Array, b: readonly number[]): number {
  if (a.length !== b.length) return Number.NaN;
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    ab += a[at] * b[at];
    aa += a[at] * a[at];
    bb += b[at] * b[at];
  }
  return ab / Math.sqrt(aa * bb);
}
