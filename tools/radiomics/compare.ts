/** Compares every feature with the reference values of the Image Biomarker Standardisation Initiative (phase 1). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import { type FeatureName, featureNames, featuresOf, featureTable } from '../../native/radiomics/features.ts';
import type { Discretisation } from '../../native/radiomics/levels.ts';
import {
  type Interpolation,
  type Region,
  type Resegmentation,
  regionOf,
  resegmented,
} from '../../native/radiomics/region.ts';
import type { VolumeAxis } from '../../native/radiomics/volumeHistogram.ts';
import type { Mask, Volume } from '../../native/volume/volume.ts';

interface Configuration {
  readonly name: string;
  readonly image: 'digital' | 'ct_radiomics';
  readonly reference: string;
  /** Whether the reference's texture matrices are three-dimensional, as ours are. */
  readonly texture: boolean;
  readonly interpolation: Interpolation | null;
  readonly resegmentation: Resegmentation;
  readonly discretisation: Discretisation;
  readonly volumeAxis: VolumeAxis;
}

/** The processing of the IBSI reference manual, section 5.3; A and B are those by slice. */
export const configurations: readonly Configuration[] = [
  {
    name: 'phantom',
    image: 'digital',
    reference: 'dig_phantom',
    texture: true,
    interpolation: null,
    resegmentation: {},
    discretisation: { width: 1, from: 1 },
    volumeAxis: { whole: true },
  },
  {
    name: 'A',
    image: 'ct_radiomics',
    reference: 'chest_config_a',
    texture: false,
    interpolation: null,
    resegmentation: { range: [-500, 400] },
    discretisation: { width: 25, from: -500 },
    volumeAxis: { whole: true, range: [-500, 400] },
  },
  {
    name: 'B',
    image: 'ct_radiomics',
    reference: 'chest_config_b',
    texture: false,
    interpolation: { method: 'trilinear', spacing: [2, 2, 3], centre: 'image' },
    resegmentation: { range: [-500, 400] },
    discretisation: { bins: 32 },
    volumeAxis: { whole: true, range: [-500, 400] },
  },
  {
    name: 'C',
    image: 'ct_radiomics',
    reference: 'chest_config_c',
    texture: true,
    interpolation: { method: 'trilinear', spacing: [2, 2, 2], centre: 'image' },
    resegmentation: { range: [-1000, 400] },
    discretisation: { width: 25, from: -1000 },
    volumeAxis: { width: 2.5, range: [-1000, 400] },
  },
  {
    name: 'D',
    image: 'ct_radiomics',
    reference: 'chest_config_d',
    texture: true,
    interpolation: { method: 'trilinear', spacing: [2, 2, 2], centre: 'image' },
    resegmentation: { outlierSigma: 3 },
    discretisation: { bins: 32 },
    volumeAxis: { whole: true },
  },
  {
    name: 'E',
    image: 'ct_radiomics',
    reference: 'chest_config_e',
    texture: true,
    interpolation: { method: 'spline', spacing: [2, 2, 2], centre: 'image' },
    resegmentation: { range: [-1000, 400], outlierSigma: 3 },
    discretisation: { bins: 32 },
    volumeAxis: { bins: 1000 },
  },
];

export interface Comparison {
  readonly configuration: string;
  /** A feature, or a count or intensity that tells of the image processing. */
  readonly name: string;
  readonly code: string;
  readonly ours: number;
  readonly reference: number;
  readonly tolerance: number;
  readonly agrees: boolean;
}

/** Every value of ours that a configuration's references hold. `folder` is the IBSI folder of the shared data. */
export function compareWithReferences(folder: string, configuration: Configuration): Comparison[] {
  const references = readReferences(
    join(folder, 'reference_values', `ibsi_1_${configuration.reference}.csv`),
  );
  const { volume, mask } = readPhantom(join(folder, `ibsi_1_${configuration.image}_phantom`, 'nifti'));
  const interpolated = regionOf(volume, mask, configuration.interpolation);
  const region = resegmented(interpolated, configuration.resegmentation);
  const features = featuresOf(region, configuration, featureNames);
  const ours = [
    ...diagnostics('interp_roi', interpolated),
    ...diagnostics('reseg_roi', region),
    ...featureNames
      .filter((name) => configuration.texture || aggregation(name) === '')
      .map((name) => ({
        name,
        tag: name + aggregation(name),
        value: features[name],
        code: featureTable[name].code,
      })),
  ];
  return ours.flatMap(({ name, tag, value, code }) => {
    const found = references.get(tag);
    if (!found) return [];
    const agrees = Math.abs(threeDigits(value) - found.value) <= found.tolerance * (1 + 1e-9);
    return [
      {
        configuration: configuration.name,
        name,
        code,
        ours: value,
        reference: found.value,
        tolerance: found.tolerance,
        agrees,
      },
    ];
  });
}

/** The names of features that no configuration holds a value for. */
export function unchecked(comparisons: readonly Comparison[]): FeatureName[] {
  const checked = new Set(comparisons.map(({ name }) => name));
  return featureNames.filter((name) => !checked.has(name));
}

/** The references' features that we do not compute, and which of them are without a consensus on their value. */
export function notComputed(folder: string): { tag: string; consensus: boolean }[] {
  const ours = new Set(featureNames.map((name) => name + aggregation(name)));
  const lines = readLines(join(folder, 'reference_values', 'ibsi_1_dig_phantom.csv'));
  return lines
    .filter(([, , tag]) => !ours.has(tag) && !/_(2D|2_5D)(_avg|_comb)?$|_3D_avg$/.test(tag))
    .map(([value, , tag]) => ({ tag, consensus: value !== '' }));
}

/** How the references call a three-dimensional matrix: one over all directions, or one that has none. */
function aggregation(name: FeatureName): string {
  const { family } = featureTable[name];
  if (family === 'GLCM' || family === 'GLRLM') return '_3D_comb';
  return /^(GLSZM|GLDZM|NGTDM|NGLDM)$/.test(family) ? '_3D' : '';
}

/** References are given to three significant digits; where the tolerance is 0, all three must be the same. */
const threeDigits = (value: number) => Number(value.toPrecision(3));

/** Tag → value and tolerance. Where there was no consensus both are empty, and the tag is left out. */
function readReferences(path: string): Map<string, { value: number; tolerance: number }> {
  const rows = readLines(path).filter(([value, tolerance]) => value && tolerance);
  return new Map(
    rows.map(([value, tolerance, tag]) => [tag, { value: Number(value), tolerance: Number(tolerance) }]),
  );
}

/** Value, tolerance and tag of each line. */
function readLines(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/).slice(1);
  return lines.map((line) => line.split(';'));
}

function readPhantom(folder: string): { volume: Volume; mask: Mask } {
  const { volume } = readNifti(readFileSync(join(folder, 'image/phantom.nii.gz')));
  const { labels } = readNiftiMask(readFileSync(join(folder, 'mask/mask.nii.gz')), volume);
  return { volume, mask: labels[0].mask };
}

function diagnostics(stage: string, region: Region) {
  const { dims, values, shape, points } = region;
  const intensities = Float64Array.from(points, (at) => values[at]);
  const place = (axis: number) => (at: number) =>
    Math.floor(at / [1, dims[0], dims[0] * dims[1]][axis]) % dims[axis];
  const extent = (axis: number) => {
    const places = Array.from(points, place(axis));
    return 1 + places.reduce((a, b) => Math.max(a, b)) - places.reduce((a, b) => Math.min(a, b));
  };
  const figures = {
    int_mask_bb_dim_x: extent(0),
    int_mask_bb_dim_y: extent(1),
    int_mask_bb_dim_z: extent(2),
    int_mask_vox_count: points.length,
    morph_mask_vox_count: shape.reduce((sum, bit) => sum + bit, 0),
    int_mask_mean_int: intensities.reduce((sum, x) => sum + x, 0) / points.length,
    int_mask_min_int: intensities.reduce((a, b) => Math.min(a, b)),
    int_mask_max_int: intensities.reduce((a, b) => Math.max(a, b)),
  };
  return Object.entries(figures).map(([name, value]) => {
    const tag = `${name}_${stage}`;
    return { name: tag, tag, value, code: '' };
  });
}
