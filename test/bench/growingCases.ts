/** The outlined lesions that growing a mark is trained on and measured with, and the jittered marks drawn on them. */
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Mark } from '../../native/contract/mark.ts';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { readSeries } from '../../native/dicom/volume.ts';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import { boxDims, type Mask, type Volume } from '../../native/volume/volume.ts';
import { findUnder } from '../support/findUnder.ts';

export interface Case {
  readonly set: string;
  /** Whose lesion it is; every case here is a patient of its own. */
  readonly patient: string;
  readonly volume: Volume;
  readonly mask: Mask;
}

/**
 * Per dataset: the ROI that is the lesion (none: NIfTI image and mask), how often each lesion is marked to be measured, and
 * how often for training (0: its licence forbids it, or it is kept for tests).
 */
export const datasets = [
  { set: 'lidc', folder: 'lidc-nodules', roi: '', marks: 3, trainingMarks: 5 },
  { set: 'sarcoma', folder: 'sarcoma-dicom', roi: 'GTV_Mass_CT', marks: 6, trainingMarks: 12 },
  { set: 'lung1', folder: 'lung1-dicom', roi: 'GTV-1', marks: 60, trainingMarks: 0 },
] as const;

const jitter = 0.2;

export async function readCases(
  data: string,
  { set, folder, roi }: (typeof datasets)[number],
): Promise<Case[]> {
  const cases: Case[] = [];
  if (roi === '') {
    const names = (await readdir(resolve(data, folder))).filter((f) => f.endsWith('_mask.nii.gz')).sort();
    for (const name of names) {
      const { volume } = readNifti(await readFile(resolve(data, folder, name.replace('_mask', ''))));
      const { labels } = readNiftiMask(await readFile(resolve(data, folder, name)), volume);
      cases.push({ set, patient: `${set} ${cases.length}`, volume, mask: labels[0].mask });
    }
    return cases;
  }
  for (const series of (await findUnder([resolve(data, folder)])).series) {
    const { volume } = (await readSeries(series.files)).volumes[0];
    for (const { path } of series.regions) {
      const found = readRtstruct(await readFile(path)).rois.find((r) => r.name === roi);
      const filled = found && rasterizeRoi(found, volume);
      if (filled) cases.push({ set, patient: `${set} ${cases.length}`, volume, mask: filled.mask });
    }
  }
  return cases;
}

/**
 * The bounding ellipse of the mask on its largest axial slice (k), centre and half axes each off by up to ±20% of a half
 * axis, evenly.
 */
export function jitteredMark(mask: Mask, random: () => number): Mark {
  const [ni, nj, nk] = boxDims(mask.box);
  let [slice, most] = [0, 0];
  for (let k = 0; k < nk; k++) {
    const area = mask.bits.subarray(k * ni * nj, (k + 1) * ni * nj).reduce((sum, b) => sum + b, 0);
    if (area > most) [slice, most] = [k, area];
  }
  let [i0, j0, i1, j1] = [ni, nj, -1, -1];
  for (let p = 0; p < ni * nj; p++) {
    if (mask.bits[slice * ni * nj + p] === 0) continue;
    [i0, i1] = [Math.min(i0, p % ni), Math.max(i1, p % ni)];
    [j0, j1] = [Math.min(j0, Math.floor(p / ni)), Math.max(j1, Math.floor(p / ni))];
  }
  const off = () => jitter * (2 * random() - 1);
  const [a, b] = [(i1 - i0 + 1) / 2, (j1 - j0 + 1) / 2];
  const u = mask.box[0] + (i0 + i1) / 2 + off() * a;
  const w = mask.box[1] + (j0 + j1) / 2 + off() * b;
  const [ra, rb] = [a * (1 + off()), b * (1 + off())];
  const corners = [
    [u - ra, w - rb],
    [u + ra, w + rb],
  ] as const;
  return { plane: 'axial', slice: mask.box[2] + slice, shape: { kind: 'ellipse', corners } };
}
