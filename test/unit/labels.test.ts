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

async function read(text: string | Uint8Array) {
  const path = join(folder, 'labels.csv');
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
