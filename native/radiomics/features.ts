/** The table of features, and all of them of one region. A new feature is a row in its family's file. */

import { dependencesOf } from './dependences.ts';
import type { Feature, Measured } from './feature.ts';
import { cooccurrenceFeatures, cooccurrenceOf } from './glcm.ts';
import { histogramFeatures, histogramOf } from './histogram.ts';
import { type Discretisation, levelsOf } from './levels.ts';
import { differenceFeatures, differencesOf } from './ngtdm.ts';
import type { Region } from './region.ts';
import { runsOf } from './runs.ts';
import { intensityFeatures, sampleOf } from './sample.ts';
import { shapeFeatures, shapeOf } from './shape.ts';
import { sizeFeatures } from './sizeMatrix.ts';
import { type VolumeAxis, volumeHistogramFeatures, volumeHistogramOf } from './volumeHistogram.ts';
import { zonesOf } from './zones.ts';

/** Name → row. The names are those of the IBSI's reference values, without the way of aggregation. */
export const featureTable = {
  ...shapeFeatures,
  ...intensityFeatures,
  ...histogramFeatures,
  ...volumeHistogramFeatures,
  ...cooccurrenceFeatures,
  ...sizeFeatures,
  ...differenceFeatures,
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof featureTable;
export const featureNames = Object.keys(featureTable) as FeatureName[];
export type Features = Readonly<Record<FeatureName, number>>;

/** All features of a region whose intensity mask has at least one point; every value is finite. */
export function featuresOf(
  region: Region,
  {
    discretisation,
    volumeAxis,
  }: { readonly discretisation: Discretisation; readonly volumeAxis: VolumeAxis },
): Features {
  const levels = levelsOf(region, discretisation);
  const { zones, distances } = zonesOf(levels, region.shape);
  const measured: Measured = {
    shape: shapeOf(region),
    intensities: sampleOf(Float64Array.from(region.points, (at) => region.values[at])),
    histogram: histogramOf(levels),
    volumeHistogram: volumeHistogramOf(region, volumeAxis),
    glcm: cooccurrenceOf(levels),
    runs: runsOf(levels),
    zones,
    distances,
    differences: differencesOf(levels),
    dependences: dependencesOf(levels),
  };
  const entries = featureNames.map((name) => {
    const { of, degenerate }: Feature = featureTable[name];
    const value = of(measured);
    return [name, Number.isFinite(value) ? value : degenerate];
  });
  return Object.fromEntries(entries) as Features;
}
