/** What the engine does beside answering: embedding again after an update, odd inputs, corrections by hand, interruptions. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { ImportReport } from '../../native/contract/jobs.ts';
import type { LesionRow, PatientRow } from '../../native/contract/model.ts';
import { writeCase } from '../support/balls.ts';
import { ctSlice, rtstruct } from '../support/dicomWriter.ts';
import { editCatalog } from '../support/editCatalog.ts';
import {
  openEngine,
  precedent,
  precedentJson,
  projectRoot,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';

let folder: string;
let balls: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  balls = join(folder, 'balls');
  for (const seed of [1, 2, 3, 4]) await writeCase(balls, `case${seed}`, seed, [20]);
});
afterAll(() => removeFolder(folder));

test.each(['version', 'preprocessing'])(
  'a library embedded by another %s becomes searchable again by itself',
  async (what) => {
    const library = join(folder, `older-${what}`);
    await precedentJson('import', balls, '--library', library);
    const [{ id }] = await precedentJson<LesionRow[]>('list', '--library', library);
    const before = await precedentJson<SearchResult>('search', '--library', library, '--lesion', id);
    editCatalog(library, (db) => db.exec(`UPDATE embedding_key SET ${what} = '0.0.1'`));
    const host = await openEngine(library);
    const changed = vi.fn();
    host.engine.on('library.changed', changed);
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 60_000 });
    const after = await host.engine.call('search.run', { query: { lesion: id } });
    expect(after.hits).toEqual(before.hits);
    expect(after.notes).toEqual([]);
    await host.close();
    const rest = new Sqlite(join(library, 'catalog.sqlite'), { readonly: true });
    expect(rest.prepare(`SELECT ${what} FROM embedding_key`).pluck().all()).not.toContain('0.0.1');
    expect(rest.prepare('SELECT count(*) FROM lesion_embedding').pluck().get()).toBe(4);
    rest.close();
  },
);

test('a volume with damaged voxels costs its own lesions only, until its voxels are made again', async () => {
  const library = join(folder, 'damaged');
  await precedentJson('import', join(balls, 'case1.nii.gz'), join(balls, 'case1_mask.nii.gz'), '--library', library); // biome-ignore format: one command
  const [voxels] = await readdir(join(library, 'voxels'));
  await writeFile(join(library, 'voxels', voxels), 'damaged');
  editCatalog(library, (db) => db.exec('DELETE FROM lesion_embedding'));
  const report = await precedentJson<ImportReport>('import', balls, '--library', library);
  expect(report.imported.lesions).toBe(3);
  // It is read again from its originals, by this engine if not by the one before, and embedded.
  const host = await openEngine(library);
  const lesions = async () => (await host.engine.call('lesions.list', {})).rows;
  await vi.waitFor(async () => expect((await lesions()).filter(({ embedded }) => embedded)).toHaveLength(4), {
    timeout: 60_000,
    interval: 200,
  });
});

test('studies without a PatientID stay apart, and contours that were exported twice give one lesion', async () => {
  const library = join(folder, 'nameless');
  const square = (z: number) => [0.4, 0.4, z, 1.2, 0.4, z, 1.2, 1.4, z, 0.4, 1.4, z];
  const contours = [0, 1, 2].map(square);
  for (const study of [1, 2]) {
    const source = join(folder, 'nameless-dicom', `${study}`);
    await mkdir(source, { recursive: true });
    const uids = {
      '0020000d': ['UI', `1.2.9.${study}`],
      '0020000e': ['UI', `1.2.9.${study}.1`],
      '00100020': ['LO', ''],
    } as const;
    for (const z of [0, 1, 2]) {
      const stored = Array.from({ length: 12 }, (_, n) => 1000 + n * study + z);
      const slice = ctSlice({ position: [0, 0, z], sop: `1.2.9.${study}.1.${z}`, stored, elements: uids });
      await writeFile(join(source, `${z}.dcm`), slice);
    }
    const regions = rtstruct([{ name: 'GTV', contours }, { name: 'Liver', contours }], `1.2.9.${study}.1`); // biome-ignore format: one call
    for (const copy of [0, 1]) {
      const text = Buffer.from(regions)
        .toString('latin1')
        .replaceAll('1.2.3.9', `1.2.3.${2 * study + copy}`);
      await writeFile(join(source, `rtstruct${copy}.dcm`), Buffer.from(text, 'latin1'));
    }
  }
  await precedentJson('import', join(folder, 'nameless-dicom'), '--library', library);
  const patients = await precedentJson<PatientRow[]>('list', 'patients', '--library', library);
  expect(patients.map(({ studies, lesions }) => [studies, lesions])).toEqual([
    [1, 1],
    [1, 1],
  ]);
  const host = await openEngine(library);
  const { rows } = await host.engine.call('volumes.list', {});
  const { organs } = await host.engine.call('volume.get', { volume: rows[0].id });
  expect(organs.map(({ name }) => name)).toEqual(['Liver']);
});

test('every component becomes a lesion of its own where that is asked for; importing again adds none', async () => {
  const source = join(folder, 'two');
  await writeCase(source, 'pair', 2, [10, 30]);
  const library = join(folder, 'components');
  const run = () =>
    precedentJson<ImportReport>('import', source, '--lesion-per', 'component', '--library', library);
  expect((await run()).imported.lesions).toBe(2);
  expect(await run()).toMatchObject({ imported: { lesions: 0 }, unchanged: 1 });
  const lesions = await precedentJson<LesionRow[]>('list', '--library', library);
  expect(lesions.map(({ name, boxIjk }) => [name, boxIjk[0]])).toEqual([
    ['lesion (1)', 5],
    ['lesion (2)', 25],
  ]);
});

test('a mark is proposed, saved, found, and removed again', async () => {
  const library = join(folder, 'marked');
  await precedentJson('import', balls, '--library', library);
  const host = await openEngine(library);
  const { engine } = host;
  const [{ id: volume }, { id: other }] = (await engine.call('volumes.list', {})).rows;
  const { mask, measurements } = await engine.call('lesion.propose', {
    volume,
    mark: { plane: 'axial', slice: 20, shape: { kind: 'ellipse', corners: [[14, 14], [26, 26]] } },
  }); // biome-ignore format: one request
  const saved = await engine.call('lesion.save', { volume, mask, name: 'mine', labels: { kind: 'ball' } });
  expect(saved).toMatchObject({ source: 'mark', embedded: true, labels: { kind: 'ball' } });
  expect(saved.volumeMl).toBeCloseTo(measurements.volumeMl, 6);
  expect(await readdir(join(library, 'thumbnails'))).toContain(`${saved.id}.png`);
  const [from] = (await engine.call('lesions.list', { volume: other })).rows;
  const search = () => engine.call('search.run', { query: { lesion: from.id }, hitsPerPatient: 5 });
  expect((await search()).hits.map(({ lesion }) => lesion)).toContain(saved.id);
  const label = (name: string, value: string | null) =>
    engine.call('lesion.label', { lesion: saved.id, name, value });
  await label('diagnosis', 'hamartoma');
  expect((await label('proof', 'histology')).diagnosis).toMatchObject({
    diagnosis: 'hamartoma',
    proof: 'histology',
  });
  expect((await label('kind', null)).labels).toEqual({});
  expect((await label('diagnosis', null)).diagnosis).toBeUndefined();
  await engine.call('library.delete', { subject: { lesions: [saved.id] } });
  expect((await search()).hits.map(({ lesion }) => lesion)).not.toContain(saved.id);
  expect((await engine.call('verify.run', {})).problems).toEqual([]);

  const outside = { box: [30, 30, 30, 45, 35, 35] as const, bits: new Uint8Array(16 * 36).fill(1) };
  const clipped = engine.call('search.run', {
    query: { volume, mask: { ...outside, box: [...outside.box] } },
  });
  expect((await clipped).hits).toHaveLength(3);
  const unknown = { volume: '../catalog', mask, name: 'x' };
  await expect(engine.call('lesion.save', unknown)).rejects.toMatchObject({ kind: 'not-found' });
});

test('an import goes on after a cancelled one, and two equal ones at once are one job', async () => {
  const host = await openEngine(join(folder, 'again'));
  const run = (signal?: AbortSignal, onProgress?: () => void) =>
    host.engine.call('import.run', { sources: [host.grant(balls, 'read')] }, { signal, onProgress });
  const abort = new AbortController();
  const first = run(abort.signal, () => abort.abort());
  await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
  const second = await run();
  expect(second.imported.volumes + second.unchanged).toBe(4);
  const before = (await host.engine.call('jobs.list', {})).length;
  const [a, b] = await Promise.all([run(), run()]);
  expect(b).toEqual(a);
  expect(a.unchanged).toBe(4);
  expect(await host.engine.call('jobs.list', {})).toHaveLength(before + 1);
});

test('Ctrl-C in a terminal ends an import in order: one line, no lock, nothing half', async () => {
  const library = join(folder, 'interrupted');
  const many = join(folder, 'many');
  for (let n = 1; n <= 12; n++) await writeCase(many, `case${n}`, n, [20]);
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'dist/cli/main.js'), 'import', many, '--library', library],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  let signalled = false;
  child.stderr.on('data', (data: Buffer) => {
    stderr += String(data);
    // A terminal signals the whole group: the command, its engine, and their processes.
    if (signalled || !/read/.test(stderr) || !child.pid) return;
    signalled = true;
    process.kill(-child.pid, 'SIGINT');
  });
  const code = await new Promise((done) => child.once('close', done));
  expect(code).toBe(1);
  expect(stderr).toMatch(/import\.run was cancelled\n$/);
  expect((await readdir(library)).filter((name) => name.startsWith('lock'))).toEqual([]);
  expect(await readdir(join(library, 'staging'))).toEqual([]);
  const { imported, unchanged } = await precedentJson<ImportReport>('import', many, '--library', library);
  expect(imported.volumes + unchanged).toBe(12);
  expect((await precedent('verify', '--library', library)).code).toBe(0);
});
