/** The labelled lesions of the shared data, as the product reads them: nodules in 3D with their masks, and single slices. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { tightenMask } from '../../native/lesion/mask.ts';
import { readNifti } from '../../native/nifti/nifti.ts';
import type { Mask, Volume } from '../../native/volume/volume.ts';

export interface LabelledLesion {
  readonly name: string;
  readonly patient: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volume: Volume;
  readonly mask: Mask;
}

const root = resolve(import.meta.dirname, '../..');
const sharedData = resolve(process.env.PRECEDENT_SHARED ?? resolve(root, '../shared'), 'data');

const rowsOf = (path: string): Record<string, string>[] => parse(readFileSync(path), { columns: true });

/** The nodules of `lidc-nodules`, each of another patient. */
export function loadNodules(): LabelledLesion[] {
  const folder = resolve(sharedData, 'lidc-nodules');
  return rowsOf(resolve(folder, 'labels.csv')).map((labels) => {
    const read = (suffix: string) =>
      readNifti(readFileSync(resolve(folder, `${labels.case}${suffix}.nii.gz`))).volume;
    return {
      name: labels.case,
      patient: labels.case,
      labels,
      volume: read(''),
      mask: wholeMask(read('_mask')),
    };
  });
}

/**
 * The slices of `lidc-slices`, whose HU the training writes as int16 (`hu`, [n, 71, 71]). The mask is the circle of the
 * nodule's area, and the slice two thirds of its diameter thick: its volume then is that of the sphere.
 */
export function loadSlices(hu: Buffer): LabelledLesion[] {
  const n = 71;
  const middle = (n - 1) / 2;
  const values = new Int16Array(hu.buffer, hu.byteOffset, hu.byteLength / 2);
  return rowsOf(resolve(sharedData, 'lidc-slices/labels.csv')).map((labels, at) => {
    const [diameter, pixel] = [Number(labels.EquivDiameter), Number(labels.PixelSpacing)];
    const bits = Uint8Array.from({ length: n * n }, (_, p) =>
      Math.hypot((p % n) - middle, Math.floor(p / n) - middle) <= diameter / 2 ? 1 : 0,
    );
    const volume: Volume = {
      dims: [n, n, 1],
      spacing: [pixel, pixel, (diameter * pixel * 2) / 3],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      voxels: values.slice(at * n * n, (at + 1) * n * n),
    };
    const mask = tight({ box: [0, 0, 0, n - 1, n - 1, 0], bits });
    return { name: labels.noduleID, patient: labels.patient, labels, volume, mask };
  });
}

function wholeMask({ dims: [ni, nj, nk], voxels }: Volume): Mask {
  const bits = Uint8Array.from(voxels, (value) => (value > 0 ? 1 : 0));
  return tight({ box: [0, 0, 0, ni - 1, nj - 1, nk - 1], bits });
}

function tight(mask: Mask): Mask {
  const tightened = tightenMask(mask);
  if (!tightened) throw new Error('a mask is empty');
  return tightened;
}
