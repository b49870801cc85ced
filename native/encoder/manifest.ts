/** The encoder's manifest, encoder.json: read, checked, and the files that it names held against their SHA-256. */
import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { type Manifest, type MultiPlaneManifest, manifestSchema } from './manifestSchema.ts';

export type { ImageManifest, Manifest, MultiPlaneManifest } from './manifestSchema.ts';
export const manifestName = 'encoder.json';

/** Reads encoder.json from an encoder's folder. Throws `unreadable` when it is missing or not valid. */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, manifestName);
  return parseManifest((await read(path)).toString('utf8'), path);
}

/** As readManifest, with the SHA-256 of every file that has one checked. Throws `corrupt` when one is another file. */
export async function loadManifest(dir: string): Promise<Manifest> {
  const manifest = await readManifest(dir);
  await readModel(manifest, dir);
  if (manifest.kind === 'text') await readTokenizer(manifest, dir);
  return manifest;
}

/** The manifest of an encoder that sees planes of a lesion. Throws `unsupported` for another kind. */
export function multiPlane(manifest: Manifest): MultiPlaneManifest {
  if (manifest.kind === 'multi-plane') return manifest;
  throw new PrecedentError('unsupported', `the encoder is of kind ${manifest.kind}`, manifest.id);
}

/** The model's bytes, those whose SHA-256 was checked; throws as loadManifest does. */
export function readModel({ model }: Pick<Manifest, 'model'>, dir: string): Promise<Uint8Array> {
  return readChecked(dir, model, 'model');
}

/** The tokenizer's text, checked as the model is. */
export async function readTokenizer(
  { tokenizer }: Pick<Extract<Manifest, { kind: 'text' }>, 'tokenizer'>,
  dir: string,
): Promise<string> {
  return new TextDecoder().decode(await readChecked(dir, tokenizer, 'tokenizer'));
}

/** What may lie beside the files that a manifest names, and is kept with them: what a licence asks for, and what the model is. */
const companions = ['NOTICE.txt', 'LICENSE', 'LICENSE.txt', 'MODEL_CARD.md'];

/**
 * The files of an encoder's folder that belong to it; whatever else lies there does not. Throws `refused` for one that is no
 * plain file, a symbolic link among them, and `unreadable` for one that is missing.
 */
export async function encoderFiles(manifest: Manifest, dir: string): Promise<string[]> {
  const needed = [manifestName, manifest.model.file];
  if (manifest.kind === 'text') needed.push(manifest.tokenizer.file);
  if (typeof manifest.training === 'string') needed.push(manifest.training);
  const present: string[] = [];
  for (const file of [...needed, ...companions]) {
    const path = join(dir, file);
    const stats = await lstat(path).catch(() => undefined);
    if (!stats && needed.includes(file)) throw lacks(path);
    if (!stats) continue;
    if (!stats.isFile()) {
      throw new PrecedentError(
        'refused',
        'this is not a plain file',
        path,
        'put the file itself there, not a link',
      );
    }
    present.push(file);
  }
  return present;
}

/** The text of an encoder.json as a manifest; throws `unreadable` naming the first field that is wrong. */
export function parseManifest(text: string, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PrecedentError('unreadable', 'the encoder manifest is not JSON', path);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PrecedentError(
    'unreadable',
    `the encoder manifest is not valid: ${issue.path.join('.') || 'document'}: ${issue.message}`,
    path,
    'see docs/encoders.md for the fields',
  );
}

async function readChecked(
  dir: string,
  { file, sha256 }: { readonly file: string; readonly sha256: string },
  what: string,
): Promise<Uint8Array> {
  const path = join(dir, file);
  const bytes = await read(path);
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw new PrecedentError(
    'corrupt',
    `the ${what} is not the one its manifest names (SHA-256 differs)`,
    path,
    'install the encoder again',
  );
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw lacks(path);
    throw PrecedentError.from(error);
  }
}

function lacks(path: string): PrecedentError {
  return new PrecedentError('unreadable', 'the encoder lacks this file', path, 'install the encoder again');
}
