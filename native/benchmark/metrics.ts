/**
 * Figures of one query: precision at k, average precision and their kin, for a ranking that is known exactly or only up to
 * ties. A ranking is a list of tie groups; within a group every order is equally likely and the expectation is taken.
 */
import type { MetricName } from '../contract/model.ts';

/** Lesions that share a place in the ranking, and how many of them are relevant. */
export interface TieGroup {
  readonly size: number;
  readonly relevant: number;
}

/** The figures of one query; macro-p@5 is a mean over classes and exists only for many queries. */
export type QueryFigures = Readonly<Record<Exclude<MetricName, 'macro-p@5'>, number>>;

/** map@5 looks at this many hits, as published for AdrenalMNIST3D. */
const mapDepth = 5;

/**
 * The figures of a ranking without ties, `relevance` in ranked order (1 relevant, 0 not) over the whole gallery.
 * p@k divides by k even when fewer hits exist; ap divides by all relevant items; map@5 by the relevant hits inside the
 * first five and is 0 when there are none; acc@1 is p@1 under its published name. At least one item is relevant.
 */
export function rankedFigures(relevance: Uint8Array): QueryFigures {
  let seen = 0;
  let sum = 0;
  let early = 0;
  let earlySeen = 0;
  const upTo: Record<number, number> = { 1: 0, 3: 0, 5: 0, 10: 0 };
  for (const [i, relevant] of relevance.entries()) {
    if (relevant === 0) continue;
    seen++;
    sum += seen / (i + 1);
    for (const k of [1, 3, 5, 10]) if (i < k) upTo[k]++;
    if (i < mapDepth) {
      early = sum;
      earlySeen = seen;
    }
  }
  return {
    'p@1': upTo[1],
    'p@3': upTo[3] / 3,
    'p@5': upTo[5] / 5,
    'p@10': upTo[10] / 10,
    'acc@1': upTo[1],
    'map@5': earlySeen === 0 ? 0 : early / earlySeen,
    ap: sum / seen,
  };
}

/**
 * The expected figures of a ranking with ties, in closed form (McSherry and Najork, "Computing information retrieval
 * performance measures efficiently in the presence of tied scores", ECIR 2008). One group of the whole gallery is the
 * random ranking. At least one item is relevant.
 */
export function expectedFigures(groups: readonly TieGroup[]): QueryFigures {
  const first = expectedPrecision(groups, 1);
  return {
    'p@1': first,
    'p@3': expectedPrecision(groups, 3),
    'p@5': expectedPrecision(groups, 5),
    'p@10': expectedPrecision(groups, 10),
    'acc@1': first,
    'map@5': expectedMap(groups, mapDepth),
    ap: expectedAp(groups),
  };
}

/** The expected number of relevant items among the first k places, divided by k. */
export function expectedPrecision(groups: readonly TieGroup[], k: number): number {
  let before = 0;
  let relevant = 0;
  for (const group of groups) {
    if (before >= k) break;
    if (group.size > 0) relevant += (Math.min(group.size, k - before) * group.relevant) / group.size;
    before += group.size;
  }
  return relevant / k;
}

/**
 * The i-th place of a group (i from 1) after `before` places with `seen` relevant ones is relevant with probability r/n and
 * then has (i − 1)(r − 1)/(n − 1) relevant ones of its group before it; its precision is (seen + 1 + that) / (before + i).
 */
function expectedAp(groups: readonly TieGroup[]): number {
  let before = 0;
  let seen = 0;
  let sum = 0;
  for (const { size: n, relevant: r } of groups) {
    if (r > 0) {
      const reciprocals = harmonic(before + n) - harmonic(before);
      const others = n > 1 ? ((r - 1) / (n - 1)) * (n - (before + 1) * reciprocals) : 0;
      sum += (r / n) * ((seen + 1) * reciprocals + others);
    }
    before += n;
    seen += r;
  }
  return sum / seen;
}

/**
 * The expected average precision within the first `depth` places, divided by the relevant items among them, 0 without any:
 * every pattern of these places with its probability, at most 2 to the power of `depth`. What follows `depth` is the pattern so far.
 */
export function expectedMap(
  groups: readonly TieGroup[],
  depth: number,
  at = 0,
  takenOfGroup = 0,
  relevantOfGroup = 0,
  place = 0,
  seen = 0,
  sum = 0,
): number {
  while (at < groups.length && takenOfGroup === groups[at].size) {
    at++;
    takenOfGroup = 0;
    relevantOfGroup = 0;
  }
  if (place === depth || at === groups.length) return seen === 0 ? 0 : sum / seen;
  const left = groups[at].size - takenOfGroup;
  const chance = (groups[at].relevant - relevantOfGroup) / left;
  const next = (relevant: 0 | 1) =>
    expectedMap(
      groups,
      depth,
      at,
      takenOfGroup + 1,
      relevantOfGroup + relevant,
      place + 1,
      seen + relevant,
      sum + (relevant === 0 ? 0 : (seen + 1) / (place + 1)),
    );
  return (chance > 0 ? chance * next(1) : 0) + (chance < 1 ? (1 - chance) * next(0) : 0);
}

const harmonics: number[] = [0];

/** 1 + 1/2 + … + 1/n. */
function harmonic(n: number): number {
  for (let i = harmonics.length; i <= n; i++) harmonics.push(harmonics[i - 1] + 1 / i);
  return harmonics[n];
}
