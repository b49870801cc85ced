import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMirSplits } from '../../native/benchmark/mir/splits.ts';
import { mirOrganOf, msdCases, msdRoots, readMsdDataset } from '../../native/ingest/msd.ts';

const description = (name: string, labels: unknown, modality: unknown = { '0': 'CT' }): string =>
  JSON.stringify({ name, tensorImageSize: '3D', modality, labels, numTraining: 131 });
const liver = readMsdDataset(description('Liver', { '0': 'background', '1': 'liver', '2': 'cancer' }));

const root = join('/', 'data', 'Task03_Liver');
const files = [
  'imagesTr/liver_12.nii.gz',
  'imagesTr/._liver_12.nii.gz',
  'imagesTr/liver_0.nii',
  'imagesTr/liver_3.nii.gz',
  'imagesTr/notes.txt',
  'labelsTr/liver_12.nii.gz',
  'labelsTr/._liver_12.nii.gz',
  'labelsTr/liver_0.nii.gz',
  'labelsTr/liver_99.nii.gz',
  'imagesTs/liver_132.nii.gz',
  'imagesTs/deeper/liver_133.nii.gz',
  'dataset.json',
].map((path) => join(root, path));

test('each image is a case with its mask; what macOS adds, masks alone and other folders are none', () => {
  const organs = [{ value: 1, name: 'liver' }];
  const cases = [
    ['liver_0', 'imagesTr/liver_0.nii', 'labelsTr/liver_0.nii.gz'],
    ['liver_12', 'imagesTr/liver_12.nii.gz', 'labelsTr/liver_12.nii.gz'],
    ['liver_132', 'imagesTs/liver_132.nii.gz'],
    ['liver_3', 'imagesTr/liver_3.nii.gz'],
  ].map(([caseName, image, mask]) => ({
    caseName,
    image: join(root, image),
    mask: mask && join(root, mask),
    lesionValues: [2],
    organs,
  }));
  expect(msdCases(root, liver, [...files, join('/', 'data', 'other', 'imagesTr', 'x.nii.gz')])).toEqual(
    cases,
  );
});

// The labels of the published dataset.json files.
test.each([
  ['Liver', { '0': 'background', '1': 'liver', '2': 'cancer' }, [2], ['liver']],
  ['Pancreas', { '0': 'background', '1': 'pancreas', '2': 'cancer' }, [2], ['pancreas']],
  ['Lung', { '0': 'background', '1': 'cancer' }, [1], []],
  ['Colon', { '0': 'background', '1': 'colon cancer primaries' }, [1], []],
  ['HepaticVessel', { '0': 'background', '1': 'Vessel', '2': 'Tumour' }, [2], ['Vessel']],
  ['Spleen', { '0': 'background', '1': 'spleen' }, [], ['spleen']],
  ['KiTS', { background: 0, kidney: 1, tumor: 2, cyst: 3 }, [2, 3], ['kidney']],
])('%s: tumours and organs by their names', (name, labels, lesionValues, organs) => {
  const [found] = msdCases(root, readMsdDataset(description(name, labels)), [files[0]]);
  expect(found.lesionValues).toEqual(lesionValues);
  expect(found.organs.map((organ) => organ.name)).toEqual(organs);
});

test('data sets are found at any depth by their dataset.json with images beside it', () => {
  const archive = join('/', 'msd');
  const paths = [
    'Task03_Liver/dataset.json',
    'Task03_Liver/._dataset.json',
    'Task03_Liver/imagesTr/liver_1.nii.gz',
    'more/Task06_Lung/dataset.json',
    'more/Task06_Lung/imagesTs/lung_2.nii.gz',
    'other/dataset.json',
    'other/images/a.nii.gz',
  ].map((path) => join(archive, path));
  expect(msdRoots(paths)).toEqual([join(archive, 'Task03_Liver'), join(archive, 'more', 'Task06_Lung')]);
});

test.each([
  ['Task03_Liver', 'Liver', 'liver'],
  ['Task07_Pancreas', '', 'pancreas'],
  ['Task10_Colon', 'COLON', 'colon'],
  ['lungs of all', 'Lung', 'lung'],
  ['Task08_HepaticVessel', 'HepaticVessel', undefined],
])('the organ of %s (%j) is %s', (folder, name, organ) => {
  expect(mirOrganOf(join('/', folder), { name })).toBe(organ);
});

test.each([
  ['{', 'unreadable', /describes no data set/],
  ['[]', 'unreadable', /describes no data set/],
  ['{"labels": {"1": ["a"]}}', 'unreadable', /describes no data set/],
  ['{"labels": {"liver": "one"}}', 'unreadable', /no values of a mask/],
  ['{"labels": {"liver": 70000}}', 'unreadable', /no values of a mask/],
  [description('Prostate', { '1': 'PZ' }, { '0': 'T2', '1': 'ADC' }), 'unsupported', /no CT/],
])('the description %s is refused', (text, kind, message) => {
  expect(() => readMsdDataset(text)).toThrow(
    expect.objectContaining({ kind, message: expect.stringMatching(message) }),
  );
});

test.each([
  ['\uFEFF,testing\r\n0,liver_47.nii.gz\r\n1,lung_069.nii.gz\r\n', 'test'],
  ['training\nliver_47.nii.gz\nlung_069.nii.gz', 'train'],
])('a published split names the part of each case', (csv, part) => {
  expect([...readMirSplits(csv)]).toEqual([
    ['liver_47', part],
    ['lung_069', part],
  ]);
});

test('another table is no split', () => {
  expect(readMirSplits('case,training\nA,1\n').size).toBe(0);
  expect(readMirSplits('').size).toBe(0);
});
