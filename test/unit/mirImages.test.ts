/** Which cases of 3D-MIR take part when only some have images, and by what labels. */
import { expect, test } from 'vitest';
import type { MirCase, MirTable } from '../../native/benchmark/mir/data.ts';
import type { MirRun } from '../../native/benchmark/mir/evaluate.ts';
import {
  ensembleRuns,
  type ImagedCase,
  imagedTables,
  labelAgreement,
  mirImageEntries,
  mirImageQueries,
  partOfOrgan,
} from '../../native/benchmark/mir/images.ts';
import type { MirLabels } from '../../native/benchmark/mir/labels.ts';

const labels = (numberTumors: number, maxTumorSizeCm: number, lesionGroup: number): MirLabels => ({
  numberTumors,
  maxTumorSizeCm,
  cancerFlag: numberTumors > 0 ? 1 : 0,
  lesionGroup,
});
const none = labels(0, 0, -1);
const published = (name: string, of: MirLabels): MirCase => ({
  name,
  labels: of,
  captions: { V1: '', V2: '', V3: '' },
});
const table = (organ: MirTable['organ'], train: MirCase[], cases: MirCase[]): MirTable => ({
  organ,
  cases: [...train, ...cases],
  split: { train, test: cases },
});
const imaged = (name: string, of: MirLabels | undefined, ofOrgan?: number): [string, ImagedCase] => [
  name,
  { name, volume: `v-${name}`, labels: of, ofOrgan },
];

const one = labels(1, 1.5, 1);
const tables = [
  table(
    'liver',
    [published('liver_1', one), published('liver_2', one), published('lung_1', none)],
    [published('liver_3', one), published('liver_4', one)],
  ),
  table('lung', [published('lung_1', labels(1, 2, 1))], [published('liver_1', none)]),
  table('colon', [published('liver_1', none)], [published('colon_1', one)]),
];
const cases = new Map([
  imaged('liver_1', labels(1, 1.75, 1), 0.25),
  imaged('liver_2', undefined),
  imaged('liver_3', labels(2, 1.5, 2)),
  imaged('lung_1', labels(1, 2, 1)),
]);

test('cases without a volume or a mask of their own are left out, and organs without queries', () => {
  const names = imagedTables(tables, cases).map(({ organ, split }) => [
    organ,
    split.train.map(({ name }) => name),
    split.test.map(({ name }) => name),
  ]);
  expect(names).toEqual([
    ['liver', ['liver_1', 'lung_1'], ['liver_3']],
    ['lung', ['lung_1'], ['liver_1']],
  ]);
});

test('labels are those of the mask in the organ that it shows, none elsewhere', () => {
  const found = imagedTables(tables, cases);
  expect(mirImageEntries(found)).toEqual([
    { id: 'liver_1', case: 'liver_1', labels: { liver: labels(1, 1.75, 1) } },
    { id: 'lung_1', case: 'lung_1', labels: { liver: none, lung: labels(1, 2, 1) } },
  ]);
  expect(mirImageQueries(found, cases)).toEqual([
    { id: 'liver/liver_3', case: 'liver_3', organ: 'liver', labels: labels(2, 1.5, 2), ofOrgan: undefined },
    // The part of the liver says nothing of the lung.
    { id: 'lung/liver_1', case: 'liver_1', organ: 'lung', labels: none, ofOrgan: undefined },
  ]);
});

test('where the masks differ from the tables, it is said', () => {
  expect(labelAgreement(tables, cases)).toEqual({
    compared: 3,
    differing: [{ organ: 'liver', name: 'liver_3', published: one, mask: labels(2, 1.5, 2) }],
    largestSizeDifferenceCm: 0.25,
  });
});

test('ensembles fuse the slices with the captions of the same index', () => {
  const run = (name: string, index: MirRun['index'], list: string[]): MirRun => ({
    name,
    title: name,
    kind: 'search',
    index,
    found: new Map([['q', list]]),
    msPerQuery: 2,
  });
  const captions = [run('V2/bm25', 'organ', ['c', 'a', 'b']), run('V2/bm25', 'mixed', ['x'])];
  const fused = ensembleRuns(run('e/slice-freq', 'organ', ['a', 'b', 'd', 'e']), captions, 'e/');
  expect(
    fused.map(({ name, index, found, msPerQuery }) => [name, index, found.get('q'), msPerQuery]),
  ).toEqual([
    // Rank by rank, the slices first, as far as the shorter list goes.
    ['e/ensemble V2/bm25', 'organ', ['a', 'c', 'b', 'd'], 4],
    ['e/rrf V2/bm25', 'organ', ['a', 'b', 'c', 'd', 'e'], 4],
  ]);
});

test('tumours are a part of the organ with them, inside its mask or cut out of it', () => {
  const beside = { volumeMl: 10, organs: [{ organ: 'Liver', inside: 0, ofOrgan: 0.1 }] };
  expect(partOfOrgan([beside])).toBeCloseTo(10 / 110, 12);
  expect(partOfOrgan([beside, { volumeMl: 20, organs: [] }])).toBeCloseTo(30 / 130, 12);
  const inside = { volumeMl: 10, organs: [{ organ: 'liver', inside: 1, ofOrgan: 0.1 }] };
  expect(partOfOrgan([inside])).toBeCloseTo(10 / 100, 12);
  expect(
    partOfOrgan([{ volumeMl: 10, organs: [{ organ: 'spleen', inside: 1, ofOrgan: 0.5 }] }]),
  ).toBeUndefined();
  expect(partOfOrgan([])).toBeUndefined();
});
