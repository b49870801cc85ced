/** What the distances between slices say: whether they are even, lack slices, or belong to several volumes. */
import { positionRoundingMm } from './sliceGeometry.ts';

/** A distance between neighbours may differ from the median by this part of it, or by the rounding of a position. */
const spacingTolerance = 0.01;
/** A gap of more than this many median spacings is not bridged: what lay there cannot be guessed from its ends. */
const widestBridge = 3;

/** The distances between neighbours of ascending positions. */
export function gapsOf(distances: readonly number[]): number[] {
  return distances.slice(1).map((d, n) => d - distances[n]);
}

export function medianGap(gaps: readonly number[]): number {
  return [...gaps].sort((a, b) => a - b)[(gaps.length - 1) >> 1];
}

export function toleranceOf(median: number): number {
  return Math.max(spacingTolerance * median, positionRoundingMm);
}

/** Whether all distances between ascending positions are the same. */
export function isRegular(distances: readonly number[]): boolean {
  const gaps = gapsOf(distances);
  const median = medianGap(gaps);
  return gaps.every((gap) => Math.abs(gap - median) <= toleranceOf(median));
}

/** Slices from `begin` up to and without `end`. */
export interface Run {
  readonly begin: number;
  readonly end: number;
}

/**
 * Parts ascending positions where a gap is too wide to be bridged. Neighbouring wide gaps are not parts but a stretch
 * with wider spacing (thick slices after thin ones), which is a run of its own and judged by its own median.
 */
export function runsOf(distances: readonly number[], offset = 0): Run[] {
  const gaps = gapsOf(distances);
  const median = medianGap(gaps);
  const widest = widestBridge * median + toleranceOf(median);
  const pieces: { begin: number; end: number; stretch: boolean }[] = [];
  let begin = 0;
  for (let end = 1; end <= distances.length; end++) {
    if (end < distances.length && !(gaps[end - 1] > widest)) continue;
    const stretch = end - begin === 1;
    const last = pieces.at(-1);
    if (stretch && last?.stretch) last.end = end;
    else pieces.push({ begin, end, stretch });
    begin = end;
  }
  // A stretch has fewer than half of the slices, since half of all gaps are not wider than the median: this ends soon.
  return pieces.flatMap(({ begin: from, end: to, stretch }) =>
    stretch && to - from > 2
      ? runsOf(distances.slice(from, to), offset + from)
      : [{ begin: offset + from, end: offset + to }],
  );
}
