import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { catalogAnnotations } from '../../native/catalog/annotations.ts';
import { catalogCaptions } from '../../native/catalog/captions.ts';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import {
  integrityProblems,
  migrate,
  openDatabase,
  openSnapshot,
  openToRead,
  schemaVersion,
} from '../../native/catalog/database.ts';
import { catalogEmbeddings, embeddingId } from '../../native/catalog/embeddings.ts';
import { catalogFeedback } from '../../native/catalog/feedback.ts';
import { catalogFilterSets } from '../../native/catalog/filterSets.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import { markedQuery } from '../../native/engine/markedQuery.ts';
import { fieldValue } from '../../native/retrieval/gallery.ts';
import { toFloat16 } from '../../native/volume/float16.ts';
import { lesion, volume } from '../support/catalogRows.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-catalog-'));
  path = join(folder, 'catalog.sqlite');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('every pragma that safety rests on is in force', () => {
  const db = openDatabase(path);
  const read = (name: string) => db.pragma(name, { simple: true });
  expect([read('journal_mode'), read('synchronous'), read('foreign_keys'), read('secure_delete')]).toEqual([
    'wal',
    2,
    1,
    1,
  ]);
  db.close();
});

test('no way to open a catalog lets SQLite write temporary files, which would lie in plain text', () => {
  const db = openDatabase(path);
  for (const one of [db, openToRead(path), openSnapshot(db)]) {
    expect(one.pragma('temp_store', { simple: true })).toBe(2);
    if (one !== db) one.close();
  }
  db.close();
});

test('migration 1 makes the whole schema from an empty file, and opening again changes nothing', () => {
  const raw = new Sqlite(path);
  migrate(raw, 1);
  expect(raw.pragma('user_version', { simple: true })).toBe(1);
  const tables = raw
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all();
  expect(tables).toEqual(
    ['audit', 'diagnosis', 'embedding', 'embedding_revision', 'label', 'lesion', 'organ', 'patient', 'series', 'setting', 'source_file', 'study', 'volume'],
  ); // biome-ignore format: one list
  raw.close();
  const db = openDatabase(path);
  expect(db.pragma('user_version', { simple: true })).toBe(schemaVersion);
  db.close();
});

test('migration 2 keeps what version 1 held, and knows which volumes came from a lossy source', () => {
  const raw = new Sqlite(path);
  migrate(raw, 1);
  raw.exec(`INSERT INTO patient (uid, identity, patientId) VALUES ('pat-1', 'A', 'A');
    INSERT INTO study (uid, patient, studyInstanceUid) VALUES ('stu-1', 1, '1.2');
    INSERT INTO series (study, seriesInstanceUid, modality) VALUES (1, '1.2.3', 'CT');`);
  const insert = raw.prepare(
    `INSERT INTO volume (uid, series, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, path, warnings)
     VALUES (?, 1, ?, ?, 1, 1, 1, '[1,1,1]', '[0,0,0]', '[1,0,0,0,1,0,0,0,1]', 'int16', '/a', ?)`,
  );
  insert.run('vol-1', 'c1', 'i1', '["lossy compressed source"]');
  insert.run('vol-2', 'c2', 'i2', '[]');
  raw.exec(`INSERT INTO source_file (volume, position, role, path) VALUES (1, 0, 'image', '/a/1.dcm')`);
  raw.close();
  const db = openDatabase(path);
  const reads = catalogReads(db);
  expect(reads.volume('vol-1')).toMatchObject({
    lossy: true,
    interpolated: false,
    copied: false,
    deidentified: false,
  });
  expect(reads.volume('vol-2').lossy).toBe(false);
  expect(reads.sourceFiles('vol-1')).toEqual([{ role: 'image', path: '/a/1.dcm' }]);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('a migration that fails halfway leaves the file as it was', () => {
  const raw = new Sqlite(path);
  raw.exec('CREATE TABLE audit (id INTEGER)');
  expect(() => migrate(raw)).toThrow();
  expect(raw.pragma('user_version', { simple: true })).toBe(0);
  expect(raw.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'patient'").pluck().get()).toBe(0);
  raw.close();
});

test('a library of a newer version and a file that is no catalog are refused with what to do', async () => {
  openDatabase(path).close();
  const raw = new Sqlite(path);
  raw.pragma(`user_version = ${schemaVersion + 1}`);
  raw.close();
  expect(() => openDatabase(path)).toThrow(/newer Precedent/);
  const other = join(folder, 'other.sqlite');
  await writeFile(other, Buffer.alloc(8192, 'not a database'));
  expect(() => openDatabase(other)).toThrow(/damaged or not a catalog/);
});

test('a volume comes whole or not at all', () => {
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  const broken = { ...lesion('second'), packed: null as unknown as Uint8Array };
  expect(() => writes.addVolume(volume('A', 'c1', [lesion('first'), broken]))).toThrow();
  expect(catalogReads(db).counts()).toEqual({ patients: 0, studies: 0, volumes: 0, lesions: 0 });
  writes.addVolume(volume('A', 'c1', [lesion('first')]));
  expect(catalogReads(db).counts()).toEqual({ patients: 1, studies: 1, volumes: 1, lesions: 1 });
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('the same PatientID of two issuers is two patients', () => {
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  writes.addVolume(volume('0001', 'c1', [lesion('x')], 'North'));
  writes.addVolume(volume('0001', 'c2', [lesion('x')], 'South'));
  writes.addVolume(volume('0001', 'c3', [lesion('x')], 'South'));
  const { rows } = catalogReads(db).patients({ offset: 0, limit: 10 });
  expect(rows.map(({ patient, lesions }) => [patient, lesions])).toEqual([
    ['0001^^^North', 1],
    ['0001^^^South', 2],
  ]);
  db.close();
});

test('migration 3 keeps every embedding and its key, and removes them with their lesion', () => {
  const raw = new Sqlite(path);
  raw.pragma('foreign_keys = ON');
  migrate(raw, 2);
  raw.exec(`INSERT INTO patient (uid, identity, patientId) VALUES ('pat-1', 'A', 'A');
    INSERT INTO study (uid, patient, studyInstanceUid) VALUES ('stu-1', 1, '1.2');
    INSERT INTO series (study, seriesInstanceUid, modality) VALUES (1, '1.2.3', 'CT');
    INSERT INTO volume (uid, series, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, path)
      VALUES ('vol-1', 1, 'c1', 'i1', 1, 1, 1, '[1,1,1]', '[0,0,0]', '[1,0,0,0,1,0,0,0,1]', 'int16', '/a');`);
  const lesions = raw.prepare(
    `INSERT INTO lesion (uid, volume, name, source, caption, i0, j0, k0, i1, j1, k1, mask, volumeMl, diameterMm,
       diameter3dMm, meanHu, sdHu, x, y, z) VALUES (?, 1, 'l', 'mask', '', 0, 0, 0, 0, 0, 0, x'00', 1, 1, 1, 1, 1, 0, 0, 0)`,
  );
  const embedding = raw.prepare(
    `INSERT INTO embedding (lesion, encoder, version, preprocessing, level, dim, vector) VALUES (?, 'e', ?, 'p', 'lesion', 2, ?)`,
  );
  for (const id of [1, 2]) {
    lesions.run(`les-${id}`);
    for (const version of ['1.0.0', '2.0.0'])
      embedding.run(id, version, Buffer.from([id, Number(version[0]), 0, 1]));
  }
  migrate(raw, 3);
  expect(raw.pragma('user_version', { simple: true })).toBe(3);
  const embeddings = catalogEmbeddings(raw);
  const key = (version: string) =>
    ({ encoder: 'e', version, preprocessing: 'p', level: 'lesion', pooling: '' }) as const;
  expect(embeddings.keys()).toEqual(['1.0.0', '2.0.0'].map((version) => ({ ...key(version), dim: 2 })));
  expect([...embeddings.rows(key('2.0.0'))].map((row) => [row.owner, row.slice, [...row.vector]])).toEqual([
    ['les-1', undefined, [1, 2, 0, 1]],
    ['les-2', undefined, [2, 2, 0, 1]],
  ]);
  const before = embeddings.revision(key('1.0.0'));
  raw.exec('DELETE FROM lesion WHERE id = 1');
  expect([...embeddings.rows(key('1.0.0'))].map((row) => row.owner)).toEqual(['les-2']);
  expect(embeddings.revision(key('1.0.0'))).not.toBe(before);
  expect(integrityProblems(raw)).toEqual([]);
  raw.close();
});

test('migration 4 keeps lesions and gives them and their studies captions and words, and sets of filters a place', () => {
  const raw = new Sqlite(path);
  raw.pragma('foreign_keys = ON');
  migrate(raw, 3);
  raw.exec(`INSERT INTO patient (uid, identity, patientId) VALUES ('pat-1', 'A', 'A');
    INSERT INTO study (uid, patient, studyInstanceUid) VALUES ('stu-1', 1, '1.2');
    INSERT INTO series (study, seriesInstanceUid, modality) VALUES (1, '1.2.3', 'CT');
    INSERT INTO volume (uid, series, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, path)
      VALUES ('vol-1', 1, 'c1', 'i1', 1, 1, 1, '[1,1,2.5]', '[0,0,0]', '[1,0,0,0,1,0,0,0,1]', 'int16', '/a');
    INSERT INTO lesion (uid, volume, name, source, caption, i0, j0, k0, i1, j1, k1, mask, volumeMl, diameterMm,
      diameter3dMm, meanHu, sdHu, x, y, z) VALUES ('les-1', 1, 'l', 'mask', 'old words', 0, 0, 0, 0, 0, 0, x'00', 1, 12, 13, 1, 1, 0, 0, 0);
    INSERT INTO label VALUES (1, 'organ', 'Liver');`);
  raw.close();
  const db = openDatabase(path);
  const captions = catalogCaptions(db);
  expect(captions.find('liver').map((hit) => hit.lesion)).toEqual(['les-1']);
  const reads = catalogReads(db);
  expect(reads.lesion('les-1')).toMatchObject({
    caption: expect.stringMatching(/^medium-sized lesion in the liver, 12 mm/),
    outline: undefined,
    labels: { organ: 'Liver' },
  });
  expect(reads.study('stu-1').captions.count).toMatch(/liver with a single lesion of 1.3 centimeters/);
  const sets = catalogFilterSets(db);
  const where = [{ field: 'organ', value: 'liver' }];
  sets.save({ name: 'livers', where: [] });
  sets.save({ name: 'livers', where });
  expect(sets.list()).toEqual([{ name: 'livers', where }]);
  sets.remove('livers');
  expect(sets.list()).toEqual([]);
  expect(() => sets.remove('livers')).toThrow(/no set of filters "livers"/);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('what filters may name comes from patient, study, series, organ and lesion', () => {
  const db = openDatabase(path);
  const one = volume('A', 'c1', [
    {
      ...lesion('x', { grade: '2' }),
      organs: [{ organ: 'Kidney_L', inside: 1, ofOrgan: 0.1, position: [0, 0, 0], where: 'upper' }],
    },
  ]);
  const series = {
    ...one.read.series,
    description: 'arterial 1.5',
    manufacturer: 'M',
    model: '1',
    kernel: 'B30f',
    kvp: 120,
  };
  const patient = { ...one.read.patient, sex: 'F', birthDate: '19600102' };
  catalogWrites(db).addVolume({ ...one, read: { ...one.read, series, patient, spacing: [1, 1, 2.5] } });
  const [row] = catalogReads(db).gallery();
  expect(row).toMatchObject({
    patient: 'A',
    study: 'study-A',
    labels: { grade: '2' },
    fields: {
      name: 'x',
      sex: 'F',
      organ: 'Kidney_L',
      place: 'upper',
      phase: 'arterial',
      scanner: 'M 1',
      source: 'mask',
    },
    numbers: { age: 65, kvp: 120, sliceThicknessMm: 2.5, diameterMm: 10, volumeMl: 1 },
  });
  expect(fieldValue(row, 'date')).toBe('2026-01-01');
  db.close();
});

test('slices, lesions and volumes keep their vectors apart, and a volume takes its own with it', () => {
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  const embeddings = catalogEmbeddings(db);
  const [first, second] = [lesion('1'), lesion('2')];
  const one = volume('A', 'c1', [first]);
  writes.addVolume(one);
  writes.addVolume(volume('B', 'c2', [second]));
  const generation = { encoder: 'e', version: '1.0.0', preprocessing: 'p' };
  const slices = { ...generation, level: 'slice', pooling: '' } as const;
  const mean = { ...generation, level: 'volume', pooling: 'mean' } as const;
  const crossed = { ...generation, level: 'lesion-slice', pooling: '' } as const;
  const vector = new Uint8Array([1, 0, 2, 0]);
  embeddings.add(
    slices,
    2,
    [0, 1, 2].map((slice) => ({ owner: one.uid, slice, vector })),
  );
  embeddings.add(mean, 2, [{ owner: one.uid, vector }]);
  embeddings.add(crossed, 2, [{ owner: first.uid, slice: 1, vector }]);
  expect([...embeddings.rows(slices)].map(({ owner, slice }) => embeddingId(owner, slice))).toEqual(
    [0, 1, 2].map((slice) => `${one.uid}/${slice}`),
  );
  const max = { ...mean, pooling: 'max' };
  expect([mean, slices, max].map((key) => embeddings.missing(key).length)).toEqual([1, 1, 2]);
  expect(embeddings.missing(crossed).map((row) => row.lesion)).toEqual([second.uid]);
  expect([mean, crossed, max].map((key) => embeddings.holds(key))).toEqual([true, true, false]);
  expect([first, second].map(({ uid }) => embeddings.holds(crossed, uid))).toEqual([true, false]);
  writes.removeVolume(one.uid);
  expect([slices, mean, crossed].map((key) => embeddings.count(key))).toEqual([0, 0, 0]);
  embeddings.removeEncoder('e');
  expect(embeddings.keys()).toEqual([]);
  db.close();
});

test('the revision of a key follows every change of its embeddings, and none comes back after the key was dropped', () => {
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  const one = lesion('1');
  writes.addVolume(volume('A', 'c1', [one]));
  const embeddings = catalogEmbeddings(db);
  const key = { encoder: 'e', version: '1.0.0', preprocessing: 'p', level: 'lesion', pooling: '' } as const;
  const other = { ...key, version: '2.0.0' };
  expect(embeddings.missing(key).map((row) => row.lesion)).toEqual([one.uid]);
  const seen = [embeddings.revision(key)];
  const row = { owner: one.uid, vector: toFloat16(new Float32Array([0.5, 0.25])) };
  for (const vector of [row.vector, toFloat16(new Float32Array([1, 0.25]))]) {
    embeddings.add(key, 2, [{ ...row, vector }]);
    seen.push(embeddings.revision(key));
  }
  expect(embeddings.missing(key)).toEqual([]);
  expect([...embeddings.rows(key)].map(({ owner }) => owner)).toEqual([one.uid]);
  embeddings.add(other, 2, [row]);
  expect(embeddings.revision(key)).toBe(seen.at(-1));
  db.prepare('DELETE FROM lesion WHERE uid = ?').run(one.uid);
  seen.push(embeddings.revision(key));
  embeddings.removeOthers(other);
  const two = lesion('2');
  writes.addVolume(volume('B', 'c2', [two]));
  embeddings.add(key, 2, [{ ...row, owner: two.uid }]);
  seen.push(embeddings.revision(key));
  expect(new Set(seen).size).toBe(seen.length);
  db.close();
});

test('migration 5 keeps marks on hits by user and query, and drops them with the lesions and volumes', () => {
  const raw = new Sqlite(path);
  migrate(raw, 4);
  raw.close();
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => lesion(name));
  const first = volume('A', 'one', [a]);
  writes.addVolume(first);
  writes.addVolume(volume('B', 'two', [b, c]));
  const feedback = catalogFeedback(db);
  const region = { volume: first.uid, box: [0, 0, 0, 1, 1, 1] as const, mask: undefined, hash: 'h' };
  const mark = (hit: string, relevant: boolean | null) => ({ hit, relevant, method: 'lesion' });
  feedback.mark('ann', { lesion: a.uid }, mark(b.uid, true));
  feedback.mark('ann', { lesion: a.uid }, mark(c.uid, true));
  feedback.mark('ann', { lesion: a.uid }, mark(c.uid, false));
  feedback.mark('bob', { lesion: a.uid }, mark(c.uid, true));
  feedback.mark('bob', region, mark(b.uid, false));
  const told = (query?: Parameters<typeof feedback.list>[0]) =>
    feedback.list(query).map(({ user, hit, relevant }) => `${user} ${hit === b.uid ? 'b' : 'c'} ${relevant}`);
  expect(told({ lesion: a.uid }).sort()).toEqual(['ann b true', 'ann c false', 'bob c true']);
  expect(feedback.list(region)).toMatchObject([
    { volume: first.uid, lesion: undefined, boxIjk: [0, 0, 0, 1, 1, 1] },
  ]);
  expect(told()).toHaveLength(4);
  feedback.mark('ann', { lesion: a.uid }, mark(b.uid, null));
  expect(told({ lesion: a.uid }).sort()).toEqual(['ann c false', 'bob c true']);
  feedback.clear('ann', { lesion: a.uid });
  expect(told()).toHaveLength(2);
  expect(() => feedback.mark('ann', { lesion: 'les-none' }, mark(b.uid, true))).toThrow(/no such lesion/);
  db.prepare('DELETE FROM lesion WHERE uid = ?').run(c.uid);
  expect(told()).toEqual(['bob b false']);
  db.exec(`DELETE FROM volume WHERE uid = '${first.uid}'`);
  expect(told()).toEqual([]);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('migration 9 keeps the marks that there were, and takes those on hits of words and of several things', () => {
  const raw = new Sqlite(path);
  raw.pragma('foreign_keys = ON');
  migrate(raw, 8);
  raw.exec(schema6Rows);
  raw.close();
  const db = openDatabase(path);
  const feedback = catalogFeedback(db);
  const mark = { hit: 'two', relevant: true, method: 'caption' };
  expect(feedback.list().map((one) => [one.lesion, one.volume, one.boxIjk, one.relevant])).toEqual([
    ['one', 'vol', undefined, true],
    [undefined, 'vol', [0, 0, 0, 1, 1, 1], false],
  ]);
  const words = markedQuery({ text: 'nodule' });
  const several = markedQuery({ like: [{ lesion: 'one' }, { text: 'nodule' }], unlike: [], combine: 'or' });
  feedback.mark('ann', words, mark);
  feedback.mark('ann', several, { ...mark, relevant: false });
  expect(feedback.list(words)).toMatchObject([
    { volume: undefined, asked: '{"text":"nodule"}', relevant: true },
  ]);
  expect(JSON.parse(feedback.list(several)[0].asked ?? '')).toEqual({
    like: [{ lesion: 'one' }, { text: 'nodule' }],
    unlike: [],
    combine: 'or',
  });
  expect(feedback.list()).toHaveLength(4);
  feedback.clear('ann', words);
  expect(feedback.list(words)).toEqual([]);
  db.prepare('DELETE FROM lesion WHERE uid = ?').run('two');
  expect(feedback.list()).toEqual([]);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('migration 6 keeps measurements by study, moves them without another author, and drops them with their volume', () => {
  const raw = new Sqlite(path);
  migrate(raw, 5);
  raw.close();
  const db = openDatabase(path);
  const writes = catalogWrites(db);
  const [first, second, other] = [volume('A', 'one', []), volume('A', 'two', []), volume('B', 'three', [])];
  for (const each of [first, second, other]) writes.addVolume(each);
  const annotations = catalogAnnotations(db);
  const length = {
    id: 'm-1',
    volume: first.uid,
    kind: 'length' as const,
    plane: 'axial' as const,
    points: [[1, 2, 3] as [number, number, number], [4.5, 2, 3] as [number, number, number]],
    label: '',
  };
  const before = catalogContentHash(db);
  annotations.save(length, 'ann');
  expect(catalogContentHash(db)).not.toBe(before);
  annotations.save({ ...length, id: 'm-2', volume: other.uid }, 'ann');
  annotations.save(
    {
      ...length,
      points: [
        [0, 0, 3],
        [4.5, 2, 3],
      ],
      label: 'aorta',
    },
    'bob',
  );
  expect(annotations.ofStudy(first.uid)).toEqual([
    {
      ...length,
      points: [
        [0, 0, 3],
        [4.5, 2, 3],
      ],
      label: 'aorta',
      author: 'ann',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  expect(annotations.ofStudy(other.uid).map(({ id }) => id)).toEqual(['m-2']);
  annotations.save({ ...length, id: 'm-4', volume: second.uid }, 'ann');
  expect(annotations.ofStudy(first.uid).map(({ id }) => id)).toEqual(['m-1', 'm-4']);
  expect(() => annotations.save({ ...length, volume: other.uid }, 'ann')).toThrow(/belongs elsewhere/);
  expect(() => annotations.save({ ...length, id: 'm-3', volume: 'vol-none' }, 'ann')).toThrow(
    /no such volume/,
  );
  expect(() => annotations.ofStudy('vol-none')).toThrow(/no such volume/);
  annotations.remove('m-2');
  annotations.remove('m-2');
  expect(annotations.ofStudy(other.uid)).toEqual([]);
  db.exec(`DELETE FROM volume WHERE uid = '${first.uid}'`);
  expect(annotations.ofStudy(second.uid).map(({ id }) => id)).toEqual(['m-4']);
  expect(db.prepare('SELECT count(*) FROM annotation').pluck().get()).toBe(1);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('an ellipse that was kept as the corners of its box is read as the ends of its axes', () => {
  const db = openDatabase(path);
  const annotations = catalogAnnotations(db);
  const kept = volume('A', 'one', []);
  catalogWrites(db).addVolume(kept);
  db.prepare(
    `INSERT INTO annotation (uid, volume, kind, plane, points, label, author, createdAt)
     VALUES ('old', 1, 'ellipse', 'axial', '[[1,2,5],[5,4,5]]', '', 'ann', '')`,
  ).run();
  expect(annotations.ofStudy(kept.uid).map(({ points }) => points)).toEqual([
    [
      [1, 3, 5],
      [5, 3, 5],
      [3, 2, 5],
      [3, 4, 5],
    ],
  ]);
  db.close();
});

test('what users drew on a volume goes on to the one that takes its place', () => {
  const db = openDatabase(path);
  const [writes, feedback] = [catalogWrites(db), catalogFeedback(db)];
  const drawn = { ...lesion('drawn'), source: 'mark' as const };
  const old = volume('A', 'old', [drawn, lesion('imported')]);
  const hit = lesion('hit');
  for (const each of [old, volume('B', 'other', [hit])]) writes.addVolume(each);
  const id = `(SELECT id FROM volume WHERE uid = '${old.uid}')`;
  db.exec(`INSERT INTO annotation (uid, volume, kind, plane, points, label, author, createdAt)
      VALUES ('m', ${id}, 'probe', 'axial', '[[1,1,1]]', '', 'ann', '');
    INSERT INTO key_image (uid, volume, plane, slice, view, note, author, createdAt)
      VALUES ('k', ${id}, 'axial', 1, '{}', '', 'ann', '');
    INSERT INTO unsaved_mark (user, volume, mark, box, mask) VALUES ('ann', ${id}, '{}', '0,0,0,0,0,0', x'01')`);
  feedback.mark('ann', { lesion: drawn.uid }, { hit: hit.uid, relevant: true, method: 'lesion' });
  const fresh = volume('A', 'new', []);
  writes.addVolume(fresh);
  writes.moveDrawn(old.uid, fresh.uid);
  writes.removeVolume(old.uid);
  const on = (table: string) =>
    db.prepare(`SELECT volume.uid FROM ${table} JOIN volume ON volume.id = ${table}.volume`).pluck().all();
  for (const table of ['annotation', 'key_image', 'unsaved_mark', 'feedback_query'])
    expect(on(table), table).toEqual([fresh.uid]);
  expect(on('lesion')).toHaveLength(2);
  expect(feedback.list()).toMatchObject([{ volume: fresh.uid, lesion: drawn.uid, hit: hit.uid }]);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

test('a library of schema 6 with rows in every table keeps all of them through the later migrations', () => {
  const raw = new Sqlite(path);
  raw.pragma('foreign_keys = ON');
  migrate(raw, 6);
  raw.exec(schema6Rows);
  const tables = raw
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_text_%' ORDER BY name`,
    )
    .pluck()
    .all() as string[];
  const rowsOf = (db: typeof raw) =>
    tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all() as object[]] as const);
  const before = rowsOf(raw);
  expect(before.filter(([, rows]) => rows.length === 0)).toEqual([]);
  raw.close();
  const db = openDatabase(path);
  for (const [table, rows] of rowsOf(db))
    expect([table, rows]).toMatchObject([table, before.find(([name]) => name === table)?.[1] ?? null]);
  expect(integrityProblems(db)).toEqual([]);
  db.exec(`DELETE FROM volume`);
  for (const table of ['feedback_query', 'feedback_mark'])
    expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
  db.close();
});

/** A row, and where it matters one of each kind, in every table of schema 6. */
const schema6Rows = `
  INSERT INTO patient (uid, identity, patientId, name, sex, birthDate) VALUES ('pat', 'A', 'A', 'A^B', 'F', '19600101');
  INSERT INTO study (uid, patient, studyInstanceUid, date, description, age, accessionNumber)
    VALUES ('stu', 1, '1.2', '20200101', 'CT', '060Y', 'acc');
  INSERT INTO series (study, seriesInstanceUid, modality) VALUES (1, '1.2.3', 'CT');
  INSERT INTO volume (uid, series, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, path)
    VALUES ('vol', 1, 'hash', 'src', 2, 2, 2, '[1,1,1]', '[0,0,0]', '[1,0,0,0,1,0,0,0,1]', 'int16', '/somewhere');
  INSERT INTO source_file (volume, position, role, path) VALUES (1, 0, 'image', '/somewhere/1');
  INSERT INTO lesion (uid, volume, name, source, i0, j0, k0, i1, j1, k1, mask, volumeMl, diameterMm, diameter3dMm, meanHu,
    sdHu, x, y, z) VALUES ('one', 1, 'one', 'mark', 0, 0, 0, 1, 1, 1, x'ff', 1, 10, 12, 40, 5, 0, 0, 0),
    ('two', 1, 'two', 'mask', 0, 0, 0, 0, 0, 0, x'01', 1, 10, 12, 40, 5, 0, 0, 0);
  INSERT INTO organ (uid, volume, name, i0, j0, k0, i1, j1, k1, mask) VALUES ('org', 1, 'liver', 0, 0, 0, 1, 1, 1, x'ff');
  INSERT INTO label VALUES (1, 'organ', 'liver');
  INSERT INTO diagnosis (lesion, diagnosis, proof) VALUES (1, 'cyst', 'histology');
  INSERT INTO audit (at, action, subject) VALUES ('2026-01-01', 'import', 'vol');
  INSERT INTO setting VALUES ('name', 'value');
  INSERT INTO study_label VALUES (1, 'grade', '2');
  INSERT INTO lesion_organ VALUES (1, 0, 'liver', 1, 0.1, 0, 0, 0, 'right');
  INSERT INTO report (uid, study, textHash, path, text) VALUES ('rep', 1, 'h', '/report', 'a cyst');
  INSERT INTO job (uid, state, origin, sources, options, createdAt) VALUES ('job', 'done', 'user', '[]', '{}', '2026-01-01');
  INSERT INTO job_item (job, position, found) VALUES (1, 0, '{}');
  INSERT INTO job_note (job, kind, path, text) VALUES (1, 'warning', '/somewhere', 'text');
  INSERT INTO conflict VALUES ('con', 1, 0, 1, '/somewhere', 1);
  INSERT INTO watched_folder (uid, path, options) VALUES ('wat', '/watched', '{}');
  INSERT INTO watched_file VALUES (1, '/watched/1', 1, 1);
  INSERT INTO embedding_key (encoder, version, preprocessing, level, dim) VALUES ('e', '1', 'p', 'lesion', 2),
    ('e', '1', 'p', 'volume', 2);
  INSERT INTO lesion_embedding (key, lesion, vector) VALUES (1, 1, x'01020304');
  INSERT INTO volume_embedding (key, volume, vector) VALUES (2, 1, x'01020304');
  INSERT INTO lesion_caption VALUES (1, 'count', 'generated', 'edited');
  INSERT INTO study_caption VALUES (1, 'count', 'generated', NULL);
  INSERT INTO lesion_text (rowid, caption, labels, diagnosis, study) VALUES (1, 'a', 'b', 'c', 'd');
  INSERT INTO filter_set VALUES ('set', '[]');
  INSERT INTO feedback_query VALUES (3, 'ann', 1, 1, NULL, NULL, 'one'), (5, 'ann', 1, NULL, '0,0,0,1,1,1', x'01', 'h');
  INSERT INTO feedback_mark VALUES (3, 2, 1, 'lesion', '2026-01-01'), (5, 2, 0, 'lesion', '2026-01-02');
  INSERT INTO annotation (uid, volume, kind, plane, points, label, author, createdAt)
    VALUES ('m', 1, 'probe', 'axial', '[[1,1,1]]', '', 'ann', '2026-01-01');
`;

test('changes and merged patients are found without reading the whole audit', () => {
  const db = openDatabase(path);
  const plan = (sql: string) =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
      .map(({ detail }) => detail)
      .join();
  expect(plan(`SELECT * FROM audit WHERE action = 'change' ORDER BY id DESC LIMIT 9`)).toMatch(
    /audit_action/,
  );
  expect(
    plan(
      `SELECT * FROM audit INDEXED BY audit_patient_merge WHERE action = 'patient.merge' AND subject = 'pat'`,
    ),
  ).toMatch(/audit_patient_merge \(subject=\?\)/);
  db.close();
});
