/** What the scan finds in real data sets, against how many series, masks and other files they are known to have. */
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findUnder } from '../support/findUnder.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();
const data = join(shared ?? '', 'data');

describe.skipIf(shared === null)(sharedGroup('sources in real data'), () => {
  it.each([
    ['sarcoma-dicom', 20, ['rtstruct']],
    ['lung1-dicom', 1, ['rtstruct']],
    ['chaos-liver-dicom', 1, []],
    ['seg', 1, ['seg', 'seg']],
    ['totalseg-sample/example_ct_dicom', 1, []],
  ])('%s: %i series, each with its regions', async (folder, count, formats) => {
    const { series, skipped } = await findUnder([join(data, folder)]);
    expect(series).toHaveLength(count);
    for (const one of series) expect(one.regions.map(({ format }) => format)).toEqual(formats);
    expect(skipped.filter(({ reason }) => reason !== 'not an image')).toEqual([]);
  });

  it('lidc-nodules: 96 images, each with its mask, and a table', async () => {
    const { series, tables, skipped } = await findUnder([join(data, 'lidc-nodules')]);
    expect(series).toHaveLength(96);
    for (const { files, regions, caseName = '' } of series) {
      expect(basename(files[0])).toBe(`${caseName}.nii.gz`);
      expect(regions).toEqual([{ path: files[0].replace('.nii.gz', '_mask.nii.gz'), format: 'nifti' }]);
    }
    expect(tables.map((path) => basename(path))).toEqual(['labels.csv']);
    expect(skipped.filter(({ reason }) => reason !== 'not an image')).toEqual([]);
  });
});
