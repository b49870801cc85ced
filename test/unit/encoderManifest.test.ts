import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadManifest, multiPlane, parseManifest } from '../../native/encoder/manifest.ts';
import { preprocessingHash } from '../../native/encoder/preprocessingHash.ts';
import { tiny } from '../support/encoderFolder.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
const json = async () => JSON.parse(await readFile(join(builtin, 'encoder.json'), 'utf8'));

async function folderWith(manifest: unknown, model?: Uint8Array): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'encoder-'));
  await writeFile(join(dir, 'encoder.json'), JSON.stringify(manifest));
  if (model) await writeFile(join(dir, 'model.onnx'), model);
  return dir;
}

test('the built-in manifest is valid and its model is the one it names', async () => {
  const manifest = multiPlane(await loadManifest(builtin));
  expect(manifest.id).toBe('precedent-lesion');
  expect(manifest.output.parts.map(({ name }) => name)).toEqual(['fused', 'learned', 'measured', 'identity']);
});

test('a model with one changed byte is refused', async () => {
  const model = await readFile(join(builtin, 'model.onnx'));
  model[1000] ^= 1;
  await expect(loadManifest(await folderWith(await json(), model))).rejects.toMatchObject({
    kind: 'corrupt',
    what: expect.stringContaining('SHA-256'),
  });
});

test('a missing model and a missing manifest are named', async () => {
  await expect(loadManifest(await folderWith(await json()))).rejects.toMatchObject({
    kind: 'unreadable',
    where: expect.stringContaining('model.onnx'),
  });
  await expect(loadManifest(join(tmpdir(), 'no-such-encoder'))).rejects.toMatchObject({ kind: 'unreadable' });
});

test.each([
  ['input', 'input'],
  ['licence', 'licence'],
  ['output', 'output'],
])('a manifest without %s is refused, the field named', async (field, named) => {
  const manifest = await json();
  delete manifest[field];
  expect(() => parseManifest(JSON.stringify(manifest), 'encoder.json')).toThrow(named);
});

test('contradictions are refused: shape, path in the file name, unknown measurement, part outside of the output', async () => {
  const cases: [(m: Awaited<ReturnType<typeof json>>) => void, string][] = [
    [(m) => (m.input.shape[0] = 7), 'input.shape'],
    [(m) => (m.model.file = '../model.onnx'), 'model.file'],
    [(m) => (m.input.measurements.of[0].name = 'charm'), 'input.measurements.of.0.name'],
    [(m) => (m.output.parts[0].to = 4000), 'output.parts.0: should lie within'],
    [(m) => (m.output.dim = 5000), 'output.dim'],
  ];
  for (const [change, message] of cases) {
    const manifest = await json();
    change(manifest);
    expect(() => parseManifest(JSON.stringify(manifest), 'encoder.json')).toThrow(message);
  }
  expect(() => parseManifest('{', 'encoder.json')).toThrow('not JSON');
});

test('the preprocessing hash follows what changes an embedding and nothing else', async () => {
  const manifest = multiPlane(await loadManifest(builtin));
  const hash = preprocessingHash(manifest);
  expect(preprocessingHash({ ...manifest, title: 'another' })).toBe(hash);
  const { input } = manifest;
  const windows = input.windows.map((w, at) => (at === 0 ? { ...w, width: w.width + 1 } : w));
  expect(preprocessingHash({ ...manifest, input: { ...input, windows } })).not.toBe(hash);
  const [first, ...others] = input.measurements?.of ?? [];
  const measurements = { name: 'measurements', of: [{ ...first, typical: first.typical + 1 }, ...others] };
  expect(preprocessingHash({ ...manifest, input: { ...input, measurements } })).not.toBe(hash);
});

const unhashed = { file: 'model.onnx', sha256: '0'.repeat(64) };
const change = (kind: keyof typeof tiny, at: string, value: unknown): string => {
  const manifest = structuredClone({ ...tiny[kind], model: unhashed });
  const path = at.split('.');
  const last = path.pop() ?? '';
  let inner = manifest as Record<string, unknown>;
  for (const name of path) inner = inner[name] as Record<string, unknown>;
  if (value === undefined) delete inner[last];
  else inner[last] = value;
  return JSON.stringify(manifest);
};

test.each<[keyof typeof tiny, string, unknown, RegExp]>([
  ['slice', 'format', 1, /format: .*expected 2/],
  ['slice', 'id', 'My Model', /id: should be lower-case letters/],
  ['slice', 'version', '1', /version: should be three numbers/],
  ['slice', 'kind', 'cube', /kind: /],
  ['slice', 'licence', '', /licence: /],
  ['slice', 'model.file', '/etc/model.onnx', /model.file: should be a plain file name/],
  ['slice', 'model.file', '.model.onnx', /model.file: should be a plain file name/],
  ['slice', 'model.file', 'model.pt', /model.file: should be a plain file name ending in .onnx/],
  ['slice', 'model.sha256', 'abc', /model.sha256: should be a SHA-256/],
  ['slice', 'input.layout', 'CHWN', /input.layout: .*"NCHW"\|"NHWC"/],
  ['slice', 'input.size', 4, /input.size: .*>=8/],
  ['slice', 'input.windows', [], /input.windows: /],
  ['slice', 'input.windows', [{ center: 40, width: 0 }], /input.windows.0.width: .*>0/],
  ['slice', 'input.windows', [{ center: 'x', width: 1 }], /input.windows.0.center: .*expected number/],
  ['slice', 'input.windows', [{ center: 0, width: 1 }, { center: 1, width: 1 }, { center: 1, width: 1, level: 2 }], /input.windows.2: .*"level"/],
  ['slice', 'input.channels', 3.5, /input.channels: /],
  ['slice', 'input.mean', [0, 0, 0], /input.mean: should have 1 values/],
  ['slice', 'input.std', [0], /input.std.0: .*>0/],
  ['slice', 'input.crop', { kind: 'lesion' }, /input.crop.margin: .*expected number/],
  ['slice', 'input.crop', { kind: 'circle' }, /input.crop.kind: /],
  ['slice', 'input.resize', { kind: 'clip', mode: 'shortest' }, /input.channels: should be 3 with the resize rule clip/],
  ['slice', 'input.resize', { kind: 'nearest' }, /input.resize.kind: /],
  ['slice', 'pooling', { lesion: 'std' }, /pooling.lesion: /],
  ['slice', 'pooling', { volume: [] }, /pooling.volume: /],
  ['slice', 'output.dim', 1, /output.dim: .*>=2/],
  ['slice', 'output.normalisation', 'l1', /output.normalisation: /],
  ['slice', 'output.parts', [{ name: 'all', from: 2, to: 2 }], /output.parts.0: should lie within the 6 values/],
  ['multi-plane', 'input.measurements', { name: 'm', of: [] }, /input.measurements.of: /],
  ['slice', 'training', '../cases.txt', /training: /],
  ['slice', 'windos', 1, /"windos"/],
  ['multi-plane', 'input.shape', [3, 16, 16], /input.shape: should be \[6, 16, 16\]/],
  ['multi-plane', 'input.planes', ['oblique'], /input.planes.0: /],
  ['multi-plane', 'input.scales', [{ kind: 'tight', margin: -1 }], /input.scales.0.margin: /],
  ['volume', 'input.layout', 'NCHW', /input.layout: .*"NCDHW"/],
  ['volume', 'input.size', [8, 8], /input.size: /],
  ['volume', 'input.crop', { kind: 'spacing', mm: [1, 0, 1] }, /input.crop.mm.1: /],
  ['text', 'input.length', 1, /input.length: /],
  ['text', 'tokenizer', undefined, /tokenizer: /],
  ['text', 'tokenizer', { file: 'vocab.bin', sha256: '0'.repeat(64), padToken: '[PAD]' }, /tokenizer.file: .*.json or .txt/],
])('a %s encoder whose %s is %j is refused in one line', (kind, at, value, says) => {
  const refused = () => parseManifest(change(kind, at, value), 'encoder.json');
  expect(refused).toThrow(says);
  expect(refused).toThrow(/^encoder.json: the encoder manifest is not valid: [^\n]*; see docs\/encoders.md for the fields$/);
}); // biome-ignore format: one line a field

test.each(Object.keys(tiny) as (keyof typeof tiny)[])(
  'the tiny encoder of kind %s is valid, and its hash its own',
  (kind) => {
    const tokenizer =
      kind === 'text' ? { tokenizer: { file: 'vocab.txt', sha256: '0'.repeat(64), padToken: '[PAD]' } } : {};
    const manifest = parseManifest(JSON.stringify({ ...tiny[kind], ...tokenizer, model: unhashed }), 'x');
    const hash = preprocessingHash(manifest);
    // The order in which a manifest says things does not matter, nor what its windows are called.
    const reversed = Object.fromEntries(Object.entries(manifest).reverse());
    expect(preprocessingHash(parseManifest(JSON.stringify(reversed), 'x'))).toBe(hash);
    expect(preprocessingHash({ ...manifest, output: { ...manifest.output, dim: 7 } })).not.toBe(hash);
  },
);
