import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changedDiagnosis, readLabels, splitDiagnosis } from '../../native/ingest/labels.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-labels-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(text: string | Uint8Array, name = 'labels.csv') {
  const path = join(folder, name);
  await writeFile(path, text);
  return readLabels(path);
}

test.each([
  ['semicolons', 'case;size, mm;kind\r\nA;4,5;Zyste\r\n'],
  ['tabs', 'case\tsize, mm\tkind\nA\t4,5\tZyste\n'],
  ['quoted commas', 'case,"size, mm",kind\rA,"4,5",Zyste\r'],
])('a table with %s is read', async (_, text) => {
  expect(await read(text)).toMatchObject([{ case: 'A', labels: { 'size, mm': '4,5', kind: 'Zyste' } }]);
});

test.each([
  ['utf-8', Buffer.from('case;größe\nA;ä\n')],
  ['windows-1252', Buffer.from('case;größe\nA;ä\n', 'latin1')],
  ['utf-16', Buffer.from('\uFEFFcase;größe\nA;ä\n', 'utf16le')],
])('umlauts survive in %s', async (_, bytes) => {
  expect(await read(bytes)).toMatchObject([{ case: 'A', labels: { größe: 'ä' } }]);
});

test('the first column names the case; columns with a meaning of their own are taken out, the rest are labels', async () => {
  const rows = await read(
    '\uFEFFcase,lesion,patient,malignancy,split,diagnosis,proof,proofDate\nA,Lesion 1,P1,5,train,adenocarcinoma,Histology,2025-01-02\nB,,,2,,,,\n',
  );
  expect(rows).toEqual([
    {
      case: 'A',
      lesion: 'Lesion 1',
      patient: 'P1',
      labels: { malignancy: '5', split: 'train' },
      diagnosis: {
        diagnosis: 'adenocarcinoma',
        code: undefined,
        proof: 'histology',
        proofDate: '2025-01-02',
        source: undefined,
        author: undefined,
      },
    },
    { case: 'B', lesion: undefined, patient: undefined, labels: { malignancy: '2' }, diagnosis: undefined },
  ]);
});

test('quotes, commas inside them and empty lines are read as spreadsheets write them', async () => {
  const rows = await read('case,note\r\n"A, left","said ""clear"""\r\n\r\nB,x\r\n');
  expect(rows.map((row) => [row.case, row.labels.note])).toEqual([
    ['A, left', 'said "clear"'],
    ['B', 'x'],
  ]);
});

test.each([
  ['case\nA\n', /at least one label column/],
  ['case,a,a\nA,1,2\n', /repeated column name "a"/],
  ['case,,b\nA,1,2\n', /empty or repeated column name/],
  ['case,a\nA,1,2\n', /equal rows \(line 2\)/],
  ['case,diagnosis,proof\nA,cyst,rumour\n', /row 2: the proof is not one of the known ones.*histology/],
])('%j is refused with the reason', async (text, says) => {
  await expect(read(text)).rejects.toMatchObject({
    kind: 'unreadable',
    message: expect.stringMatching(says),
  });
});

test('the error for a bad proof does not repeat what the file says', async () => {
  const error = await read('case,diagnosis,proof\nA,cyst,Jane Doe told me\n').catch(
    (thrown: unknown) => thrown,
  );
  expect(String(error)).not.toContain('Jane');
});

test('a diagnosis is set, described and removed as one thing; other names stay labels', () => {
  const set = changedDiagnosis(undefined, 'diagnosis', 'oncocytoma');
  expect(set).toMatchObject({ diagnosis: 'oncocytoma', proof: 'none' });
  const proven = changedDiagnosis(set ?? undefined, 'proof', 'Surgery');
  expect(proven).toMatchObject({ diagnosis: 'oncocytoma', proof: 'surgery' });
  expect(changedDiagnosis(proven ?? undefined, 'diagnosis', null)).toBeNull();
  expect(changedDiagnosis(proven ?? undefined, 'kind', 'mass')).toBeUndefined();
  expect(changedDiagnosis(undefined, 'source', 'textbook')).toBeUndefined();
  expect(() => changedDiagnosis(proven ?? undefined, 'proof', 'rumour')).toThrow(/use one of: histology/);
});

test('without a diagnosis, columns that would describe it are labels like others', () => {
  expect(splitDiagnosis({ source: 'textbook' })).toEqual({
    labels: { source: 'textbook' },
    diagnosis: undefined,
  });
});

const json = (value: unknown) =>
  read(typeof value === 'string' ? value : JSON.stringify(value), 'labels.json');
const row = (name: string, labels: Record<string, string>, rest: object = {}) => ({
  case: name,
  lesion: undefined,
  patient: undefined,
  labels,
  diagnosis: undefined,
  ...rest,
});

test('JSON is read as the CSV with the same columns is', async () => {
  const csv = await read(
    'case,lesion,patient,malignancy,benign,diagnosis,proof,proofDate\nA,Lesion 1,P1,5,false,adenocarcinoma,Histology,2025-01-02\nB,,,2.5,true,,,\n',
  );
  const list = await json([
    {
      malignancy: 5,
      case: 'A',
      lesion: 'Lesion 1',
      patient: 'P1',
      benign: false,
      diagnosis: 'adenocarcinoma',
      proof: 'Histology',
      proofDate: '2025-01-02',
    },
    { case: 'B', malignancy: 2.5, benign: true, diagnosis: null, proof: ' ' },
  ]);
  expect(list).toEqual(csv);
  expect(await json('\uFEFF{"B": {"malignancy": 2.5, "benign": true}}')).toEqual(csv.slice(1));
});

test('in JSON the first value names a case that has no value "case"', async () => {
  expect(await json([{ name: 'liver_0.nii.gz', flag: 1 }])).toEqual([row('liver_0', { flag: '1' })]);
});

test('lesions in JSON may lie below their case', async () => {
  const rows = await json({
    A: {
      patient: 'P1',
      stage: 'II',
      lesions: { 'Lesion 1': { kind: 'cyst' }, 'Lesion 2': { diagnosis: 'HCC', proof: 'surgery' } },
    },
    B: { patient: 'P2', lesions: { 'Lesion 1': { kind: 'mass' } } },
  });
  const diagnosis = expect.objectContaining({ diagnosis: 'HCC', proof: 'surgery' });
  expect(rows).toEqual([
    row('A', { stage: 'II' }, { patient: 'P1' }),
    row('A', { kind: 'cyst' }, { patient: 'P1', lesion: 'Lesion 1' }),
    row('A', {}, { patient: 'P1', lesion: 'Lesion 2', diagnosis }),
    row('B', { kind: 'mass' }, { patient: 'P2', lesion: 'Lesion 1' }),
  ]);
});

test.each([
  ['[{"case": "A"}', /no valid JSON/],
  ['{"A": {"x": 1},\n  Jane: 2}', /labels\.json, line 2, column 3: the labels file is no valid JSON/],
  ['"A"', /holds no cases/],
  ['[]', /holds no cases/],
  ['[{"case": "A", "x": 1}, 5]', /entry 2: a case is no object/],
  ['{"A": {"x": 1}, "B": 3}', /entry 2: a case is no object/],
  ['[{"x": 1, "case": ""}]', /entry 1: a case has no name/],
  ['[{}]', /entry 1: a case has no name/],
  ['{"A": {"x": {"y": 1}}}', /entry 1: a value is no text, number or truth value/],
  ['{"A": {"": 1}}', /entry 1: a value has no name/],
  ['{"A": {"lesions": ["Lesion 1"]}}', /entry 1: the lesions of a case are no object/],
  ['{"A": {"lesions": {"L": {"a": 1}, "M": 2}}}', /entry 1, lesion 2: a lesion is no object/],
  ['{"A": {"diagnosis": "cyst", "proof": "rumour"}}', /entry 1: the proof is not one of the known ones/],
])('the JSON %s is refused with the place', async (text, says) => {
  const error = await json(text).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'unreadable', message: expect.stringMatching(says) });
  expect(String(error)).not.toContain('Jane');
});

test('JSON keys that JavaScript knows are labels like others', async () => {
  const [first] = await json('{"A": {"hasOwnProperty": "x", "constructor": "y"}}');
  expect(Object.entries(first.labels)).toEqual([
    ['hasOwnProperty', 'x'],
    ['constructor', 'y'],
  ]);
});

test('a study or series with a UID names the case in place of the first column; any other value is a label', async () => {
  const rows = await read(
    'case,study,SeriesInstanceUID,kind\nA,1.2.840.1,1.2.840.2,x\nB,1.2.840.3,,y\nC,NLST,S0139,z\n',
  );
  expect(rows).toEqual([
    row('1.2.840.2', { kind: 'x' }),
    row('1.2.840.3', { kind: 'y' }),
    row('C', { study: 'NLST', SeriesInstanceUID: 'S0139', kind: 'z' }),
  ]);
  expect(await read('seriesuid,kind\n1.2.840.2,x\n')).toEqual([row('1.2.840.2', { kind: 'x' })]);
  expect(await json([{ studyuid: '1.2.840.1', kind: 'x' }])).toEqual([row('1.2.840.1', { kind: 'x' })]);
});

test('a case may be named by its file', async () => {
  expect(await read('name,flag\nliver_12.nii.gz,1\nliver_13.nii,0\n')).toEqual([
    row('liver_12', { flag: '1' }),
    row('liver_13', { flag: '0' }),
  ]);
});

test.each([
  [',testing\n0,liver_47.nii.gz\n7,lung_069.nii.gz\n', 'test'],
  ['\uFEFFtraining\r\nliver_47.nii.gz\r\nlung_069.nii.gz\r\n', 'train'],
])('a published split gives the label split', async (text, split) => {
  expect(await read(text)).toEqual([row('liver_47', { split }), row('lung_069', { split })]);
});
