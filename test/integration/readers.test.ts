/** The readers on real data: geometry, HU and RT Structure Set volumes against values computed apart from them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { roiKind } from '../../native/dicom/roiNames.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { planSeries, readSeries } from '../../native/dicom/volume.ts';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import { findUnder } from '../support/findUnder.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

const shared = sharedDir();
const data = join(shared ?? '', 'data');

interface Oracle {
  readonly cases: Readonly<
    Record<string, { slices: number; dz: number; ml: Readonly<Record<string, number>> }>
  >;
}

describe.skipIf(shared === null)(
  `readers on real data${shared ? '' : `: ${sharedMissing}`}`,
  { timeout: 120_000 },
  () => {
    it.each([
      ['sarcoma-dicom', 20],
      ['lung1-dicom', 1],
    ])(
      '%s: every series regular, every ROI within half a percent of its analytic volume',
      async (folder, cases) => {
        const oracle: Oracle = JSON.parse(
          readFileSync(join(shared ?? '', 'oracles/rtstruct/volumes.json'), 'utf8'),
        );
        const { series, skipped } = await findUnder([join(data, folder)]);
        expect(series).toHaveLength(cases);
        expect(skipped.filter(({ reason }) => reason !== 'not an image')).toEqual([]);
        for (const { patientId, files, regions: drawn } of series) {
          const expected = oracle.cases[patientId];
          const { stacks, skipped: left } = await planSeries(files);
          expect(left).toEqual([]);
          expect(stacks).toHaveLength(1);
          const { grid } = stacks[0];
          expect(grid.dims[2]).toBe(expected.slices);
          expect(grid.spacing[2]).toBeCloseTo(expected.dz, 6);
          expect(drawn).toHaveLength(1);
          const { rois } = readRtstruct(readFileSync(drawn[0].path));
          expect(rois.map(({ name }) => name).sort()).toEqual(Object.keys(expected.ml).sort());
          const voxelMl = (grid.spacing[0] * grid.spacing[1] * grid.spacing[2]) / 1000;
          for (const roi of rois) {
            const result = rasterizeRoi(roi, grid);
            const ml = (result?.mask.bits.reduce((sum, bit) => sum + bit, 0) ?? 0) * voxelMl;
            expect(Math.abs(ml / expected.ml[roi.name] - 1), `${patientId} ${roi.name}`).toBeLessThan(0.005);
            expect(roiKind(roi.name, roi.interpretedType)).toBe(
              roi.name.startsWith('GTV') ? 'lesion' : 'organ',
            );
          }
        }
      },
    );

    it.each([
      ['lung1-dicom', [512, 512, 134], [0.9765625, 0.9765625, 3]],
      ['chaos-liver-dicom', [512, 512, 78], [0.7265625, 0.7265625, 2]],
    ])('%s: one volume in HU with k ascending', async (folder, dims, spacing) => {
      const { series } = await findUnder([join(data, folder)]);
      const { volumes, skipped } = await readSeries(series[0].files);
      expect(skipped).toEqual([]);
      const [{ volume, warnings, files }] = volumes;
      expect(volume).toMatchObject({ dims, spacing, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] });
      expect(warnings).toEqual([]);
      expect(files).toHaveLength(dims[2]);
      expect(volume.voxels).toBeInstanceOf(Int16Array);
      // Air outside the patient and soft tissue inside make up most of a CT: the rescale is right where both are.
      const share = (from: number, to: number) => {
        let inside = 0;
        for (const hu of volume.voxels) if (hu >= from && hu <= to) inside++;
        return inside / volume.voxels.length;
      };
      expect(share(-1024, -900)).toBeGreaterThan(0.2);
      expect(share(-150, 150)).toBeGreaterThan(0.1);
    });

    it('lidc-nodules: 96 pairs of 51³ at 1 mm with one label each on the same grid', async () => {
      const { series } = await findUnder([join(data, 'lidc-nodules')]);
      expect(series).toHaveLength(96);
      for (const { files, regions: masks } of series) {
        const { volume, warnings } = readNifti(readFileSync(files[0]));
        expect(warnings).toEqual([]);
        expect(volume).toMatchObject({ dims: [51, 51, 51], spacing: [1, 1, 1], origin: [0, 0, 0] });
        expect(volume.voxels).toBeInstanceOf(Int16Array);
        expect(volume.voxels.every((hu) => hu >= -1000 && hu <= 400)).toBe(true);
        expect(masks).toHaveLength(1);
        const found = readNiftiMask(readFileSync(masks[0].path), volume);
        expect(found.warnings).toEqual([]);
        expect(found.labels.map(({ value }) => value)).toEqual([1]);
      }
    });

    it('totalseg-sample: twenty JPEG 2000 slices become one volume in HU', async () => {
      const folder = join(data, 'totalseg-sample/example_ct_dicom');
      const { volumes, skipped } = await readSeries(readdirSync(folder).map((name) => join(folder, name)));
      expect(skipped).toEqual([]);
      expect(volumes).toHaveLength(1);
      const { volume, meta } = volumes[0];
      expect(volume).toMatchObject({ dims: [512, 512, 20], spacing: [0.9765625, 0.9765625, 2] });
      expect(volume.voxels).toBeInstanceOf(Int16Array);
      // The header's rescale intercept, and the most that its 12 bits hold.
      const hus = Array.from(volume.voxels);
      expect(hus.reduce((min, hu) => Math.min(min, hu))).toBe(-1024);
      expect(hus.reduce((max, hu) => Math.max(max, hu))).toBeLessThanOrEqual(3071);
      expect(meta.lossy).toBe(false);
    });
  },
);
