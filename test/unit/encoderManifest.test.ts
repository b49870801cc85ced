import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { embeddingDim, loadManifest, multiPlane, parseManifest } from '../../native/encoder/manifest.ts';
import { preprocessingHash } from '../../native/encoder/preprocessingHash.ts';

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
  expect(manifest.id).toBe('precedent-scattering');
  expect(embeddingDim(manifest)).toBe(manifest.output.dim + 2 * manifest.measurements.length);
  expect(embeddingDim(manifest)).toBeLessThanOrEqual(512);
});

test('the committed files are those that the script writes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'encoder-'));
  const script = resolve(import.meta.dirname, '../../tools/encoder/writeBuiltin.mjs');
  execFileSync(process.execPath, [script, dir]);
  expect(JSON.parse(await readFile(join(dir, 'encoder.json'), 'utf8'))).toEqual(await json());
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
  ['normalisation', 'normalisation'],
])('a manifest without %s is refused, the field named', async (field, named) => {
  const manifest = await json();
  delete manifest[field];
  expect(() => parseManifest(JSON.stringify(manifest), 'encoder.json')).toThrow(named);
});

test('contradictions are refused: shape, path in the file name, unknown measurement, all weights zero', async () => {
  const cases: [(m: Awaited<ReturnType<typeof json>>) => void, string][] = [
    [(m) => (m.input.shape[0] = 7), 'input.shape'],
    [(m) => (m.model.file = '../model.onnx'), 'model.file'],
    [(m) => (m.measurements[0].name = 'charm'), 'measurements.0.name'],
    [
      (m) => Object.assign(m.normalisation, { outputWeight: 0, measurementWeight: 0 }),
      'every weight is zero',
    ],
    [(m) => (m.output.dim = 4096), 'output.dim'],
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
  const { input, normalisation } = manifest;
  const windows = input.windows.map((w, at) => (at === 0 ? { ...w, width: w.width + 1 } : w));
  expect(preprocessingHash({ ...manifest, input: { ...input, windows } })).not.toBe(hash);
  expect(
    preprocessingHash({ ...manifest, normalisation: { ...normalisation, estimatedLength: 0.4 } }),
  ).not.toBe(hash);
});
