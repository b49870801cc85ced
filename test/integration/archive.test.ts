/** Everything of a library in open formats: written, taken in again, and the same library then; and archives that are not whole. */
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { integrityProblems, openDatabase } from '../../native/catalog/database.ts';
import { tableNames, tableRows } from '../../native/catalog/wholeTables.ts';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import { readNifti } from '../../native/nifti/nifti.ts';
import { generatePhantomLibrary } from '../../native/phantom/generate.ts';
import { editCatalog } from '../support/editCatalog.ts';
import { tiny, writeEncoder } from '../support/encoderFolder.ts';
import { openEngine, precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
let library: string;
let archive: string;
const checksums = 'SHA256SUMS';
const lists = { offset: 0, limit: 100 };

beforeAll(async () => {
  folder = await temporaryFolder();
  library = join(folder, 'library');
  archive = join(folder, 'archive');
  const phantom = join(folder, 'phantom');
  await generatePhantomLibrary(phantom, { patients: 2, seed: 5 });
  await precedentJson(
    'import',
    phantom,
    '--labels',
    join(phantom, 'labels.csv'),
    '--copy',
    '--library',
    library,
  );
}, 120_000);
afterAll(() => removeFolder(folder));

/** What people do in a library, so that as many tables as possible have rows; the others get one of their own. */
async function live(): Promise<void> {
  const host = await openEngine(library);
  const { engine } = host;
  const { rows } = await engine.call('lesions.list', lists);
  const [{ id: lesion, volume, boxIjk: box }, { id: hit }] = rows;
  const corners = [
    [box[0], box[1]],
    [box[3], box[4]],
  ] as const;
  const mark = { plane: 'axial', slice: box[2], shape: { kind: 'rectangle', corners } } as const;
  const { mask } = await engine.call('lesion.get', { lesion });
  await engine.call('lesion.save', {
    volume,
    mask,
    name: 'drawn',
    labels: { note: 'by "hand", in\nlines; =1+1' },
  });
  await engine.call('lesion.caption', { lesion, text: 'a caption of my own' });
  await engine.call('library.edit', { lesions: [lesion, hit], changes: [{ name: 'checked', value: '' }] });
  await engine.call('feedback.mark', { query: { lesion }, hit, relevant: true, method: 'lesion' });
  await engine.call('feedback.mark', { query: { volume, mask }, hit, relevant: false, method: 'lesion' });
  await engine.call('unsavedMarks.keep', { volume, mark, mask });
  await engine.call('filterSets.save', { name: 'checked ones', where: [{ field: 'checked', value: '' }] });
  const key = await engine.call('encoders.add', {
    folder: host.grant(await writeEncoder(join(folder, 'encoder'), tiny['multi-plane']), 'read'),
  });
  expect(key.encoder.id).toBe('tiny-planes');
  await host.close();
  editCatalog(library, (db) =>
    db.exec(`INSERT INTO annotation (uid, volume, kind, plane, points, label, author, createdAt)
      VALUES ('m', 1, 'probe', 'axial', '[[1,1,1]]', '', 'ann', '2026-01-01');
    INSERT INTO key_image (uid, volume, plane, slice, view, note, author, createdAt)
      VALUES ('k', 1, 'axial', 3, '{}', 'a note', 'ann', '2026-01-01');
    INSERT INTO saved_query VALUES ('ann', 'mine', '{}', '2026-01-01');
    INSERT INTO open_search VALUES ('ann', '{}');
    INSERT INTO report (uid, study, textHash, path, text) VALUES ('rep', 1, 'h', '/report', 'no cyst, as far as seen');
    INSERT INTO study_label VALUES (1, 'grade', '2');
    INSERT INTO conflict VALUES ('con', 1, 0, 1, '/somewhere', 1);
    INSERT INTO watched_folder (uid, path, options) VALUES ('wat', '/watched', '{}');
    INSERT INTO watched_file VALUES (1, '/watched/1', 1, 1.5);
    INSERT INTO embedding_key (encoder, version, preprocessing, level, dim) VALUES ('e', '1', 'p', 'volume', 2);
    INSERT INTO volume_embedding (key, volume, vector) SELECT max(id), 1, x'01020304' FROM embedding_key;`),
  );
}

/** The catalog's rows by table: as they are, but for the folder of private copies, the audit's latest entries and captions' order. */
function contents(of: string) {
  const db = openDatabase(join(of, 'catalog.sqlite'));
  const tables = tableNames(db).map((table) => [table, [...tableRows(db, table)]] as const);
  expect(integrityProblems(db)).toEqual([]);
  const found = db.prepare(`SELECT count(*) FROM report_text WHERE report_text MATCH 'cyst'`).pluck().get();
  expect(found).toBe(1);
  db.close();
  return new Map(
    tables.map(([table, rows]) => {
      if (table === 'source_file')
        return [table, rows.map((row) => ({ ...row, path: String(row.path).replace(of, '') }))];
      return [table, rows];
    }),
  );
}

test('what was written and taken in again is the same library, which finds the same', async () => {
  await live();
  const written = await precedentJson<{ contentHash: string }>(
    'export',
    '--everything',
    '--to',
    archive,
    '--library',
    library,
  );
  const copy = join(folder, 'copy');
  const taken = await precedentJson<{ contentHash: string }>('import', archive, '--library', copy);
  expect(taken.contentHash).toBe(written.contentHash);

  const [before, after] = [contents(library), contents(copy)];
  // Where there are users, every command would have to say who it is.
  expect([...before].flatMap(([table, rows]) => (rows.length === 0 ? [table] : []))).toEqual(['local_user']);
  const audit = before.get('audit') ?? [];
  // What each has done since is its own.
  const own = (of: typeof before) => new Map([...of].filter(([table]) => table !== 'audit'));
  expect(own(after)).toEqual(own(before));
  const exportedUpTo = audit.findLastIndex(({ action }) => action === 'export') + 1;
  expect(exportedUpTo).toBeGreaterThan(10);
  expect(after.get('audit')?.slice(0, exportedUpTo)).toEqual(audit.slice(0, exportedUpTo));

  for (const one of [library, copy])
    expect(await precedentJson('verify', '--library', one)).toMatchObject({ ok: true, problems: [] });
  const [{ id }] = await precedentJson<LesionRow[]>('list', '--library', library);
  const hits = async (of: string) =>
    (await precedentJson<SearchResult>('search', '--library', of, '--lesion', id)).hits;
  expect(await hits(copy)).toEqual(await hits(library));
}, 180_000);

test('its files are read by other programs: voxels and masks by their positions, checksums, rows', async () => {
  const lines = async (table: string) =>
    (await readFile(join(archive, 'tables', `${table}.jsonl`), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [volume] = await lines('volume');
  const lesion = (await lines('lesion')).find((row) => row.volume === volume.id);
  const image = readNifti(
    gunzipSync(await readFile(join(archive, 'volumes', `${volume.uid}.nii.gz`))),
  ).volume;
  const mask = readNifti(gunzipSync(await readFile(join(archive, lesion.mask.file)))).volume;
  expect(image.dims).toEqual([volume.ni, volume.nj, volume.nk]);
  const inside = mask.voxels.filter((value) => value > 0).length;
  const [x, y, z] = mask.spacing;
  expect((inside * x * y * z) / 1000).toBeCloseTo(lesion.volumeMl, 4);
  // The mean HU under the mask, found by position alone.
  const step = (axis: number) => image.direction[4 * axis] * image.spacing[axis];
  const from = [0, 1, 2].map((axis) => Math.round((mask.origin[axis] - image.origin[axis]) / step(axis)));
  let sum = 0;
  mask.voxels.forEach((value, n) => {
    const [ni, nj] = mask.dims;
    const [i, j, k] = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))].map(
      (at, axis) => at + from[axis],
    );
    if (value > 0) sum += image.voxels[i + image.dims[0] * (j + image.dims[1] * k)];
  });
  expect(sum / inside).toBeCloseTo(lesion.meanHu, 3);
});

test('a library whose folder was moved finds its private copies', async () => {
  const moved = join(folder, 'moved', 'library');
  await cp(join(folder, 'copy'), moved, { recursive: true });
  const host = await openEngine(moved);
  expect(await host.engine.call('originals.check', {})).toEqual([]);
  const { rows } = await host.engine.call('volumes.list', lists);
  const header = await host.engine.call('originals.header', { volume: rows[0].id, slice: 0, masked: false });
  expect(header.rows.length).toBeGreaterThan(0);
  await host.close();
  const db = openDatabase(join(moved, 'catalog.sqlite'));
  const paths = db.prepare(`SELECT path FROM source_file WHERE role = 'image'`).pluck().all() as string[];
  db.close();
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(path.startsWith(join(moved, 'originals'))).toBe(true);
});

test('only a library without cases takes an archive in, and no import takes it for images', async () => {
  const into = await precedent('import', archive, '--library', library);
  expect(into.code).toBe(1);
  expect(into.stderr.trim()).toBe('this library holds cases already; name an empty or new folder');
  const among = await precedent('import', archive, join(folder, 'phantom'), '--library', library);
  expect(among.stderr).toMatch(/^this folder is the export of a whole library; /);
  const again = await precedent('export', '--everything', '--to', archive, '--library', library);
  expect(again.stderr.trim()).toBe('there is something of that name already; choose a new name');
});

test('an archive that is not whole is refused, and leaves nothing', async () => {
  const into = join(folder, 'into');
  const { engine, grant } = await openEngine(into);
  const broken = join(folder, 'broken');
  /** Changes one file of a copy of the archive, or takes it away, and expects what is said. */
  const refused = async (name: string, change: ((file: Buffer) => Buffer) | null, says: RegExp) => {
    await removeFolder(broken);
    await cp(archive, broken, { recursive: true });
    if (change) await writeFile(join(broken, name), change(await readFile(join(broken, name))));
    else await removeFolder(join(broken, name));
    await expect(engine.call('archive.read', { source: grant(broken, 'read') }), name).rejects.toThrow(says);
  };
  const flip = (file: Buffer) => {
    file[file.length >> 1] ^= 1;
    return file;
  };
  const text = (edit: (text: string) => string) => (file: Buffer) => Buffer.from(edit(file.toString('utf8')));
  const [mask] = await readdir(join(archive, 'masks'));
  await refused(
    `masks/${mask}`,
    flip,
    /the archive is damaged: masks\/.* has another checksum; export it again/,
  );
  await refused('tables/label.jsonl', flip, /damaged: tables\/label.jsonl has another checksum/);
  await refused(
    checksums,
    text((sums) => sums.replace('  volumes/', '  ../volumes/')),
    /names no file of it/,
  );
  await refused(
    checksums,
    text((sums) => sums.replace(/.*tables\/label.*\n/, '')),
    /does not name a file that is needed/,
  );
  await refused('volumes', null, /the file does not exist/);
  // As if by someone who knows the format: every checksum right, and the tables not those that were written.
  await removeFolder(broken);
  await cp(archive, broken, { recursive: true });
  await relabel(broken);
  await expect(engine.call('archive.read', { source: grant(broken, 'read') })).rejects.toThrow(
    /its tables are not those that were written/,
  );
  expect(await engine.call('volumes.list', lists)).toMatchObject({ total: 0 });
  expect(await engine.call('verify.run', { repair: true })).toMatchObject({ ok: true });
  expect(await readdir(join(into, 'voxels'))).toEqual([]);
});

/** Another value in a label, with the checksum to it. */
async function relabel(of: string): Promise<void> {
  const file = join(of, 'tables', 'label.jsonl');
  const before = await readFile(file);
  const after = Buffer.from(before.toString('utf8').replace(/"value":"[^"]*"/, '"value":"another"'));
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  await writeFile(file, after);
  const sums = await readFile(join(of, checksums), 'utf8');
  await writeFile(join(of, checksums), sums.replace(sha256(before), sha256(after)));
}
