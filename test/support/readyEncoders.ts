/** Encoders as their ready manifests describe them, with random weights and small made vocabularies in place of the real ones. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Manifest, parseManifest } from '../../native/encoder/manifest.ts';
import type { Volume } from '../../native/volume/volume.ts';
import { bertTokenizerJson, clipTokenizerJson } from '../unit/tokenizer.fixtures.ts';
import {
  biomedClipImage,
  biomedClipText,
  type Depth,
  medImageInsightImage,
  medImageInsightText,
} from './clipModels.ts';

/** More than the made vocabularies have: providers are tried on token numbers up to 97. */
const tokens = 128;

interface Made {
  readonly model: (depth: Depth) => Buffer;
  readonly tokenizer?: () => object;
}
export const readyEncoders = {
  'biomedclip-image': { model: biomedClipImage },
  'biomedclip-text': {
    model: (depth) => biomedClipText(depth, tokens),
    tokenizer: bertTokenizerJson,
  },
  'medimageinsight-image': { model: medImageInsightImage },
  'medimageinsight-text': {
    model: (depth) => medImageInsightText(depth, tokens),
    tokenizer: clipTokenizerJson,
  },
} as const satisfies Readonly<Record<string, Made>>;
export type ReadyName = keyof typeof readyEncoders;
export const readyNames = Object.keys(readyEncoders) as readonly ReadyName[];

export function readyManifest(name: ReadyName): Manifest {
  const path = resolve(import.meta.dirname, `../../resources/encoders/ready/${name}.json`);
  return parseManifest(readFileSync(path, 'utf8'), path);
}

/** Writes the encoder's folder below `parent`; returns it. */
export async function writeReadyEncoder(parent: string, name: ReadyName, depth: Depth): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  const manifest = readyManifest(name);
  const made: Made = readyEncoders[name];
  const put = async (file: string, content: Buffer) => {
    await writeFile(join(folder, file), content);
    return { file, sha256: createHash('sha256').update(content).digest('hex') };
  };
  const model = await put(manifest.model.file, made.model(depth));
  const filled: Manifest = { ...manifest, model };
  if (filled.kind === 'text' && made.tokenizer) {
    const { file } = filled.tokenizer;
    Object.assign(filled.tokenizer, await put(file, Buffer.from(JSON.stringify(made.tokenizer()))));
  }
  await put('encoder.json', Buffer.from(JSON.stringify(filled)));
  return folder;
}

/** One axial slice whose HU are given: row-major, left to right and top to bottom. */
export function oneSlice(hu: Float32Array, width: number, height: number): Volume {
  return {
    dims: [width, height, 1],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels: hu,
  };
}
