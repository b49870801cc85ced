import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { ImportReport } from '../../native/contract/jobs.ts';
import type { LesionRow, VolumeRow } from '../../native/contract/model.ts';
import { precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();

interface Oracle {
  readonly cases: Readonly<Record<string, { readonly ml: Readonly<Record<string, number>> }>>;
}

describe.skipIf(!shared)(
  sharedGroup('the sarcomas, from the command line'),
  () => {
    const data = join(shared ?? '', 'data/sarcoma-dicom');
    let library: string;
    let report: ImportReport;
    let lesions: LesionRow[];

    beforeAll(async () => {
      library = await temporaryFolder();
      report = await precedentJson('import', data, '--library', library);
      lesions = await precedentJson('list', 'lesions', '--library', library);
    }, 180_000);
    afterAll(() => removeFolder(library));

    test('20 patients with one lesion each are imported', () => {
      expect(report.imported).toEqual({ patients: 20, studies: 20, volumes: 20, lesions: 20, reports: 0 });
      expect(report.skipped.map(({ reason }) => reason)).toEqual(['not an image']);
      expect(new Set(lesions.map(({ patient }) => patient)).size).toBe(20);
      expect(lesions.every(({ name, embedded }) => name === 'GTV_Mass_CT' && embedded)).toBe(true);
    });

    test('every volume in ml is within 0.5% of the analytic one', async () => {
      const oracle = JSON.parse(
        await readFile(join(shared ?? '', 'oracles/rtstruct/volumes.json'), 'utf8'),
      ) as Oracle;
      const errors = lesions.map(({ patient, name, volumeMl }) =>
        Math.abs(volumeMl / oracle.cases[patient].ml[name] - 1),
      );
      console.log(`worst volume error of the sarcomas: ${(100 * Math.max(...errors)).toFixed(3)}%`);
      expect(Math.max(...errors)).toBeLessThan(0.005);
    });

    test('importing again adds nothing', async () => {
      const again = await precedentJson<ImportReport>('import', data, '--library', library);
      expect(again.imported).toEqual({ patients: 0, studies: 0, volumes: 0, lesions: 0, reports: 0 });
      expect(again.unchanged).toBe(20);
    });

    test('each lesion finds itself first, and never its own patient without being asked to', async () => {
      for (const { id, patient } of lesions) {
        const search = ['search', '--library', library, '--lesion', id];
        const own = await precedentJson<SearchResult>(...search, '--include-same-patient');
        expect(own.hits[0]).toMatchObject({ rank: 1, lesion: id, patient });
        expect(own.hits[0].score).toBeGreaterThanOrEqual(0.999);
        const others = await precedentJson<SearchResult>(...search);
        expect(others.hits).toHaveLength(10);
        expect(others.hits.map((hit) => hit.patient)).not.toContain(patient);
      }
    });

    test('an exported mask, imported with its exported volume, is the same lesion', async () => {
      const [lesion] = lesions;
      const folder = await temporaryFolder();
      const [image, mask] = [join(folder, 'case.nii.gz'), join(folder, 'case_mask.nii.gz')];
      await precedentJson('export', '--library', library, '--volume', lesion.volume, '--to', image);
      await precedentJson('export', '--library', library, '--lesion', lesion.id, '--to', mask);
      const copy = join(folder, 'library');
      await precedentJson('import', image, mask, '--library', copy);
      const [read] = await precedentJson<LesionRow[]>('list', '--library', copy);
      expect(read.boxIjk).toEqual(lesion.boxIjk);
      expect(read.volumeMl).toBeCloseTo(lesion.volumeMl, 4);
      expect(read.meanHu).toBeCloseTo(lesion.meanHu, 6);
      for (const [axis, value] of read.centerMm.entries())
        expect(value).toBeCloseTo(lesion.centerMm[axis], 2);
      const found = await precedentJson<SearchResult>(
        'search',
        '--library',
        library,
        '--image',
        image,
        '--mask',
        mask,
      );
      expect(found.hits[0].lesion).toBe(lesion.id);
      expect(found.hits[0].score).toBeGreaterThan(0.999);
      await removeFolder(folder);
    });

    test('volumes lie where their slices say', async () => {
      const volumes = await precedentJson<VolumeRow[]>('list', 'volumes', '--library', library);
      for (const { dims, spacingMm, direction } of volumes) {
        expect(dims.every((n) => n > 1)).toBe(true);
        expect(spacingMm[2]).toBeCloseTo(3.27, 2);
        expect(direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
      }
    });

    test('a damaged voxel file, a lost thumbnail and a damaged matrix are found and repaired', async () => {
      const { readdir, writeFile, unlink } = await import('node:fs/promises');
      const first = async (folder: string, pattern: RegExp) => {
        const name = (await readdir(join(library, folder))).find((entry) => pattern.test(entry));
        return join(library, folder, name ?? '');
      };
      const flip = async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length >> 1] ^= 0x10;
        await writeFile(path, bytes);
      };
      expect((await precedent('verify', '--library', library)).code).toBe(0);
      await flip(await first('voxels', /\.vox$/));
      await unlink(await first('thumbnails', /\.png$/));
      await flip(await first('vectors', /matrix/));
      const bad = await precedent('verify', '--library', library);
      expect(bad.code).toBe(1);
      expect(bad.stdout.trim().split('\n')).toHaveLength(4);
      expect((await precedent('verify', '--repair', '--library', library)).code).toBe(0);
      const clean = await precedent('verify', '--library', library);
      expect([clean.code, clean.stdout]).toEqual([0, 'the library is whole\n']);
    });
  },
  300_000,
);
