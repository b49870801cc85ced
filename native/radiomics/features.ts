/** The table of features, and all of them of one region. A new feature is a row in its family's file. */

import { dependencesOf } from './dependences.ts';
import type { Feature, Measured } from './feature.ts';
import { cooccurrenceFeatures, cooccurrenceOf } from './glcm.ts';
import { histogramFeatures, histogramOf } from './histogram.ts';
import { type Discretisation, levelsOf } from './levels.ts';
import { differenceFeatures, differencesOf } from './ngtdm.ts';
import { once } from './once.ts';
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

interface Configuration {
  readonly discretisation: Discretisation;
  readonly volumeAxis: VolumeAxis;
}

/**
 * The named features of a region whose intensity mask has at least one point; every value is finite. Only what they are computed
 * from is measured: a few features take a fraction of the time of all.
 */
export function featuresOf<N extends FeatureName>(
  region: Region,
  configuration: Configuration,
  names: readonly N[],
): Readonly<Record<N, number>> {
  const measured = measuredOf(region, configuration);
  const entries = names.map((name) => {
    const { of, degenerate }: Feature = featureTable[name];
    const value = of(measured);
    return [name, Number.isFinite(value) ? value : degenerate];
  });
  return Object.fromEntries(entries) as Record<N, number>;
}

function measuredOf(region: Region, { discretisation, volumeAxis }: Configuration): Measured {
  const levels = once(() => levelsOf(region, discretisation));
  const joined = once(() => zonesOf(levels(), region.shape));
  const shape = once(() => shapeOf(region));
  const intensities = once(() => sampleOf(intensitiesOf(region)));
  const histogram = once(() => histogramOf(levels()));
  const volumeHistogram = once(() => volumeHistogramOf(region, volumeAxis));
  const glcm = once(() => cooccurrenceOf(levels()));
  const runs = once(() => runsOf(levels()));
  const differences = once(() => differencesOf(levels()));
  const dependences = once(() => dependencesOf(levels()));
  return {
    get shape() {
      return shape();
    },
    get intensities() {
      return intensities();
    },
    get histogram() {
      return histogram();
    },
    get volumeHistogram() {
      return volumeHistogram();
    },
    get glcm() {
      return glcm();
    },
    get runs() {
      return runs();
    },
    get zones() {
      return joined().zones;
    },
    get distances() {
      return joined().distances;
    },
    get differences() {
      return differences();
    },
    get dependences() {
      return dependences();
    },
  };
}

function intensitiesOf({ points, values }: Region): Float64Array {
  const intensities = new Float64Array(points.length);
  for (let n = 0; n < points.length; n++) intensities[n] = values[points[n]];
  return intensities;
}
