/** Imports as a user and a hospital's IT meet them: stopped, killed, moved, copied, archived, in conflict, de-identified. */
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MissingOriginal, ReportHit } from '../../native/contract/engine.ts';
import type { ImportReport, JobRow } from '../../native/contract/jobs.ts';
import type { LesionRow, PatientRow, VolumeRow } from '../../native/contract/model.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { generatePhantomLibrary } from '../../native/phantom/generate.ts';
import { drawText } from '../support/burnText.ts';
import {
  openEngine,
  precedent,
  precedentJson,
  projectRoot,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';

let folder: string;
let phantom: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  phantom = join(folder, 'phantom');
  await generatePhantomLibrary(phantom, { patients: 6, seed: 5 });
}, 240_000);
afterAll(() => removeFolder(folder));

const contentHash = async (library: string) =>
  (await precedentJson<{ ok: boolean; contentHash: string }>('verify', '--library', library)).contentHash;

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

describe('a job', () => {
  test('is paused, survives the engine, goes on, and ends as if nothing had been', async () => {
    const library = join(folder, 'paused');
    const first = await openEngine(library);
    const started = await first.engine.call('jobs.start', { sources: [first.grant(phantom, 'read')] });
    await untilJob(first.engine, started.id, ({ imported }) => imported.volumes >= 2);
    const [paused] = await first.engine.call('jobs.change', { job: started.id, to: 'pause' });
    expect(paused.state).toBe('paused');
    expect(paused.imported.volumes).toBeLessThan(6);
    await first.close();

    const second = await openEngine(library);
    const [row] = await second.engine.call('jobs.list', {});
    expect(row).toMatchObject({ id: started.id, state: 'paused', imported: paused.imported });
    await second.engine.call('jobs.change', { job: started.id, to: 'resume' });
    const done = await untilJob(second.engine, started.id, ({ state }) => state === 'done');
    expect(done.imported).toMatchObject({ patients: 6, volumes: 6 });
    expect(done.unchanged).toBe(0);
    await second.close();
    const undisturbed = join(folder, 'undisturbed');
    await precedentJson('import', phantom, '--library', undisturbed);
    expect(await contentHash(library)).toBe(await contentHash(undisturbed));
  });

  test('killed with its engine goes on with the same command, and brings the same library', async () => {
    const library = join(folder, 'killed');
    const args = ['import', phantom, '--labels', join(phantom, 'labels.csv'), '--library', library, '--json'];
    const child = spawn(process.execPath, [join(projectRoot, 'dist/cli/main.js'), ...args], {
      stdio: 'ignore',
      detached: true,
    });
    const voxels = join(library, 'voxels');
    while (((await readdir(voxels).catch(() => [])) as string[]).length < 2) await pause(20);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await pause(300);
    const report = await precedentJson<ImportReport>(...args.slice(0, -1));
    expect(report.imported).toMatchObject({ patients: 6, studies: 6, volumes: 6 });
    expect(report.unchanged).toBe(0);
    const verified = await precedentJson<{ ok: boolean; problems: unknown[] }>(
      'verify',
      '--library',
      library,
    );
    expect(verified.problems).toEqual([]);
    const undisturbed = join(folder, 'labelled');
    await precedentJson('import', phantom, '--labels', join(phantom, 'labels.csv'), '--library', undisturbed);
    expect(await contentHash(library)).toBe(await contentHash(undisturbed));
  });

  test('several share the readers, and one is taken before the others when the user says so', async () => {
    const host = await openEngine(join(folder, 'several'));
    const patients = (await readdir(phantom)).filter((name) => name.startsWith('PH-')).sort();
    const start = (names: readonly string[]) =>
      host.engine.call('jobs.start', {
        sources: names.map((name) => host.grant(join(phantom, name), 'read')),
      });
    // The first is long enough for the last to overtake those in between.
    const rows = [await start(patients.slice(0, 3))];
    for (const name of patients.slice(3)) rows.push(await start([name]));
    const last = rows[3].id;
    await host.engine.call('jobs.change', { job: last, to: 'sooner' });
    const done = await Promise.all(
      rows.map(({ id }) => untilJob(host.engine, id, ({ state }) => state === 'done')),
    );
    const order = done.sort((a, b) => ((a.finishedAt ?? '') < (b.finishedAt ?? '') ? -1 : 1));
    expect(order.findIndex(({ id }) => id === last)).toBeLessThan(3);
    expect((await host.engine.call('library.info', {})).counts.volumes).toBe(6);
  });
});

describe('sources', () => {
  let small: string;
  beforeAll(async () => {
    small = join(folder, 'small');
    await generatePhantomLibrary(small, { patients: 6, seed: 5, matrix: 128, maxSlices: 24 });
  });

  test('a ZIP archive is unpacked, imported with copies of its own, and named by its path in the report', async () => {
    const library = join(folder, 'zipped');
    const inside = join(folder, 'zip-source');
    await cp(join(small, 'PH-0001'), join(inside, 'PH-0001'), { recursive: true });
    await writeFile(join(inside, 'readme.xyz'), 'nothing');
    const archive = join(folder, 'cd.zip');
    execFileSync('python3', [
      '-m',
      'zipfile',
      '-c',
      archive,
      join(inside, 'PH-0001'),
      join(inside, 'readme.xyz'),
    ]);
    const report = await precedentJson<ImportReport>('import', archive, '--library', library);
    expect(report.imported.volumes).toBe(1);
    expect(report.skipped.map(({ path }) => path)).toEqual([join(archive, 'readme.xyz')]);
    await rm(archive);
    const [volume] = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
    expect(volume.copied).toBe(true);
    expect(volume.path.startsWith(archive)).toBe(true);
    expect(await readdir(join(library, 'unpacked')).catch(() => [])).toEqual([]);
    await rm(join(library, 'voxels', `${volume.id}.vox`));
    expect((await precedent('verify', '--repair', '--library', library)).code).toBe(0);
  });

  test('originals that were moved are found again by their content', async () => {
    const library = join(folder, 'moved');
    const before = join(folder, 'before');
    await cp(join(small, 'PH-0002'), before, { recursive: true });
    await precedentJson('import', before, '--library', library);
    expect(await precedentJson<MissingOriginal[]>('originals', '--library', library)).toEqual([]);
    const after = join(folder, 'after');
    await rename(before, after);
    const missing = await precedentJson<MissingOriginal[]>('originals', '--library', library);
    expect(missing).toMatchObject([{ patient: 'PH-0002', path: expect.stringContaining('before') }]);
    expect(missing[0].missing).toBe(missing[0].files);
    expect(
      await precedentJson<MissingOriginal[]>('originals', '--locate', after, '--library', library),
    ).toEqual([]);
    const [{ path }] = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
    expect(path).toContain('after');
    expect((await precedentJson<ImportReport>('import', after, '--library', library)).unchanged).toBe(1);
  });

  test('other content under the same UIDs changes nothing until it is decided, and then what was decided', async () => {
    const library = join(folder, 'conflict');
    const source = join(folder, 'conflict-source');
    await cp(join(small, 'PH-0003'), source, { recursive: true });
    await precedentJson('import', source, '--library', library);
    const before = await contentHash(library);
    const slice = join(source, 'CT', 'IM0001.dcm');
    const bytes = await readFile(slice);
    bytes[bytes.length - 20] ^= 1;
    await writeFile(slice, bytes);
    const report = await precedentJson<ImportReport>('import', source, '--library', library);
    expect(report.imported.volumes).toBe(0);
    expect(report.skipped.some(({ reason }) => /same UIDs/.test(reason))).toBe(true);
    expect(await contentHash(library)).toBe(before);

    const [{ id, drawn }] = await precedentJson<{ id: string; drawn: number }[]>(
      'conflicts',
      '--library',
      library,
    );
    expect(drawn).toBe(0);
    await precedentJson('conflicts', '--library', library, '--decide', id, '--by', 'both');
    expect(await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library)).toHaveLength(2);
    expect(await precedentJson('conflicts', '--library', library)).toEqual([]);

    bytes[bytes.length - 20] ^= 2;
    await writeFile(slice, bytes);
    const replaced = join(folder, 'replaced');
    await precedentJson('import', join(small, 'PH-0003'), '--library', replaced);
    const again = await precedentJson<ImportReport>(
      'import',
      source,
      '--library',
      replaced,
      '--on-conflict',
      'replace',
    );
    expect(again.imported.volumes).toBe(1);
    expect(await precedentJson<VolumeRow[]>('list', 'volumes', '--library', replaced)).toHaveLength(1);
    expect((await precedentJson<{ problems: unknown[] }>('verify', '--library', replaced)).problems).toEqual(
      [],
    );
  });

  test('a conflict about an archive can be decided after its import has ended', async () => {
    const library = join(folder, 'zip-conflict');
    const changed = join(folder, 'zip-changed', 'PH-0003');
    await cp(join(small, 'PH-0003'), changed, { recursive: true });
    const slice = join(changed, 'CT', 'IM0001.dcm');
    const bytes = await readFile(slice);
    bytes[bytes.length - 20] ^= 1;
    await writeFile(slice, bytes);
    const archive = join(folder, 'changed.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', archive, changed]);
    await precedentJson('import', join(small, 'PH-0003'), '--library', library);
    const [before] = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
    const report = await precedentJson<ImportReport>('import', archive, '--library', library);
    expect(report.skipped.some(({ reason }) => /same UIDs/.test(reason))).toBe(true);
    const [{ id }] = await precedentJson<{ id: string }[]>('conflicts', '--library', library);
    await precedentJson('conflicts', '--library', library, '--decide', id, '--by', 'replace');
    const after = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
    expect(after).toHaveLength(1);
    expect(after[0].id).not.toBe(before.id);
    expect(after[0].copied).toBe(true);
    expect(await readdir(join(library, 'unpacked'))).toEqual([]);
  });

  test('reports of a study are found by their words', async () => {
    const library = join(folder, 'reports');
    const source = join(folder, 'report-source');
    await cp(join(small, 'PH-0004'), source, { recursive: true });
    await writeFile(join(source, 'report.txt'), 'Findings: spiculated nodule, Größe 14 mm. No effusion.');
    await writeFile(join(source, 'notes.txt'), 'shopping list');
    const report = await precedentJson<ImportReport>('import', source, '--library', library);
    expect(report.imported.reports).toBe(1);
    expect(report.skipped.map(({ path }) => path).some((path) => path.endsWith('notes.txt'))).toBe(true);
    const find = (text: string) =>
      precedentJson<ReportHit[]>('reports', '--find', text, '--library', library);
    expect(await find('spicul* -calcified')).toMatchObject([{ patient: 'PH-0004' }]);
    expect(await find('"no effusion"')).toHaveLength(1);
    expect(await find('nodule -effusion')).toEqual([]);
  });

  test('de-identified, nothing of the patient is in the library, and the copies are what it stands on', async () => {
    const library = join(folder, 'deidentified');
    const source = join(folder, 'identified');
    await cp(join(small, 'PH-0005'), source, { recursive: true });
    const named = join(folder, 'named');
    await precedentJson('import', source, '--library', named);
    const [identified] = await precedentJson<LesionRow[]>('list', '--library', named);
    const report = await precedentJson<ImportReport>('import', source, '--deidentify', '--library', library);
    expect(report.imported).toMatchObject({ patients: 1, volumes: 1 });
    const [patient] = await precedentJson<PatientRow[]>('list', 'patients', '--library', library);
    expect(patient.patient).toMatch(/^P-[0-9A-Z]{10}$/);
    const [lesion] = await precedentJson<LesionRow[]>('list', '--library', library);
    expect([lesion.volumeMl, lesion.diameterMm, lesion.meanHu]).toEqual([
      identified.volumeMl,
      identified.diameterMm,
      identified.meanHu,
    ]);
    // The list of imports says what the user chose, until it is removed there.
    const host = await openEngine(library);
    for (const { id } of await host.engine.call('jobs.list', {}))
      await host.engine.call('jobs.change', { job: id, to: 'forget' });
    await host.close();
    for (const path of await filesUnder(library)) {
      const bytes = await readFile(path);
      expect(path).not.toContain('PH-0005');
      expect(bytes.includes('PH-0005'), path).toBe(false);
      expect(bytes.includes(identified.study), path).toBe(false);
    }
    await rm(source, { recursive: true });
    const [volume] = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
    await rm(join(library, 'voxels', `${volume.id}.vox`));
    expect((await precedent('verify', '--repair', '--library', library)).code).toBe(0);
    await cp(join(small, 'PH-0005'), source, { recursive: true });
    expect(
      (await precedentJson<ImportReport>('import', source, '--deidentify', '--library', library)).unchanged,
    ).toBe(1);
  });

  test('writing in the pixels is flagged when a series is de-identified, and only then said to be there', async () => {
    const source = join(folder, 'written');
    await cp(join(small, 'PH-0006'), source, { recursive: true });
    const clean = await precedentJson<ImportReport>(
      'import', source, '--deidentify', '--library', join(folder, 'clean'),
    ); // biome-ignore format: one command
    expect(clean.warnings.filter((warning) => /look at them/.test(warning))).toEqual([]);
    const slice = join(source, 'CT', 'IM0004.dcm');
    const bytes = await readFile(slice);
    const { rows = 0, columns = 0, pixelData } = readHeader(bytes);
    const pixels = bytes.subarray(pixelData?.offset);
    const stored = Int32Array.from({ length: rows * columns }, (_, n) => pixels.readInt16LE(2 * n));
    drawText(stored, columns, 'HUBER 1955', { x: 8, y: 8, scale: 1, value: 3000 });
    for (const [n, value] of stored.entries()) pixels.writeInt16LE(value, 2 * n);
    await writeFile(slice, bytes);
    const report = await precedentJson<ImportReport>(
      'import', source, '--deidentify', '--library', join(folder, 'written-library'),
    ); // biome-ignore format: one command
    expect(
      report.warnings.filter((warning) => /1 slice with what looks like text/.test(warning)),
    ).toHaveLength(1);
  });

  test('originals are only read', async () => {
    const source = join(folder, 'untouched');
    await cp(join(small, 'PH-0006'), source, { recursive: true });
    const states = async () =>
      Promise.all(
        (await filesUnder(source)).map(async (path) => [
          path,
          (await stat(path)).mtimeMs,
          (await readFile(path)).toString('base64'),
        ]),
      );
    const before = await states();
    await mkdir(join(folder, 'untouched-library'), { recursive: true });
    await precedentJson('import', source, '--copy', '--library', join(folder, 'untouched-library'));
    expect(await states()).toEqual(before);
  });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Engine = Awaited<ReturnType<typeof openEngine>>['engine'];
async function untilJob(engine: Engine, id: string, is: (job: JobRow) => boolean): Promise<JobRow> {
  for (;;) {
    const job = (await engine.call('jobs.list', {})).find((row) => row.id === id);
    if (job && is(job)) return job;
    if (job?.state === 'failed') throw new Error(job.error);
    await pause(20);
  }
}
