import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanFolder } from '../../native/dicom/scan.ts';
import { writeNifti } from '../../native/nifti/nifti.ts';
import { ctSlice, rtstruct } from '../support/dicomWriter.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-scan-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), bytes);
}
const nifti = writeNifti(
  { dims: [2, 2, 1], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
  new Int16Array(4),
);

describe('scanFolder', () => {
  it('sorts nested folders into series with their RT Structure Sets, whatever the files are called', async () => {
    await put('b/2', ctSlice({ position: [0, 0, 2] }));
    await put('b/1', ctSlice({ position: [0, 0, 1] }));
    await put('a/x.dcm', ctSlice({ sop: '1.9', elements: { '0020000e': ['UI', '1.2.99'] } }));
    await put('c/deep/er/RS', rtstruct([{ name: 'GTV', contours: [] }]));
    const { series, rtstructs, skipped } = await scanFolder([folder]);
    expect(series.map(({ seriesUid, files }) => [seriesUid, files.map((path) => basename(path))])).toEqual([
      ['1.2.99', ['x.dcm']],
      ['1.2.3.2', ['1', '2']],
    ]);
    expect(series[1]).toMatchObject({ patientId: 'P1', rtstructs: [join(folder, 'c/deep/er/RS')] });
    expect(series[0].rtstructs).toEqual([]);
    expect(rtstructs).toHaveLength(1);
    expect(skipped).toEqual([]);
  });

  it('keeps one of several files with the same SOP instance', async () => {
    await put('a.dcm', ctSlice());
    await cp(join(folder, 'a.dcm'), join(folder, 'b.dcm'));
    const { series, skipped } = await scanFolder([folder]);
    expect(series[0].files).toEqual([join(folder, 'a.dcm')]);
    expect(skipped).toMatchObject([{ path: join(folder, 'b.dcm'), reason: /duplicate/ }]);
  });

  it('pairs NIfTI images with their masks', async () => {
    await put('case1.nii.gz', nifti);
    await put('case1_mask.nii.gz', nifti);
    await put('case2.nii.gz', nifti);
    await put('orphan_mask.nii.gz', nifti);
    const found = await scanFolder([folder]);
    expect(found.nifti).toEqual([
      { name: 'case1', image: join(folder, 'case1.nii.gz'), masks: [join(folder, 'case1_mask.nii.gz')] },
      { name: 'case2', image: join(folder, 'case2.nii.gz'), masks: [] },
    ]);
    expect(found.skipped).toEqual([
      { path: join(folder, 'orphan_mask.nii.gz'), reason: 'a mask whose image is missing' },
    ]);
  });

  it('skips everything else with a reason', async () => {
    const ct = ctSlice();
    await put('labels.csv', 'case,x');
    await put('LICENSE', 'text');
    await put('.DS_Store', 'x');
    await put('empty.dcm', '');
    await put('garbage.bin', 'garbage');
    await put('garbage.nii.gz', 'garbage');
    await put('cut.dcm', ct.subarray(0, ct.length - 5));
    await put('mr.dcm', ctSlice({ sop: '1.8', elements: { '00080060': ['CS', 'MR'] } }));
    await put(
      'sc.dcm',
      ctSlice({ sop: '1.7', elements: { '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.7'] } }),
    );
    await put('no-pixels.dcm', ctSlice({ sop: '1.6', elements: { '7fe00010': undefined } }));
    await put('rs.dcm', rtstruct([], '9.9.9'));
    const found = await scanFolder([folder, join(folder, 'absent')]);
    expect(Object.fromEntries(found.skipped.map(({ path, reason }) => [basename(path), reason]))).toEqual({
      'labels.csv': 'not an image',
      LICENSE: 'not an image',
      '.DS_Store': 'not an image',
      'empty.dcm': 'the file is empty',
      'garbage.bin': 'neither DICOM nor NIfTI',
      'garbage.nii.gz': 'not a NIfTI file',
      'cut.dcm': 'the file is cut off inside its pixel data',
      'mr.dcm': 'modality MR is not CT',
      'sc.dcm': 'a secondary capture, not a CT slice',
      'no-pixels.dcm': 'the file has no pixel data',
      'rs.dcm': 'the CT series that this RT Structure Set was drawn on is not among the files',
      absent: 'no such file or folder',
    });
    expect(found.series).toEqual([]);
  });

  it('walks a folder once however it is reached', async () => {
    await put('a/1.dcm', ctSlice());
    await symlink(folder, join(folder, 'a/loop'));
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
    const { series, skipped } = await scanFolder([folder, join(folder, 'a')]);
    expect(series.map(({ files }) => files.length)).toEqual([1]);
    expect(skipped).toEqual([{ path: join(folder, 'dangling'), reason: 'a link that leads nowhere' }]);
  });

  it('reads on when a header is longer than the first chunk', async () => {
    await put('long.dcm', ctSlice({ elements: { '00291010': ['OB', new Uint8Array(200_000)] } }));
    expect((await scanFolder([folder])).series).toHaveLength(1);
  });

  it('reports progress and can be cancelled', async () => {
    await put('1.dcm', ctSlice());
    const seen: unknown[] = [];
    await scanFolder([folder], (progress) => seen.push(progress));
    expect(seen).toEqual([
      { done: 0, total: 1 },
      { done: 1, total: 1 },
    ]);
    await expect(scanFolder([folder], undefined, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
