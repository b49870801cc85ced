/**
 * What a hit is worth: the chance that a hit with some score has the query's class, learned from a library's own labelled
 * lesions when each asks for those of the other patients; and how well such chances hold for patients they did not learn from.
 */
import type { Calibration } from '../contract/model.ts';
import { folds, foldsOf } from './folds.ts';
import { bootstraps, intervalOf, patientDraws } from './patientBootstrap.ts';

export interface AnsweredHit {
  readonly patient: string;
  readonly score: number;
  /** Whether it has the query's class. */
  readonly shared: boolean;
}

/** The first hits of one labelled lesion, of each other patient the best, the nearest first. */
export interface Answer {
  readonly patient: string;
  readonly hits: readonly AnsweredHit[];
}

/** The chance at one score, and how many hits of about that score it was learned from. */
interface Knot {
  readonly score: number;
  readonly probability: number;
  readonly pairs: number;
}
/** A knot with what was seen of the hits that it was learned from. */
export interface SeenKnot extends Knot {
  /** The lowest score among them. */
  readonly from: number;
  /** How many of them had the query's class. */
  readonly shared: number;
}

/** Hits of a query that count: as many as a search shows. */
export const depth = 10;
/** Hits to record of a query, so that enough are left when those of one fold's patients are taken out. */
export const recorded = 3 * depth;
/** With fewer pairs of query and hit nothing is said. */
export const fewestPairs = 30;

const mostKnots = 10;
/** Pairs of the base rate that each knot's rate is drawn by, so that few pairs do not make a chance of 0 or 1. */
const shrinkage = 20;

/**
 * The chance as a function of the score, which nowhere falls: isotonic regression (pool adjacent violators: Barlow et al.,
 * 1972) of the rates in up to ten groups of equally many hits. Ascending scores; empty where there are too few pairs.
 */
export function fitCalibration(answers: readonly Answer[]): SeenKnot[] {
  const pairs = answers.flatMap(({ hits }) => hits.slice(0, depth)).sort((a, b) => a.score - b.score);
  if (pairs.length < fewestPairs) return [];
  const base = sharing(pairs) / pairs.length;
  const count = Math.min(mostKnots, Math.floor(pairs.length / fewestPairs));
  const groups = Array.from({ length: count }, (_, at) => {
    const group = pairs.slice(
      Math.floor((at * pairs.length) / count),
      Math.floor(((at + 1) * pairs.length) / count),
    );
    return {
      score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
      from: group[0].score,
      pairs: group.length,
      shared: sharing(group),
      probability: (sharing(group) + base * shrinkage) / (group.length + shrinkage),
    };
  });
  return isotonic(groups);
}

/** Linear between the knots, constant beyond them. */
export function probabilityAt(knots: readonly Knot[], score: number): number {
  const [low, high] = around(knots, score).map((at) => knots[at]);
  const width = high.score - low.score;
  if (width <= 0) return low.probability;
  return low.probability + ((score - low.score) / width) * (high.probability - low.probability);
}

/** What was seen of the hits whose scores are about this one: the group that it falls into, as it was counted. */
export function seenAt(knots: readonly SeenKnot[], score: number): { shared: number; of: number } {
  const { shared, pairs } = knots.findLast(({ from }) => from <= score) ?? knots[0];
  return { shared, of: pairs };
}

/** How many pairs the chances at these scores rest on. */
export function pairsAt(knots: readonly Knot[], scores: readonly number[]): number {
  const used = new Set(scores.flatMap((score) => around(knots, score)));
  return [...used].reduce((sum, at) => sum + knots[at].pairs, 0);
}

/** What was expected of a hit by the experience with other patients, and what it was. */
export interface Prediction {
  /** The query's. */
  readonly patient: string;
  readonly expected: number;
  readonly shared: boolean;
}

/** Cross-fitted: no lesion of the query's fold has taken part in what is expected of its hits, neither as a query nor as a hit. */
export function predictUnseen(answers: readonly Answer[]): Prediction[] {
  const foldOf = foldsOf(answers.map(({ patient }) => patient));
  return Array.from({ length: folds }, (_, fold) => fold).flatMap((fold) => {
    const seen = answers
      .filter(({ patient }) => foldOf.get(patient) !== fold)
      .map(({ patient, hits }) => ({
        patient,
        hits: hits.filter((hit) => foldOf.get(hit.patient) !== fold),
      }));
    const knots = fitCalibration(seen);
    if (knots.length === 0) return [];
    return answers
      .filter(({ patient }) => foldOf.get(patient) === fold)
      .flatMap(({ patient, hits }) =>
        hits
          .slice(0, depth)
          .map(({ score, shared }) => ({ patient, expected: probabilityAt(knots, score), shared })),
      );
  });
}

const binCount = 5;

/**
 * Expected beside observed in five bins of equally many hits, by rising expectation, with the weighted mean of their distances.
 * Intervals: 2,000 seeded bootstraps by the queries' patients, the bins as they are. A distance cannot fall below 0, so the
 * interval of the mean lies higher than its value. Undefined with fewer than 30 predictions.
 */
export function reliability(predictions: readonly Prediction[]): Calibration | undefined {
  if (predictions.length < fewestPairs) return undefined;
  const sorted = [...predictions].sort((a, b) => a.expected - b.expected);
  const patients = new Map([...new Set(sorted.map(({ patient }) => patient))].map((name, at) => [name, at]));
  // Hits, the sum of what was expected of them, and how many were as hoped: for each patient and bin.
  const width = 3 * binCount;
  const cells = new Float64Array(patients.size * width);
  const range = Array.from({ length: binCount }, () => ({ lo: 1, hi: 0 }));
  for (const [at, { patient, expected, shared }] of sorted.entries()) {
    const bin = Math.floor((at * binCount) / sorted.length);
    const cell = (patients.get(patient) ?? 0) * width + 3 * bin;
    cells[cell]++;
    cells[cell + 1] += expected;
    cells[cell + 2] += shared ? 1 : 0;
    range[bin].lo = Math.min(range[bin].lo, expected);
    range[bin].hi = Math.max(range[bin].hi, expected);
  }
  const value = binsOf(cells, new Uint32Array(patients.size).fill(1));
  const samples = value.map(() => new Float64Array(bootstraps));
  const errors = new Float64Array(bootstraps);
  let b = 0;
  for (const drawn of patientDraws(patients.size, 'calibration')) {
    const bins = binsOf(cells, drawn);
    for (const [bin, { observed }] of bins.entries()) samples[bin][b] = observed;
    errors[b] = meanError(bins);
    b++;
  }
  return {
    bins: value.map(({ n, expected, observed }, bin) => {
      // A bin of which no patient was drawn has no rate then.
      const { lo, hi } = intervalOf(observed, samples[bin]);
      return { ...range[bin], n, expected, observed, lo95: lo, hi95: hi };
    }),
    ece: intervalOf(meanError(value), errors),
  };
}

interface Bin {
  readonly n: number;
  readonly expected: number;
  readonly observed: number;
}

function binsOf(cells: Float64Array, drawn: Uint32Array): Bin[] {
  const sums = new Float64Array(3 * binCount);
  for (const [patient, times] of drawn.entries()) {
    if (times === 0) continue;
    for (let at = 0; at < sums.length; at++) sums[at] += times * cells[patient * sums.length + at];
  }
  return Array.from({ length: binCount }, (_, bin) => {
    const [n, expected, observed] = sums.subarray(3 * bin, 3 * bin + 3);
    return { n, expected: expected / n, observed: observed / n };
  });
}

function meanError(bins: readonly Bin[]): number {
  const filled = bins.filter(({ n }) => n > 0);
  const total = filled.reduce((sum, { n }) => sum + n, 0);
  return (
    filled.reduce((sum, { n, expected, observed }) => sum + n * Math.abs(expected - observed), 0) / total
  );
}

function sharing(hits: readonly AnsweredHit[]): number {
  return hits.filter(({ shared }) => shared).length;
}

/** Neighbours whose chances fall get their common mean, weighted by their pairs. */
function isotonic<T extends Knot>(groups: readonly T[]): T[] {
  const blocks: { probability: number; pairs: number; groups: number }[] = [];
  for (const { probability, pairs } of groups) {
    let block = { probability, pairs, groups: 1 };
    for (let last = blocks.at(-1); last && last.probability > block.probability; last = blocks.at(-1)) {
      blocks.pop();
      const both = last.pairs + block.pairs;
      block = {
        probability: (last.probability * last.pairs + block.probability * block.pairs) / both,
        pairs: both,
        groups: last.groups + block.groups,
      };
    }
    blocks.push(block);
  }
  const smoothed = blocks.flatMap((block) => Array.from({ length: block.groups }, () => block.probability));
  return groups.map((group, at) => ({ ...group, probability: smoothed[at] }));
}

/** The places of the knots between which a score lies; twice the same beyond the first and the last. */
function around(knots: readonly Knot[], score: number): [number, number] {
  const above = knots.findIndex((knot) => knot.score >= score);
  if (above < 0) return [knots.length - 1, knots.length - 1];
  return [Math.max(0, above - 1), above];
}
