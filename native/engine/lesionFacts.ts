/** What is known and measured of lesions, so that two can be compared: from the catalog, and by the IBSI from the voxels. */
import { catalogFields } from '../contract/filters.ts';
import type { Manifest } from '../encoder/manifest.ts';
import { measuredRegion } from '../encoder/measuredRegion.ts';
import { type EmbedRegion, readRegion } from '../encoder/voxelSource.ts';
import { measureIn } from '../lesion/measureIn.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Feature } from '../radiomics/feature.ts';
import { type FeatureName, featureTable } from '../radiomics/features.ts';
import { lesionFeatures } from '../radiomics/lesion.ts';
import type { Facts, Measure, SampledLesion } from '../retrieval/compareMeasures.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import { growBox, type VoxelSource } from '../volume/volume.ts';
import type { Engine } from './engine.ts';

/** Of the catalog's fields, in the order in which they are shown. */
const catalogMeasures = [
  'diameterMm', 'volumeMl', 'meanHu', 'sdHu', 'organ', 'age', 'sex', 'sliceThicknessMm', 'kernel', 'contrast',
] as const; // biome-ignore format: one list
const ratios: ReadonlySet<string> = new Set(['diameterMm', 'volumeMl', 'sliceThicknessMm']);
/** Measured of every lesion, whatever the encoder takes. */
const alwaysMeasured: readonly FeatureName[] = ['morph_sphericity'];
/** The IBSI's names of features in words; others are shown by their definition. */
const titles: Readonly<Partial<Record<FeatureName, string>>> = {
  morph_sphericity: 'Sphericity',
  morph_pca_flatness: 'Flatness',
  stat_median: 'Median density',
  stat_p10: 'Density, 10th percentile',
  stat_p90: 'Density, 90th percentile',
  szm_zs_entr: 'Zone size entropy',
  ngl_dc_entr: 'Dependence entropy',
};
/** What the catalog's measures say already. */
const repeated: ReadonlySet<FeatureName> = new Set([
  'stat_mean',
  'stat_var',
  'morph_vol_approx',
  'morph_volume',
]);

/** Lesions whose pairs tell how unusual a difference is: few enough to be measured while someone waits. */
const sampled = 60;
/** Voxels beyond the lesion that interpolation may touch, in mm. */
const marginMm = 5;

export function measuresOf(manifest: Manifest): Measure[] {
  const fields = catalogMeasures.flatMap((name): Measure[] => {
    const field = catalogFields.find((candidate) => candidate.name === name);
    if (!field) return [];
    const { title, unit = '' } = field;
    return [{ name, title, unit, ...(ratios.has(name) ? { ratio: true } : {}) }];
  });
  const features = featuresShown(manifest).map((name): Measure => {
    const { what, unit }: Feature = featureTable[name];
    return { name, title: titles[name] ?? what, unit: unit === '1' ? '' : unit };
  });
  return [...fields, ...features];
}

/** Those that the encoder compares, and a few that a reader knows. */
export function featuresShown(manifest: Manifest): FeatureName[] {
  const own = manifest.kind === 'multi-plane' ? (manifest.input.measurements?.of ?? []) : [];
  const names = new Set([...alwaysMeasured, ...own.map(({ name }) => name)]);
  return [...names].filter((name) => !repeated.has(name));
}

type Features = Readonly<Partial<Record<FeatureName, number>>>;

/** What the IBSI measures of the lesions that were asked for last, by lesion and features: a lesion's mask does not change in its volume. */
const known = new WeakMap<Engine, Map<string, Features>>();
const mostKnown = 1000;

async function featuresOf(
  engine: Engine,
  { lesion, volume }: GalleryRow,
  names: readonly FeatureName[],
): Promise<Features> {
  const own = known.get(engine) ?? new Map<string, Features>();
  known.set(engine, own);
  const key = [lesion, volume, ...names].join(' ');
  const before = own.get(key);
  if (before) {
    // Maps keep the order in which they were filled: the first is the one that nobody asked for longest.
    own.delete(key);
    own.set(key, before);
    return before;
  }
  const region = engine.library.lesionRegion(lesion);
  const features = await engine.withVoxels(volume, (source) => measured(source, region, names));
  own.set(key, features);
  for (const first of own.keys()) {
    if (own.size <= mostKnown) break;
    own.delete(first);
  }
  return features;
}

async function measured(
  source: VoxelSource,
  region: EmbedRegion,
  names: readonly FeatureName[],
): Promise<Features> {
  const around = growBox(region.box, marginMm, source.grid);
  const timing = { readMs: 0, prepareMs: 0, inferMs: 0 };
  const crop = await readRegion(source, region, around, timing);
  const { volume, mask } = measuredRegion(crop.volume, crop.region);
  return lesionFeatures(volume, mask, names);
}

function catalogFacts(row: Pick<GalleryRow, 'fields' | 'numbers'>): Facts {
  return { ...row.fields, ...row.numbers };
}

/** @param names of the features that are measured */
export async function lesionFacts(
  engine: Engine,
  row: GalleryRow,
  names: readonly FeatureName[],
): Promise<Facts> {
  return { ...catalogFacts(row), ...(await featuresOf(engine, row, names)) };
}

/** Of a region that is no lesion of the library; of its patient what is known of another lesion in the same volume. */
export async function regionFacts(
  engine: Engine,
  volume: string,
  region: EmbedRegion,
  names: readonly FeatureName[],
): Promise<Facts> {
  const { reads } = engine.library;
  const beside = engine.library
    .gallery()
    .values()
    .find((row) => row.volume === volume);
  const { sliceThicknessMm, spacingMm, kernel, contrast } = reads.volume(volume);
  const { age, sex } = beside ? catalogFacts(beside) : {};
  return engine.withVoxels(volume, async (source) => {
    const { mask } = region;
    const { diameterMm, volumeMl, meanHu, sdHu } = mask ? await measureIn(source, mask) : {};
    const seen = { diameterMm, volumeMl, meanHu, sdHu, age, sex, kernel, contrast };
    const thickness = sliceThicknessMm ?? spacingMm[2];
    return { ...seen, sliceThicknessMm: thickness, ...(await measured(source, region, names)) };
  });
}

/** The lesions whose ids come first: the ids are random, and so the same lesions stand for a library as it grows. */
export async function sampleFacts(
  engine: Engine,
  names: readonly FeatureName[],
  signal: AbortSignal,
): Promise<SampledLesion[]> {
  const rows = [...engine.library.gallery().values()]
    .sort((a, b) => (a.lesion < b.lesion ? -1 : 1))
    .slice(0, sampled);
  const sample: SampledLesion[] = [];
  for (const row of rows) {
    throwIfCancelled(signal);
    // One whose voxels cannot be read stands for what the catalog knows of it.
    const facts = await lesionFacts(engine, row, names).catch(() => catalogFacts(row));
    sample.push({ patient: row.patient, facts });
  }
  return sample;
}
