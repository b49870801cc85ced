import { afterEach, beforeEach, expect, test } from 'vitest';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import { type Database, openDatabase } from '../../native/catalog/database.ts';
import { catalogEmbeddings } from '../../native/catalog/embeddings.ts';
import { type CatalogJobs, catalogJobs, type NewJob } from '../../native/catalog/jobs.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogReports } from '../../native/catalog/reports.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import { importOptions } from '../../native/contract/jobs.ts';
import { toFloat16 } from '../../native/volume/float16.ts';
import { lesion, volume } from '../support/catalogRows.ts';

let db: Database;
let jobs: CatalogJobs;
beforeEach(() => {
  db = openDatabase(':memory:');
  jobs = catalogJobs(db);
});
afterEach(() => db.close());

const none = { patients: 0, studies: 0, volumes: 0, lesions: 0, reports: 0, unchanged: 0 };
function newJob(...sources: string[]): NewJob {
  return { origin: 'user', sources, labels: undefined, options: importOptions.parse({}) };
}

test('a job goes on with the pieces that are not done, and what ran when the engine died waits again', () => {
  const id = jobs.add(newJob('/a'));
  jobs.scanned(id, 'print', ['one', 'two', 'three'], [{ kind: 'skipped', path: '/a/x', text: 'no image' }]);
  jobs.setState(id, 'running');
  jobs.finishItem(
    id,
    1,
    { ...none, volumes: 2, lesions: 3 },
    [{ kind: 'warning', path: '/a/2', text: 'tilted' }],
    [],
  );
  jobs.wake();
  expect(jobs.waiting().map((job) => [job.id, job.fingerprint])).toEqual([[id, 'print']]);
  expect(jobs.open(id).map(({ position, found }) => [position, found])).toEqual([
    [0, 'one'],
    [2, 'three'],
  ]);
  expect(jobs.row(id)).toMatchObject({ imported: { volumes: 2, lesions: 3 }, skipped: 1, warnings: 1 });
  expect(jobs.report(id)).toEqual({
    imported: { patients: 0, studies: 0, volumes: 2, lesions: 3, reports: 0 },
    unchanged: 0,
    skipped: [{ path: '/a/x', reason: 'no image' }],
    warnings: ['/a/2: tilted'],
  });
});

test('an equal unfinished job is found again, an ended or other one is not', () => {
  const id = jobs.add(newJob('/a', '/b'));
  expect(jobs.same(newJob('/a', '/b'))?.id).toBe(id);
  expect(jobs.same(newJob('/b', '/a'))).toBeUndefined();
  expect(jobs.same({ ...newJob('/a', '/b'), options: importOptions.parse({ copy: true }) })).toBeUndefined();
  expect(jobs.same({ ...newJob('/a', '/b'), labels: '/labels.csv' })).toBeUndefined();
  jobs.setState(id, 'done');
  expect(jobs.same(newJob('/a', '/b'))).toBeUndefined();
});

test('jobs wait in the order that the user gave them', () => {
  const [a, b, c] = ['/a', '/b', '/c'].map((path) => jobs.add(newJob(path)));
  jobs.prioritise(c, 'sooner');
  jobs.prioritise(a, 'later');
  expect(jobs.waiting().map(({ id }) => id)).toEqual([c, b, a]);
  expect(() => jobs.forget(a)).toThrow(/cancel it first/);
  jobs.setState(a, 'cancelled');
  jobs.forget(a);
  expect(jobs.rows().map(({ id }) => id)).toEqual([c, b]);
});

test('a conflict waits for its decision, is named in the report until then, and then opens its piece of work again', () => {
  const writes = catalogWrites(db);
  const old = volume('A', 'c1', [lesion('x')]);
  writes.addVolume(old);
  const id = jobs.add(newJob('/a'));
  jobs.scanned(id, 'print', ['one', 'two'], []);
  const conflict = (path: string) => ({ volume: old.uid, path, files: 3 });
  jobs.finishItem(id, 0, none, [], [conflict('/a/1')]);
  jobs.finishItem(id, 1, none, [], [conflict('/a/2')]);
  const [first, second] = jobs.conflicts();
  expect(first).toMatchObject({ job: id, patient: 'A', path: '/a/1', files: 3, volume: old.uid, drawn: 0 });
  expect(jobs.report(id).skipped.map(({ path }) => path)).toEqual(['/a/1', '/a/2']);
  expect(jobs.decide(first.id, 'keep')).toBeUndefined();
  expect(jobs.decide(second.id, 'replace')).toBe(id);
  expect(jobs.conflicts()).toEqual([]);
  expect(jobs.open(id)).toEqual([{ position: 1, found: 'two', decision: 'replace' }]);
  expect(jobs.report(id).skipped).toEqual([
    { path: '/a/1', reason: expect.stringMatching(/own version was kept/) },
  ]);
  expect(() => jobs.decide(first.id, 'both')).toThrow(/settled already/);
});

test('a removed volume takes its empty series, study and patient with it; another study of the patient stays', () => {
  const writes = catalogWrites(db);
  const one = volume('A', 'c1', [lesion('x')]);
  const other = volume('A', 'c2', [lesion('y')]);
  const elsewhere = { ...other, read: { ...other.read, study: { uid: 'another' } } };
  expect(writes.addVolume(one)).toEqual({ newPatient: true, newStudy: true });
  expect(writes.addVolume(elsewhere)).toEqual({ newPatient: false, newStudy: true });
  writes.removeVolume(one.uid);
  expect(catalogReads(db).counts()).toEqual({ patients: 1, studies: 1, volumes: 1, lesions: 1 });
  writes.removeVolume(other.uid);
  expect(catalogReads(db).counts()).toEqual({ patients: 0, studies: 0, volumes: 0, lesions: 0 });
});

test('files count as unchanged only together, as files of one volume, with size and time as they were', () => {
  const writes = catalogWrites(db);
  const reads = catalogReads(db);
  writes.addVolume(volume('A', 'c1', []));
  const copy = volume('B', 'c2', []);
  writes.addVolume({
    ...copy,
    copied: true,
    files: [{ path: '/library/0', original: '/there/2.dcm', bytes: 5, mtimeMs: 6 }],
  });
  const known = { path: '/somewhere/1.dcm', bytes: 10, mtimeMs: 20 };
  const copied = { path: '/there/2.dcm', bytes: 5, mtimeMs: 6 };
  expect(reads.unchangedFiles([known])).toBe(true);
  expect(reads.unchangedFiles([copied])).toBe(true);
  expect(reads.unchangedFiles([known, copied])).toBe(false);
  expect(reads.unchangedFiles([{ ...known, bytes: 11 }])).toBe(false);
  expect(reads.unchangedFiles([{ ...known, mtimeMs: 21 }])).toBe(false);
  expect(reads.unchangedFiles([])).toBe(false);
});

test('reports are found by their words, without regard to accents and case, and the same text is kept once', () => {
  catalogWrites(db).addVolume(volume('A', 'c1', []));
  const reports = catalogReports(db);
  const text = 'Findings: a spiculated nodule in the left upper lobe. Größe 12 mm.';
  expect(reports.add('study-A', { path: '/r.txt', title: 'CT chest', text })).toBe(true);
  expect(reports.add('study-A', { path: '/again.txt', text })).toBe(false);
  expect(reports.add('study-B', { path: '/other.txt', text })).toBe(false);
  const page = { offset: 0, limit: 10 };
  expect(reports.find('"NODULE"', page)).toMatchObject({
    total: 1,
    rows: [{ patient: 'A', title: 'CT chest' }],
  });
  expect(reports.find('"grosse"', page).total).toBe(0);
  expect(reports.find('"größe"', page).rows[0].excerpt).toContain('\u0002Größe\u0003');
  expect(reports.find('"effusion"', page)).toEqual({ total: 0, rows: [] });
  expect(reports.of('study-A').map((row) => row.text)).toEqual([text]);
});

test('the content hash is that of the content: equal under other ids and another order, other as soon as anything differs', () => {
  const fill = (
    order: readonly ('a' | 'b')[],
    change: (to: ReturnType<typeof openDatabase>) => void = () => undefined,
  ) => {
    const one = openDatabase(':memory:');
    const writes = catalogWrites(one);
    const key = { encoder: 'e', version: '1', preprocessing: 'p', level: 'lesion', pooling: '' } as const;
    for (const name of order) {
      const found = lesion(name, { kind: name });
      writes.addVolume(volume(name, name, [found]));
      catalogEmbeddings(one).add(key, 1, [
        { owner: found.uid, vector: toFloat16(new Float32Array([name.length])) },
      ]);
    }
    change(one);
    const hash = catalogContentHash(one);
    one.close();
    return hash;
  };
  const hash = fill(['a', 'b']);
  expect(fill(['b', 'a'])).toBe(hash);
  for (const change of [
    `UPDATE label SET value = 'other' WHERE value = 'a'`,
    `UPDATE lesion_embedding SET vector = x'0000' WHERE lesion = 1`,
    `UPDATE embedding_key SET pooling = 'max'`,
    `UPDATE lesion SET mask = x'00' WHERE id = 1`,
    `UPDATE volume SET origin = '[0,0,1]' WHERE id = 1`,
    `DELETE FROM lesion WHERE id = 1`,
  ])
    expect(
      fill(['a', 'b'], (to) => to.exec(change)),
      change,
    ).not.toBe(hash);
});
