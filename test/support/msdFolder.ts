/** Small folders as the Medical Segmentation Decathlon and 3D-MIR lay them out: balls in a box, with tables and splits. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MirOrgan } from '../../native/benchmark/mir/labels.ts';
import { mirLabels } from '../../native/benchmark/mir/labels.ts';
import { writeNifti } from '../../native/nifti/nifti.ts';
import type { Vec3 } from '../../native/volume/volume.ts';

/** Radii in voxels of 2 mm; the tumours lie on a row. */
export interface TinyCase {
  readonly name: string;
  readonly tumours: readonly number[];
}

const dims: Vec3 = [48, 28, 24];
const grid = { dims, spacing: [2, 2, 2], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
/** As the published dataset.json files name the values of their masks. */
const names: Readonly<Record<'liver' | 'colon', Readonly<Record<string, string>>>> = {
  liver: { '0': 'background', '1': 'liver', '2': 'cancer' },
  colon: { '0': 'background', '1': 'colon cancer primaries' },
};

/** Writes a data set of one organ, image and mask of each case, into `folder`. */
export async function writeMsd(
  folder: string,
  organ: keyof typeof names,
  cases: readonly TinyCase[],
): Promise<void> {
  for (const part of ['imagesTr', 'labelsTr']) await mkdir(join(folder, part), { recursive: true });
  const described = { name: organ, modality: { '0': 'CT' }, labels: names[organ] };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(described));
  const tumourValue = organ === 'liver' ? 2 : 1;
  for (const [at, { name, tumours }] of cases.entries()) {
    // The same voxels would be the same volume.
    const seed = at + (organ === 'liver' ? 0 : 0.5);
    const [voxels, mask] = [
      new Int16Array(dims[0] * dims[1] * dims[2]),
      new Uint8Array(dims[0] * dims[1] * dims[2]),
    ];
    for (let n = 0; n < voxels.length; n++) {
      const [i, j, k] = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / (dims[0] * dims[1]))];
      const inTumour = tumours.some((radius, at) => Math.hypot(i - 8 - 16 * at, j - 14, k - 12) < radius);
      if (inTumour) mask[n] = tumourValue;
      else if (organ === 'liver' && j > 3 && j < 24) mask[n] = 1;
      const tissue = inTumour ? 20 : 60;
      voxels[n] = tissue + 25 * Math.sin(i * (1 + seed) + k) + ((j * k) % (5 + seed));
    }
    await writeFile(join(folder, 'imagesTr', `${name}.nii.gz`), writeNifti(grid, voxels));
    await writeFile(join(folder, 'labelsTr', `${name}.nii.gz`), writeNifti(grid, mask));
  }
}

/** The labels that the benchmark's rules give such a case in an organ. */
export function labelsOf(organ: MirOrgan, { tumours }: Pick<TinyCase, 'tumours'>) {
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let n = 0; n < bits.length; n++) {
    const [i, j, k] = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / (dims[0] * dims[1]))];
    bits[n] = tumours.some((radius, at) => Math.hypot(i - 8 - 16 * at, j - 14, k - 12) < radius) ? 1 : 0;
  }
  return mirLabels(organ, { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits }, [2, 2, 2]);
}

interface Listed extends TinyCase {
  readonly split: 'train' | 'test';
}

/** Writes an organ's table and splits into `folder`; a case of another organ's data set has no tumour in it. */
export async function writeMirTables(
  folder: string,
  organ: MirOrgan,
  cases: readonly Listed[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = cases.map((one) => {
    const own = one.name.startsWith(organ);
    const {
      numberTumors: n,
      maxTumorSizeCm: cm,
      lesionGroup,
      cancerFlag,
    } = labelsOf(organ, own ? one : { tumours: [] });
    const stated =
      n === 0 ? `"No tumors in the ${organ}"` : `"A ${organ} with ${n} tumors, ${cm.toFixed(2)} cm long"`;
    const vague =
      n === 0 ? `The ${organ} is in healthy condition` : `Scan ${one.name.slice(-1)} of the abdomen`;
    return [
      `${one.name}.nii.gz`,
      one.name.split('_')[0],
      cm,
      n,
      lesionGroup,
      cancerFlag,
      stated,
      vague,
      vague,
    ].join(',');
  });
  const header =
    'name,organ,max_tumor_size,number_tumors,lesion_group,cancer_flag,CaptionV1,CaptionV2,CaptionV3';
  await writeFile(join(folder, `${organ}_labels_and_captions.csv`), [header, ...rows].join('\n'));
  for (const [split, column] of [['train', 'training'], ['test', 'testing']] as const) {
    const names = cases.filter((one) => one.split === split).map(({ name }, at) => `${at},${name}.nii.gz`);
    await writeFile(join(folder, `${organ}_full_${split}_split.csv`), [`,${column}`, ...names].join('\n'));
  } // biome-ignore format: two short rows
}
