/** The 3D-MIR benchmark end to end: on generated folders of two organs, and on the published captions where they are there. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMirData } from '../../native/benchmark/mir/data.ts';
import type { MirDocument } from '../../native/benchmark/mir/document.ts';
import { evaluateMir, type MirResults } from '../../native/benchmark/mir/evaluate.ts';
import { mirTextEntries, mirTextQueries, mirTextRuns } from '../../native/benchmark/mir/text.ts';
import { tiny, writeEncoder } from '../support/encoderFolder.ts';
import { writeMirTables, writeMsd } from '../support/msdFolder.ts';
import { precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const liver = [
  { name: 'liver_0', tumours: [4], split: 'train' },
  { name: 'liver_1', tumours: [4.5], split: 'train' },
  { name: 'liver_2', tumours: [7, 3], split: 'train' },
  { name: 'liver_3', tumours: [7, 4], split: 'train' },
  { name: 'liver_4', tumours: [], split: 'train' },
  { name: 'liver_5', tumours: [4.2], split: 'test' },
  { name: 'liver_6', tumours: [7, 3.5], split: 'test' },
  { name: 'liver_7', tumours: [], split: 'test' },
  { name: 'liver_8', tumours: [5], split: 'train' },
] as const;
/** Two cases of the liver's data set are lesion-free scans here, one of them on the other side of the split. */
const colon = [
  { name: 'colon_0', tumours: [4], split: 'train' },
  { name: 'colon_1', tumours: [7], split: 'train' },
  { name: 'colon_2', tumours: [7.2], split: 'train' },
  { name: 'liver_5', tumours: [4.2], split: 'train' },
  { name: 'colon_3', tumours: [4.1], split: 'test' },
  { name: 'colon_4', tumours: [6.9], split: 'test' },
  { name: 'liver_4', tumours: [], split: 'test' },
] as const;

let folder: string;
let tables: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  tables = join(folder, 'tables');
  await writeMirTables(tables, 'liver', liver);
  await writeMirTables(tables, 'colon', colon);
});
afterAll(() => removeFolder(folder));

const run = (...args: string[]) => precedentJson<MirDocument>(...bench(...args));
const bench = (...args: string[]) => ['bench', '3dmir', '--labels', tables, '--splits', tables, ...args];
const reportFiles = [
  'comparisons.csv', 'figures.csv', 'rankings.csv', 'report.html', 'report.json', 'rules.csv', 'speed.csv', 'strata.csv',
]; // biome-ignore format: one row

describe('with images', () => {
  let document: MirDocument;
  let to: string;
  let library: string;
  beforeAll(async () => {
    const msd = join(folder, 'msd');
    const own = colon.filter(({ name }) => name.startsWith('colon'));
    // The scan of another case is missing.
    await writeMsd(join(msd, 'Task03_Liver'), 'liver', liver.slice(0, 8));
    await writeMsd(join(msd, 'Task10_Colon'), 'colon', own);
    library = join(folder, 'library');
    const encoder = await writeEncoder(join(folder, 'encoder'), tiny.slice);
    await precedentJson('encoders', 'add', encoder, '--library', library);
    to = join(folder, 'report');
    const both = ['--encoder', 'tiny-slice', 'precedent-lesion'];
    document = await run('--to', to, '--input', msd, '--library', library, ...both);
  });
  const figure = (index: string, name: string) =>
    document.methods.find((method) => method.index === index && method.name === name) ?? expect.fail();
  const ranking = (index: string, method: string, query: string) =>
    document.rankings.find((one) => one.index === index && one.method === method && one.query === query)
      ?.found;

  test('every method runs by organ and mixed, beside the baselines', () => {
    const sliced = [
      'slice-freq', 'slice-max', 'slice-sum', 'volume-median', 'volume-max', 'volume-avg', 'volume-std', 'lesion',
      'ensemble V2/bm25', 'rrf V2/bm25', 'ensemble V3/bm25', 'rrf V3/bm25',
    ]; // biome-ignore format: some to a line
    const names = [
      ...sliced.map((name) => `tiny-slice/${name}`),
      'precedent-lesion/lesion',
      ...['V1', 'V2', 'V3', 'own'].map((set) => `${set}/bm25`),
      ...['random', 'majority', 'size'],
    ];
    for (const index of ['organ', 'mixed']) {
      const own = document.methods.filter((method) => method.index === index);
      expect(own.map(({ name }) => name).sort()).toEqual(names.toSorted());
      for (const { name, queries, figures } of own) {
        const lesion = name.endsWith('/lesion');
        expect([name, queries, Object.keys(figures)]).toEqual([
          name,
          lesion ? 4 : 6,
          lesion ? ['group'] : ['flag', 'group'],
        ]);
      }
    }
    expect(document.encoder).toBe('tiny-slice 1.0.0, precedent-lesion 2.0.0');
  });

  test('labels come from the masks by the published rules, and agree with the tables', () => {
    expect(document.agreement).toMatchObject({ compared: 13, differing: [] });
    expect(document.agreement?.largestSizeDifferenceCm).toBeLessThan(1e-8);
    expect(document.organs).toEqual([
      { organ: 'liver', queries: 3, withTumour: 2, gallery: 5 },
      { organ: 'colon', queries: 3, withTumour: 2, gallery: 4 },
    ]);
    expect(document.notes[0]).toMatch(/^15 of the 16 cases/);
    expect(document.rules.map(({ exceptions }) => exceptions)).toEqual([[], []]);
  });

  test('an index holds the training cases of its organ, a mixed one those of all, never the query’s own', () => {
    const liverOnly = ['liver_0', 'liver_1', 'liver_2', 'liver_3', 'liver_4'];
    const everyone = [...liverOnly, 'liver_5', 'colon_0', 'colon_1', 'colon_2'];
    const whole = (index: string, query: string) =>
      ranking(index, 'tiny-slice/volume-avg', query)?.toSorted();
    expect(whole('organ', 'liver/liver_6')).toEqual(liverOnly);
    expect(whole('mixed', 'liver/liver_6')).toEqual(everyone.toSorted());
    expect(whole('mixed', 'liver/liver_5')).toEqual(everyone.filter((name) => name !== 'liver_5').toSorted());
    expect(whole('organ', 'colon/liver_4')).toEqual(['colon_0', 'colon_1', 'colon_2', 'liver_5']);
    // The lesion of a borrowed scan is none of this organ.
    expect(ranking('organ', 'tiny-slice/lesion', 'colon/colon_3')?.toSorted()).toEqual([
      'colon_0',
      'colon_1',
      'colon_2',
    ]);
    expect(ranking('organ', 'tiny-slice/lesion', 'colon/liver_4')).toBeUndefined();
  });

  test('captions from the masks tell the group, and are marked as leaked', () => {
    const own = figure('organ', 'own/bm25');
    expect(own.leaked).toBe(true);
    expect(own.figures.group?.corrected.ap.macro.value).toBeGreaterThan(
      figure('organ', 'random').figures.group?.corrected.ap.macro.value ?? 1,
    );
    expect(figure('organ', 'tiny-slice/slice-freq').leaked).toBe(false);
  });

  test('the report is one folder: page, document and tables', async () => {
    expect((await readdir(to)).sort()).toEqual(reportFiles);
    expect(JSON.parse(await readFile(join(to, 'report.json'), 'utf8'))).toEqual(document);
    expect(await readFile(join(to, 'report.html'), 'utf8')).toContain('image search with tiny-slice 1.0.0');
  });

  test('what is kept in the library answers again without its folders, by default with an encoder of slices too', async () => {
    const again = await run('--to', join(folder, 'again'), '--library', library);
    expect(again.encoder).toMatch(/^precedent-lesion \S+, precedent-slices \S+$/);
    const lesion = ({ methods }: MirDocument) =>
      methods.find(({ name }) => name === 'precedent-lesion/lesion')?.figures;
    expect(lesion(again)).toEqual(lesion(document));
    expect(again.methods.map(({ name }) => name)).toContain('precedent-slices/slice-freq');
  });
});

test('captions alone need no images and no library', async () => {
  const to = join(folder, 'captions');
  const { code, stdout, stderr } = await precedent(...bench('--text-only', '--to', to));
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/organ +V1\/bm25 \(leaked\)/);
  expect(stdout).toMatch(/flag and group follow from count and size in 16 of 16 cases; exceptions: none/);
  expect((await readdir(to)).sort()).toEqual(reportFiles);
  const train = await run('--text-only', '--to', to, '--queries', 'train');
  expect(train.organs.map(({ queries, gallery }) => [queries, gallery])).toEqual([
    [6, 6],
    [4, 4],
  ]);
  for (const { query, found } of train.rankings) expect(found).not.toContain(query);
});

test.each([
  [['--to', 'x'], 2, /there are no images; name images with --input or --library/],
  [['--text-only', '--labels', '/nowhere'], 2, /there is no such file or folder/],
  [['--text-only', '--labels', '.'], 1, /there is no table of an organ; name the folder with liver_labels/],
  [['--text-only', '--splits', '.'], 1, /there is no liver_full_train_split.csv; name the folder/],
  [
    ['--input', '.', '--encoder', 'none'],
    2,
    /there is no encoder of images "none"; choose from precedent-lesion, precedent-slices/,
  ],
])('%j ends in one line', async (args, code, message) => {
  const ended = await precedent(...bench(...args));
  expect([ended.code, ended.stderr.trimEnd().split('\n').length]).toEqual([code, 1]);
  expect(ended.stderr).toMatch(message);
});

const shared = sharedDir();
describe.skipIf(!shared)(sharedGroup('the published captions'), () => {
  let result: MirResults;
  beforeAll(async () => {
    const data = join(shared ?? '', 'data/3dmir');
    const published = await readMirData(join(data, '3DMIR_labels'), join(data, 'Data_Splits'));
    result = evaluateMir({
      queries: mirTextQueries(published),
      entries: mirTextEntries(published),
      runs: mirTextRuns(published).filter(({ index }) => index === 'organ'),
      pairs: ['V1', 'V2', 'V3'].flatMap((set) =>
        ['bm25', 'bm25-pairs'].map((name) => [`${set}/${name}`, `${set}/tfidf`] as const),
      ),
    });
  });
  const precision = (name: string) => {
    const { figures } = result.methods.find((method) => method.name === name) ?? expect.fail();
    return (['flag', 'group'] as const).map((target) => figures[target]?.corrected['p@3'].macro.value ?? NaN);
  };

  test.each([
    ['V1', 1, 0.71],
    ['V2', 0.93, 0.56],
    ['V3', 0.95, 0.58],
  ])('TF-IDF on %s is what it is known to be: %d and %d', (set, flag, group) => {
    const [ourFlag, ourGroup] = precision(`${set}/tfidf`);
    expect(Math.abs(ourFlag - flag)).toBeLessThan(0.01);
    expect(Math.abs(ourGroup - group)).toBeLessThan(0.01);
  });

  test('BM25 is better on V1, which leaks, and on V2 and V3 not worse than TF-IDF', () => {
    for (const name of ['V1/bm25', 'V1/bm25-pairs']) {
      const [flag, group] = precision(name);
      expect(flag).toBe(1);
      expect(group).toBeGreaterThanOrEqual(0.71);
    }
    for (const { a, target, metric, difference, p } of result.comparisons) {
      if (a.startsWith('V1') || metric !== 'p@3') continue;
      expect(difference.hi < 0 && p < 0.05, `${a} ${target} is worse`).toBe(false);
      expect(difference.value, `${a} ${target}`).toBeGreaterThan(-0.03);
    }
  });

  test('the reader finds nearly every group in V1: so much is leaked', () => {
    const [flag, group] = precision('V1/reader');
    expect(flag).toBe(1);
    expect(group).toBeGreaterThan(0.95);
  });
});
