/** Folders of tiny encoders of every kind: the model is one matrix of weights, so that what it gives can be worked out by hand. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName } from '../../native/encoder/manifest.ts';
import { manifestSchema } from '../../native/encoder/manifestSchema.ts';
import { modelSpec } from '../../native/encoder/model.ts';
import { GraphWriter } from '../../tools/encoder/onnx.mjs';

type Json = Record<string, unknown>;

const softTissue = [{ center: 40, width: 400 }];
const common = (id: string) => ({
  format: 2,
  id,
  version: '1.0.0',
  title: `Tiny ${id}`,
  licence: 'CC0-1.0',
  output: { name: 'embedding', dim: 6 },
});

/** A valid manifest of each kind, without the hashes of its files. */
export const tiny: Readonly<Record<'slice' | 'multi-plane' | 'volume' | 'text', Json>> = {
  slice: {
    ...common('tiny-slice'),
    kind: 'slice',
    input: {
      name: 'pixels',
      layout: 'NCHW',
      size: 16,
      windows: softTissue,
      crop: { kind: 'lesion', margin: 2 },
      resize: { kind: 'area' },
    },
  },
  'multi-plane': {
    ...common('tiny-planes'),
    kind: 'multi-plane',
    input: {
      name: 'pixels',
      shape: [6, 16, 16],
      planes: ['axial', 'coronal', 'sagittal'],
      scales: [{ kind: 'fieldOfView', mm: 40 }],
      size: 16,
      windows: softTissue,
      maskChannel: true,
    },
  },
  volume: {
    ...common('tiny-volume'),
    kind: 'volume',
    input: {
      name: 'voxels',
      layout: 'NCDHW',
      size: [8, 12, 16],
      windows: softTissue,
      crop: { kind: 'lesion', margin: 1.5 },
    },
  },
  text: {
    ...common('tiny-text'),
    kind: 'text',
    input: { ids: 'input_ids', mask: 'attention_mask', length: 32 },
    tokenizer: { file: 'vocab.txt', padToken: '[PAD]' },
  },
};

/** How a model's weights may be wrong: not numbers, all outputs alike, or the same output whatever it sees. */
export type Fault = 'nan' | 'constant' | 'deaf';

interface Made {
  /** Another seed gives other weights. */
  readonly seed?: number;
  readonly fault?: Fault;
  /** Of the model's output, where it is not the manifest's. */
  readonly dim?: number;
}

/** The weight from input value `at` to output `n` of a model made with a seed. */
export function weight(seed: number, at: number, n: number): number {
  return Math.sin(1 + seed + at * 0.37 + n * 1.7);
}

/** Writes an encoder's folder: the manifest with its hashes, the model, and a tokenizer of single letters. */
export async function writeEncoder(dir: string, manifest: Json, made: Made = {}): Promise<string> {
  await mkdir(dir, { recursive: true });
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
  const vocabulary = letters();
  const unhashed = '0'.repeat(64);
  const complete = (model: string): Json => ({
    ...manifest,
    model: { file: 'model.onnx', sha256: model },
    ...(manifest.kind === 'text'
      ? { tokenizer: { ...(manifest.tokenizer as Json), sha256: sha256(vocabulary) } }
      : {}),
  });
  const { inputs, output } = modelSpec(manifestSchema.parse(complete(unhashed)));
  const dim = made.dim ?? output.dim;
  const model = manifest.kind === 'text' ? textModel(inputs, dim, made) : matrixModel(inputs, dim, made);
  await writeFile(join(dir, 'model.onnx'), model);
  if (manifest.kind === 'text') await writeFile(join(dir, 'vocab.txt'), vocabulary);
  await writeFile(join(dir, manifestName), JSON.stringify(complete(sha256(model))));
  return dir;
}

type Inputs = ReturnType<typeof modelSpec>['inputs'];

/** Every value of the input times a weight for every output. */
function matrixModel([{ name, shape }]: Inputs, dim: number, { seed = 0, fault }: Made): Buffer {
  const g = new GraphWriter();
  const length = shape.reduce((product, n) => product * n, 1);
  const weights = Float32Array.from({ length: length * dim }, (_, at) =>
    fault === 'nan' ? Number.NaN : fault ? 0 : weight(seed, Math.floor(at / dim), at % dim) / length,
  );
  const flat = g.node('Flatten', [name], { axis: 1 });
  const product = g.node('MatMul', [flat, g.constant([length, dim], weights)]);
  const bias = Float32Array.from({ length: dim }, (_, n) => (fault === 'deaf' ? n + 1 : 0));
  g.node('Add', [product, g.constant([dim], bias)], {}, 'embedding');
  return model(g, [{ name, dims: ['batch', ...shape] }], dim);
}

/** The mean over a text's tokens of a row for each token; the mask leaves the padding out. */
function textModel(inputs: Inputs, dim: number, { seed = 0, fault }: Made): Buffer {
  const g = new GraphWriter();
  const tokens = 128;
  const table = Float32Array.from({ length: tokens * dim }, (_, at) =>
    fault === 'deaf' ? (at % dim) + 1 : weight(seed, Math.floor(at / dim), at % dim),
  );
  const rows = g.node('Gather', [g.constant([tokens, dim], table), 'input_ids']);
  const mask = g.node('Unsqueeze', [g.node('Cast', ['attention_mask'], { to: 1 }), g.constant([1], [2])]);
  const sum = g.node('ReduceSum', [g.node('Mul', [rows, mask]), g.constant([1], [1])], { keepdims: 0 });
  const count = g.node('ReduceSum', [mask, g.constant([1], [1])], { keepdims: 0 });
  g.node('Div', [sum, count], {}, 'embedding');
  return model(
    g,
    inputs.map(({ name, shape, type }) => ({ name, dims: ['batch', ...shape], type })),
    dim,
  );
}

function model(g: GraphWriter, input: object[], dim: number): Buffer {
  return g.model({
    name: 'tiny',
    producer: 'test',
    version: '1',
    input,
    output: { name: 'embedding', dims: ['batch', dim] },
  });
}

function letters(): string {
  const signs = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  return [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    '[MASK]',
    '.',
    ...signs,
    ...signs.map((sign) => `##${sign}`),
  ].join('\n');
}
