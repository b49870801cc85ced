/** Discretises the intensities of a region into grey levels 1, 2, … (IBSI reference manual, section 2.7). */
import type { Vec3 } from '../volume/volume.ts';
import type { Region } from './region.ts';

/** Bins of a fixed width in HU that begin at `from`, or a fixed number of them between the region's extremes. */
export type Discretisation = { readonly width: number; readonly from: number } | { readonly bins: number };

export interface Levels {
  readonly dims: Vec3;
  /** The grey level at every point of the region's grid; 0 outside of its intensity mask. */
  readonly levels: Uint16Array;
  readonly points: Int32Array;
  /** The highest level there is. */
  readonly count: number;
}

export function levelsOf({ dims, values, points }: Region, discretisation: Discretisation): Levels {
  const levels = new Uint16Array(values.length);
  const binOf = binning(values, points, discretisation);
  let count = 0;
  for (const at of points) {
    const level = binOf(values[at]);
    levels[at] = level;
    if (level > count) count = level;
  }
  return { dims, levels, points, count };
}

/** The level of an intensity. The greatest of a fixed number of bins takes in its upper end. */
export function binning(
  values: Float32Array,
  points: Int32Array,
  discretisation: Discretisation,
): (value: number) => number {
  if ('width' in discretisation) {
    const { width, from } = discretisation;
    return (value) => Math.floor((value - from) / width) + 1;
  }
  const { bins } = discretisation;
  const [low, high] = extremes(values, points);
  return (value) => (value < high ? Math.floor((bins * (value - low)) / (high - low)) + 1 : bins);
}

/** The least and the greatest intensity of the points. */
export function extremes(values: Float32Array, points: Int32Array): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const at of points) {
    if (values[at] < low) low = values[at];
    if (values[at] > high) high = values[at];
  }
  return [low, high];
}
