/** Every method of the table on a library that is embedded at every level, and several things searched for at once. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation, SearchResult } from '../../native/contract/engine.ts';
import type { Explanation, SimilarityMap } from '../../native/contract/explain.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import {
  learnable,
  methodNamed,
  methods,
  needsOf,
  scoreKind,
  usesWords,
} from '../../native/retrieval/methods.ts';
import { writeCase } from '../support/balls.ts';
import { tiny, writeEncoder } from '../support/encoderFolder.ts';
import { openEngine, precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
let library: string;
let lesions: LesionRow[];
const slice = { ...tiny.slice, sharedSpace: 'tiny-text' };

beforeAll(async () => {
  folder = await temporaryFolder();
  library = join(folder, 'library');
  const balls = join(folder, 'balls');
  for (const seed of [1, 2, 3, 4, 5]) await writeCase(balls, `case${seed}`, seed, [20]);
  const labels = join(folder, 'labels.csv');
  await writeFile(labels, 'case,kind\ncase1,a\ncase2,a\ncase3,b\ncase4,b\ncase5,b\n');
  await precedentJson('import', balls, '--library', library, '--labels', labels);
  for (const [name, manifest] of Object.entries({ slice, text: tiny.text })) {
    await precedentJson(
      'encoders',
      'add',
      await writeEncoder(join(folder, name), manifest),
      '--library',
      library,
    );
  }
  lesions = await precedentJson<LesionRow[]>('list', '--library', library);
});
afterAll(() => removeFolder(folder));

const search = (...args: string[]) => precedentJson<SearchResult>('search', '--library', library, ...args);

test('a method whose vectors are not there is refused with what to do', async () => {
  const { code, stderr } = await precedent('search', '--library', library, '--lesion', lesions[0].id, '--method', 'slice-freq'); // biome-ignore format: one command
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /tiny-slice: nothing is embedded at level slice; run `encoders embed .*--levels slice`/,
  );
  const named = await precedent('search', '--library', library, '--lesion', lesions[0].id, '--method', 'slice-freq', '--encoder', 'precedent-lesion'); // biome-ignore format: one command
  expect(named.stderr).toMatch(/precedent-lesion makes no vectors of level slice; it makes: lesion/);
});

test('marks of a simulated user need a method that they move, and enough lesions', async () => {
  const bench = (method: string) =>
    precedent('bench', 'feedback', '--library', library, '--field', 'kind', '--method', method);
  expect(await bench('caption')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/marks do not move the method caption; choose one .* such as lesion/),
  });
  expect(await bench('lesion')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no query has 13 lesions of other patients with a class/),
  });
});

test('words find lesions, and filters among them narrow what is searched', async () => {
  const byDensity = [...lesions].sort((a, b) => a.meanHu - b.meanHu);
  const all = await search('--text', 'lesion');
  expect([all.method, all.encoder, all.hits.length]).toEqual(['caption', 'none', 5]);
  const dense = await search('--text', `lesion hu:${byDensity[2].meanHu}..`);
  expect(dense.hits.map(({ lesion }) => lesion).sort()).toEqual(
    byDensity
      .slice(2)
      .map(({ id }) => id)
      .sort(),
  );
  const b = await search('--text', 'kind:b');
  expect([b.searched, b.hits.every(({ labels }) => labels.kind === 'b')]).toEqual([3, true]);
  expect((await search('--text', 'zebra')).hits).toEqual([]);
  // Beside a lesion, words say what it should be like as well.
  const [own] = lesions;
  const both = await search('--lesion', own.id, '--text', 'kind:b lesion');
  expect(both.hits.every(({ labels, patient }) => labels.kind === 'b' && patient !== own.patient)).toBe(true);
});

describe('with every level embedded', () => {
  beforeAll(async () => {
    const embed = (encoder: string, levels: string) =>
      precedentJson('encoders', 'embed', '--library', library, '--encoder', encoder, '--levels', levels);
    await embed('tiny-slice', 'lesion,lesion-slice,slice,volume');
    await embed('tiny-text', 'caption');
  });

  test.each(methods.map(({ name }) => name))(
    '%s finds the lesion itself and every other patient',
    async (name) => {
      const [own] = lesions;
      const result = await search('--lesion', own.id, '--method', name, '--include-same-patient');
      expect(result.method).toBe(name);
      expect(new Set(result.hits.map(({ patient }) => patient)).size).toBe(result.hits.length);
      const scores = result.hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      // Words, and slices in a space that was never fitted to them, find anything. Images find themselves, nothing before them.
      const itself = result.hits.find(({ lesion }) => lesion === own.id);
      if (!usesWords(methodNamed(name))) expect(itself?.score).toBe(scores[0]);
      const others = await search('--lesion', own.id, '--method', name);
      expect(others.hits.map(({ lesion }) => lesion)).not.toContain(own.id);
      expect(others.searched).toBe(4);
    },
  );

  test('a region is searched by its slices as its lesion is', async () => {
    const [{ id, volume, boxIjk }] = lesions;
    for (const method of ['slice-sum', 'volume-avg']) {
      const byLesion = await search('--lesion', id, '--method', method);
      const byRegion = await search('--volume', volume, '--roi', boxIjk.join(','), '--method', method);
      expect(byRegion.hits.map(({ lesion }) => lesion)).toEqual(byLesion.hits.map(({ lesion }) => lesion));
    }
  });

  test('the table of methods says which can run here, what their scores are, and marks move those that learn', async () => {
    const { engine } = await openEngine(library);
    const rows = await engine.call('methods.list', {});
    expect(rows.map(({ name, refusal }) => [name, refusal])).toEqual(
      methods.map(({ name }) => [name, undefined]),
    );
    const [own] = lesions;
    for (const { name, scores, learns } of rows) {
      const method = methodNamed(name);
      expect([scores, learns]).toEqual([scoreKind(method), needsOf(method).some(learnable)]);
      const params = { query: { lesion: own.id }, method: name };
      const before = await engine.call('search.run', params);
      const last = before.hits.at(-1)?.lesion ?? '';
      const feedback = { relevant: [last], irrelevant: [before.hits[0].lesion] };
      const after = await engine.call('search.run', { ...params, feedback });
      expect(after.scores).toBe(scores);
      const score = ({ hits }: SearchResult, lesion: string) =>
        hits.find((hit) => hit.lesion === lesion)?.score ?? 0;
      if (method.how === 'nearest' && learns) expect(score(after, last)).toBeGreaterThan(score(before, last));
      if (!learns) {
        expect(after.hits).toEqual(before.hits);
        expect(after.notes.join()).toMatch(/marks do not move/);
      }
    }
  });

  test('a hit is explained by the slices that match, where there are vectors of slices', async () => {
    const [own, other] = lesions;
    type Explained = Explanation & { readonly map: SimilarityMap };
    const explain = (hit: string, ...args: string[]) =>
      precedentJson<Explained>('explain', '--library', library, '--lesion', own.id, '--hit', hit, ...args);
    const itself = await explain(own.id);
    expect(itself.slices.by).toBe('lesion-slice');
    expect(itself.slices.pairs.length).toBeGreaterThan(1);
    // Slices on either side of a ball's middle look the same.
    for (const { score } of itself.slices.pairs) expect(score).toBeCloseTo(1, 3);
    // The encoder of lesions sees no slices; another's are compared.
    expect((await explain(other.id, '--encoder', 'precedent-lesion')).slices.by).toBe('lesion-slice');
    const found = await explain(other.id, '--method', 'slice-freq', '--encoder', 'tiny-slice', '--map');
    expect(found.slices.by).toBe('slice');
    const scores = found.slices.pairs.map(({ score = Number.NaN }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(found.map.encoder).toBe('tiny-slice');
    for (const { values, columns, rows } of [found.map.query, found.map.hit]) {
      expect(values).toHaveLength(columns * rows);
      expect(values.some((value) => Math.abs(value) > 1e-6)).toBe(true);
    }
  });

  test('several lesions are searched for at once, and one is kept away from', async () => {
    const [a, b] = lesions;
    const any = await search('--lesion', a.id, '--lesion', b.id, '--combine', 'or', '--include-same-patient');
    expect(
      any.hits
        .slice(0, 2)
        .map(({ lesion }) => lesion)
        .sort(),
    ).toEqual([a.id, b.id].sort());
    const order = async (...args: string[]) =>
      (await search('--lesion', a.id, '--include-same-patient', ...args)).hits.map(({ lesion }) => lesion);
    const [plain, unlike] = [await order(), await order('--unlike', b.id)];
    expect(unlike[0]).toBe(a.id);
    expect(unlike.indexOf(b.id)).toBeGreaterThan(plain.indexOf(b.id));
    expect([...unlike].sort()).toEqual([...plain].sort());
    const both = await search('--lesion', a.id, '--lesion', b.id);
    expect(both.searched).toBe(3);
  });

  test('evaluate runs every method, and a fusion is fitted without the patient that asks', async () => {
    const report = await precedentJson<Evaluation>('evaluate', '--library', library, '--field', 'kind');
    expect(Object.keys(report.methods).sort()).toEqual(methods.map(({ name }) => name).sort());
    expect(report.n).toBe(5);
  });
});
