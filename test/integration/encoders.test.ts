/** Encoders that a hospital brings: added, refused, embedding a library at every level, and taking one another's place. */
import { cp, mkdir, readdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Host, startHost } from '../../native/cli/host.ts';
import type { EncoderRow, EncoderTrial, Evaluation, SearchResult } from '../../native/contract/engine.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import { writeCase } from '../support/balls.ts';
import { type Fault, tiny, writeEncoder } from '../support/encoderFolder.ts';
import {
  childrenOf,
  commandOf,
  openEngine,
  precedent,
  precedentJson,
  projectRoot,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';

let folder: string;
let balls: string;
/** A library of four lesions, each in a volume of 40 slices, to be copied. */
let pristine: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  balls = join(folder, 'balls');
  pristine = join(folder, 'pristine');
  for (const seed of [1, 2, 3, 4]) await writeCase(balls, `case${seed}`, seed, [20]);
  const labels = join(folder, 'labels.csv');
  await writeFile(labels, 'case,kind\ncase1,a\ncase2,a\ncase3,b\ncase4,b\n');
  await precedentJson('import', balls, '--library', pristine, '--labels', labels);
});
afterAll(() => removeFolder(folder));

async function freshLibrary(name: string): Promise<string> {
  const library = join(folder, name);
  await cp(pristine, library, { recursive: true });
  return library;
}
const add = (library: string, from: string) =>
  precedentJson<EncoderTrial>('encoders', 'add', from, '--library', library);
const list = (library: string) => precedentJson<EncoderRow[]>('encoders', 'list', '--library', library);
const lesionsOf = (library: string) => precedentJson<LesionRow[]>('list', '--library', library);

test('an encoder is added, checked, searched with, evaluated, made the default, and removed', async () => {
  const library = await freshLibrary('whole-life');
  const from = await writeEncoder(join(folder, 'slice'), tiny.slice);
  for (const name of ['NOTICE.txt', 'weights.pt']) await writeFile(join(from, name), name);
  const trial = await add(library, from);
  const copied = await readdir(join(library, 'encoders', 'tiny-slice@1.0.0'));
  expect(copied.sort()).toEqual(['NOTICE.txt', 'encoder.json', 'model.onnx']);
  expect(trial).toMatchObject({ deterministic: true, encoder: { id: 'tiny-slice', kind: 'slice', dim: 6 } });
  const [builtin, shape, slices, added] = await list(library);
  expect(shape).toMatchObject({ id: 'precedent-shape', origin: 'built-in', isDefault: false, levels: [] });
  expect(slices).toMatchObject({ id: 'precedent-slices', origin: 'built-in', levels: [], missing: 0 });
  expect(builtin).toMatchObject({ origin: 'built-in', isDefault: true, levels: ['lesion'], missing: 0 });
  expect(added).toMatchObject({
    origin: 'installed',
    isDefault: false,
    levels: [],
    missing: 4,
    licence: 'CC0-1.0',
  });
  const checked = await precedentJson<EncoderTrial>('encoders', 'check', 'tiny-slice', '--library', library);
  expect(checked.encoder.preprocessing).toBe(added.preprocessing);

  const [{ id }] = await lesionsOf(library);
  const search = (...args: string[]) =>
    precedentJson<SearchResult>('search', '--library', library, '--lesion', id, ...args);
  const before = await search('--encoder', 'tiny-slice');
  expect(before.notes).toEqual(['4 lesions are not embedded yet and could not be found']);
  const unembedded = ['evaluate', '--library', library, '--field', 'kind', '--encoder', 'tiny-slice'];
  expect((await precedent(...unembedded)).stderr).toMatch(
    /tiny-slice: nothing is embedded at level lesion; run/,
  );

  await precedentJson(
    'encoders',
    'embed',
    '--library',
    library,
    '--encoder',
    'tiny-slice',
    '--levels',
    'lesion',
  );
  const after = await search('--encoder', 'tiny-slice');
  expect([after.encoder, after.hits.length, after.notes]).toEqual(['tiny-slice', 3, []]);
  expect((await search()).encoder).toBe(builtin.id);
  expect((await precedentJson<Evaluation>(...unembedded)).encoder).toBe('tiny-slice');

  await precedentJson('encoders', 'default', 'tiny-slice', '--library', library);
  const switched = await search();
  expect(switched.hits).toEqual(after.hits);
  expect(switched.encoder).toBe('tiny-slice');
  const refused = await precedent('encoders', 'remove', 'tiny-slice', '--library', library);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/is the default; choose another/) });
  await precedentJson('encoders', 'default', builtin.id, '--library', library);
  await precedentJson('encoders', 'remove', 'tiny-slice', '--library', library);
  expect(await list(library)).toMatchObject([
    { id: builtin.id, isDefault: true, missing: 0 },
    { id: shape.id, isDefault: false },
    { id: slices.id, isDefault: false },
  ]);
  for (const [doing, says] of [
    ['default', /embeds masks alone, not lesions/],
    ['remove', /a built-in encoder cannot be removed/],
  ] as const) {
    expect((await precedent('encoders', doing, shape.id, '--library', library)).stderr).toMatch(says);
  }
  expect(await readdir(join(library, 'encoders'))).toEqual([]);
  expect((await readdir(join(library, 'vectors'))).filter((name) => name.startsWith('tiny'))).toEqual([]);
  expect((await search()).encoder).toBe(builtin.id);
});

describe('what is no encoder is refused in one line, and nothing is left behind', () => {
  let library: string;
  let host: Host;
  beforeAll(async () => {
    library = await freshLibrary('refusing');
    await add(library, await writeEncoder(join(folder, 'taken'), { ...tiny.volume, version: '1.2.0' }));
    host = await startHost(library, { mayCreate: false, dist: join(projectRoot, 'dist') });
  });
  afterAll(() => host.close());

  const slice = (dir: string, made?: Parameters<typeof writeEncoder>[2]) =>
    writeEncoder(dir, tiny.slice, made);
  const faulty = (fault: Fault) => (dir: string) => slice(dir, { fault });
  const edited = (change: (manifest: string) => string) => async (dir: string) => {
    await slice(dir);
    const path = join(dir, 'encoder.json');
    await writeFile(path, change(await readFile(path, 'utf8')));
  };
  test.each<[string, (dir: string) => Promise<unknown>, RegExp]>([
    ['gives not-a-numbers', faulty('nan'), /the model gave values that are not numbers/],
    ['gives a constant', faulty('constant'), /the model gave a constant output/],
    ['gives the same for everything', faulty('deaf'), /the same vector for different lesions/],
    ['gives another number of values', (dir) => slice(dir, { dim: 5 }), /output is not what its manifest says/],
    ['has another model than its manifest says', edited((text) => text.replace(/"sha256":"./, '"sha256":"0')), /SHA-256/],
    ['has no manifest', (dir) => mkdir(dir), /encoder.json: the encoder lacks this file/],
    ['has a manifest that is no JSON', edited(() => '{'), /is not JSON/],
    ['has no model', async (dir) => rename(join(await slice(dir), 'model.onnx'), join(dir, 'other.onnx')), /model.onnx: the encoder lacks this file/],
    ['names a model elsewhere', edited((text) => text.replace('model.onnx', '../taken/model.onnx')), /model.file: should be a plain file name/],
    ['links to a model elsewhere', async (dir) => {
      await rename(join(await slice(dir), 'model.onnx'), join(folder, 'elsewhere.onnx'));
      await symlink(join(folder, 'elsewhere.onnx'), join(dir, 'model.onnx'));
    }, /model.onnx: this is not a plain file/],
    ['is cut off', async (dir) => truncate(join(await slice(dir), 'model.onnx'), 100), /SHA-256/],
    ['has no tokenizer', async (dir) => rename(join(await writeEncoder(dir, tiny.text), 'vocab.txt'), join(dir, 'x.txt')), /vocab.txt: the encoder lacks this file/],
    ['names an input that its model has not', edited((text) => text.replace('"pixels"', '"image"')), /the model has no "image", only pixels/],
    ['is there already', (dir) => writeEncoder(dir, { ...tiny.volume, version: '1.2.0' }, { seed: 5 }), /tiny-volume 1.2.0 is there already; raise/],
    ['is older than what is there', (dir) => writeEncoder(dir, { ...tiny.volume, version: '1.1.9' }), /tiny-volume 1.2.0 is there already/],
    ['goes by the built-in one’s id', async (dir) => {
      const { encoders } = await host.engine.call('encoders.list', {});
      await writeEncoder(dir, { ...tiny.slice, id: encoders[0].id });
    }, /is a built-in encoder/],
  ])('%s', async (name, write, says) => {
    const from = join(folder, name.replaceAll(/\W/g, '-'));
    await write(from);
    const refused = host.engine.call('encoders.add', { folder: host.grant(from, 'read') });
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.not.toThrow('\n');
    expect(await readdir(join(library, 'encoders'))).toEqual(['tiny-volume@1.2.0']);
    expect(await readdir(join(library, 'staging'))).toEqual([]);
  }); // biome-ignore format: one line a case
});

test('a library is embedded at every level, keeps so as it grows, and is whole', async () => {
  const library = await freshLibrary('levels');
  for (const kind of ['slice', 'volume', 'text'] as const)
    await add(library, await writeEncoder(join(folder, `level-${kind}`), tiny[kind]));
  const embed = (encoder: string, levels: string) =>
    precedentJson<{ embedded: { level: string; pooling: string; vectors: number }[]; failed: unknown[] }>(
      'encoders', 'embed', '--library', library, '--encoder', encoder, '--levels', levels,
    ); // biome-ignore format: one command
  const slices = await embed('tiny-slice', 'lesion,lesion-slice,slice,volume');
  expect(slices.failed).toEqual([]);
  const counted = slices.embedded.map(({ level, pooling, vectors }) => [level, pooling, vectors]);
  expect(counted).toEqual([
    ['lesion', 'mean', 4],
    ['lesion-slice', '', 4 * 11],
    ['slice', '', 4 * 40],
    ['volume', 'median', 4],
    ['volume', 'max', 4],
    ['volume', 'mean', 4],
    ['volume', 'std', 4],
  ]);
  expect((await embed('tiny-volume', 'lesion,volume')).embedded.map(({ vectors }) => vectors)).toEqual([
    4, 4,
  ]);
  expect((await embed('tiny-text', 'caption')).embedded).toEqual([
    { level: 'caption', pooling: '', vectors: 4 },
  ]);
  const wrong = await precedent('encoders', 'embed', '--library', library, '--encoder', 'tiny-text', '--levels', 'slice'); // biome-ignore format: one command
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/kind text makes no vectors of level slice; it makes: caption/) }); // biome-ignore format: one expectation
  expect((await precedent('encoders', 'embed', '--library', library, '--levels', 'dogs')).code).toBe(2);
  expect((await precedent('verify', '--library', library)).code).toBe(0);

  const host = await openEngine(library);
  const more = join(folder, 'more');
  await writeCase(more, 'case5', 5, [20]);
  await host.engine.call('import.run', { sources: [host.grant(more, 'read')] });
  // `missing` counts lesions; slices, volumes and captions may still be on their way then.
  const report = await vi.waitFor(
    async () => {
      const seen = await host.engine.call('verify.run', {});
      expect(seen.problems).toEqual([]);
      return seen;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(report).toMatchObject({
    ok: true,
    checked: { embeddings: 5 * (1 + 1 + 11 + 40 + 4 + 2 + 1) },
  });
  const { encoders } = await host.engine.call('encoders.list', {});
  expect(encoders.map(({ missing }) => missing)).toEqual([0, 0, 0, 0, 0, 0]);
  await host.close();

  const matrix = join(library, 'vectors', 'tiny-slice.slice.matrix');
  const bytes = await readFile(matrix);
  bytes[bytes.length - 3] ^= 1;
  await writeFile(matrix, bytes);
  const damaged = await precedent('verify', '--library', library, '--json');
  expect([damaged.code, JSON.parse(damaged.stdout).problems[0].what]).toEqual([
    1,
    expect.stringMatching(/the vector matrix is damaged/),
  ]);
  expect((await precedent('verify', '--library', library, '--repair')).code).toBe(0);
  expect((await precedent('verify', '--library', library)).code).toBe(0);
});

test('files and texts are embedded by the encoder that is named', async () => {
  const library = await freshLibrary('files');
  await add(library, await writeEncoder(join(folder, 'f-slice'), tiny.slice));
  await add(library, await writeEncoder(join(folder, 'f-text'), tiny.text));
  const embed = (...args: string[]) =>
    precedentJson<{ input: string; encoder: string; dim: number; vector: number[] }[]>(
      'encoders', 'embed', '--library', library, ...args,
    ); // biome-ignore format: one command
  const [image, mask] = [join(balls, 'case1.nii.gz'), join(balls, 'case1_mask.nii.gz')];
  const rows = await embed('--encoder', 'tiny-slice', '--input', image, '--mask', mask);
  expect(rows).toMatchObject([{ input: image, encoder: 'tiny-slice', dim: 6 }]);
  expect(Math.hypot(...rows[0].vector)).toBeCloseTo(1, 5);
  const texts = await embed('--encoder', 'tiny-text', '--text', 'a cyst', 'a mass');
  expect(texts.map(({ input, vector }) => [input, vector.length])).toEqual([
    ['a cyst', 6],
    ['a mass', 6],
  ]);
  const wrong = await precedent('encoders', 'embed', '--library', library, '--text', 'a cyst');
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/embeds no texts/) });
});

describe.runIf(process.platform === 'linux')('while the library is embedded anew', () => {
  /** Halts the engine's inference process, so that nothing is embedded until it goes on. */
  async function halt(enginePid: number | undefined): Promise<() => void> {
    const children = childrenOf(enginePid ?? 0);
    const inference = children.find((pid) => /inference/.test(commandOf(pid)));
    if (inference === undefined) throw new Error('there is no inference process');
    process.kill(inference, 'SIGSTOP');
    const goOn = () => {
      try {
        process.kill(inference, 'SIGCONT');
      } catch {
        // It has ended meanwhile.
      }
    };
    onTestFinished(goOn);
    return goOn;
  }

  test('the encoder before answers, and says so; a killed engine goes on with it', async () => {
    const library = await freshLibrary('switching');
    await add(library, await writeEncoder(join(folder, 's-slice'), tiny.slice));
    const [{ id }] = await lesionsOf(library);
    const builtin = await precedentJson<SearchResult>('search', '--library', library, '--lesion', id);

    const first = await openEngine(library);
    // The model is open, and the process there.
    await first.engine.call('encoders.check', {});
    const goOn = await halt(first.pid);
    await first.engine.call('encoders.setDefault', { encoder: 'tiny-slice' });
    const meanwhile = await first.engine.call('search.run', { query: { lesion: id } });
    expect(meanwhile.hits).toEqual(builtin.hits);
    expect(meanwhile.encoder).toBe(builtin.encoder);
    expect(meanwhile.notes).toEqual([
      expect.stringMatching(
        /^found with \S+ \S+, since tiny-slice 1.0.0 has embedded 0 of 4 lesions so far$/,
      ),
    ]);
    process.kill(first.pid ?? 0, 'SIGKILL');
    goOn();

    const second = await openEngine(library);
    const search = () => second.engine.call('search.run', { query: { lesion: id } });
    await vi.waitFor(async () => expect((await search()).encoder).toBe('tiny-slice'), { timeout: 60_000 });
    expect((await search()).notes).toEqual([]);
    expect((await search()).hits).toHaveLength(3);
  });

  test('the version before answers until the new one is complete, then it goes', async () => {
    const library = await freshLibrary('upgrading');
    await add(library, await writeEncoder(join(folder, 'u-1'), tiny.slice));
    await precedentJson('encoders', 'default', 'tiny-slice', '--library', library);
    const [{ id, volume }] = await lesionsOf(library);
    const newer = await writeEncoder(join(folder, 'u-2'), { ...tiny.slice, version: '1.10.0' }, { seed: 3 });

    const host = await openEngine(library);
    const search = () => host.engine.call('search.run', { query: { lesion: id } });
    const before = await search();
    await host.engine.call('encoders.check', {});
    const goOn = await halt(host.pid);
    await host.engine.call('encoders.add', { folder: host.grant(newer, 'read') });
    const meanwhile = await search();
    expect(meanwhile.hits).toEqual(before.hits);
    expect(meanwhile.notes).toEqual([
      'found with tiny-slice 1.0.0, since tiny-slice 1.10.0 has embedded 0 of 4 lesions so far',
    ]);
    goOn();
    // A region that was never embedded is embedded by the version that serves.
    const region = {
      volume,
      roi: [12, 12, 12, 28, 28, 28] as [number, number, number, number, number, number],
    };
    const drawn = await host.engine.call('search.run', { query: region });
    expect(drawn.hits).toHaveLength(3);
    await vi.waitFor(
      async () => expect(await readdir(join(library, 'encoders'))).toEqual(['tiny-slice@1.10.0']),
      { timeout: 60_000 },
    );
    const after = await search();
    expect(after.notes).toEqual([]);
    expect(after.hits.map(({ score }) => score)).not.toEqual(before.hits.map(({ score }) => score));
    expect((await host.engine.call('verify.run', {})).ok).toBe(true);
  });
});

test('an added encoder that is damaged later costs the library nothing else, and is found by verify', async () => {
  const library = await freshLibrary('damaged');
  await add(library, await writeEncoder(join(folder, 'd-slice'), tiny.slice));
  await precedentJson('encoders', 'default', 'tiny-slice', '--library', library);
  await add(library, await writeEncoder(join(folder, 'd-volume'), tiny.volume));
  await add(library, await writeEncoder(join(folder, 'd-newer'), { ...tiny.volume, version: '1.0.1' }));
  // Nothing was embedded by the version before.
  expect(await readdir(join(library, 'encoders'))).toEqual(['tiny-slice@1.0.0', 'tiny-volume@1.0.1']);
  const model = join(library, 'encoders', 'tiny-volume@1.0.1', 'model.onnx');
  const bytes = await readFile(model);
  bytes[bytes.length - 40] ^= 1;
  await writeFile(model, bytes);
  const { stdout: report } = await precedent('verify', '--library', library, '--json');
  expect(JSON.parse(report).problems).toEqual([
    { what: expect.stringContaining('SHA-256 differs'), where: 'tiny-volume@1.0.1', repaired: false },
  ]);
  await precedentJson('encoders', 'remove', 'tiny-volume', '--library', library);
  await writeFile(join(library, 'encoders', 'tiny-slice@1.0.0', 'encoder.json'), '{}');
  const { stdout, stderr, code } = await precedent('encoders', 'list', '--library', library, '--json');
  expect(code).toBe(0);
  expect(stderr).toMatch(/tiny-slice@1.0.0: the encoder manifest is not valid/);
  expect(JSON.parse(stdout)).toMatchObject([
    { origin: 'built-in', isDefault: true, missing: 0 },
    { id: 'precedent-shape', isDefault: false },
    { id: 'precedent-slices', isDefault: false },
  ]);
  const [{ id }] = await lesionsOf(library);
  const found = await precedentJson<SearchResult>('search', '--library', library, '--lesion', id);
  expect(found.hits).toHaveLength(3);
  expect(found.notes[0]).toMatch(
    /^the encoder tiny-slice cannot be used, and the built-in one stands in for it/,
  );
});
