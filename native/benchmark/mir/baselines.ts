/** What 3D-MIR's figures are held against: a random order, the most frequent class first, and the nearest size. */
import { expectedFigures, expectedMap, expectedPrecision, type TieGroup } from '../metrics.ts';
import { type MirFigures, mirDepth } from './metrics.ts';

export type Arithmetic = 'released' | 'corrected';

/** The figures of a ranking that is known up to ties, as the mean over all orders of what is tied; see `metrics.ts`. */
export function expectedMirFigures(groups: readonly TieGroup[]): Readonly<Record<Arithmetic, MirFigures>> {
  const size = groups.reduce((sum, group) => sum + group.size, 0);
  const relevant = groups.reduce((sum, group) => sum + group.relevant, 0);
  if (relevant === 0) return { released: nothing, corrected: nothing };
  const { 'p@3': p3, 'p@5': p5, 'p@10': p10, ap } = expectedFigures(groups);
  const overRanks = (k: number) => (expectedPrecision(groups, k) * k) / Math.min(k, size);
  const ranks = Math.min(mirDepth, size);
  return {
    released: {
      'p@3': overRanks(3),
      'p@5': overRanks(5),
      'p@10': (overRanks(mirDepth) * ranks + overRanks(5)) / (ranks + 1),
      ap: expectedMap(groups, mirDepth),
    },
    corrected: { 'p@3': p3, 'p@5': p5, 'p@10': p10, ap },
  };
}

const nothing: MirFigures = { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: 0 };

/** Everything tied. */
export function randomOrder(relevance: readonly boolean[]): TieGroup[] {
  return [{ size: relevance.length, relevant: relevance.filter(Boolean).length }];
}

/** The gallery by falling frequency of its classes; items of equally frequent classes are tied. */
export function majorityOrder(classes: readonly string[], relevance: readonly boolean[]): TieGroup[] {
  const members = Map.groupBy(classes.keys(), (at) => classes[at]);
  const byFrequency = Map.groupBy(members.values(), ({ length }) => length);
  return [...byFrequency]
    .sort(([a], [b]) => b - a)
    .map(([, tied]) => tied.flat())
    .map((items) => ({ size: items.length, relevant: items.filter((at) => relevance[at]).length }));
}

/** The gallery by the distance of its sizes to the query's; equal distances are tied. */
export function sizeOrder(
  sizes: readonly number[],
  query: number,
  relevance: readonly boolean[],
): TieGroup[] {
  const byDistance = Map.groupBy(sizes.keys(), (at) => Math.abs(sizes[at] - query));
  return [...byDistance]
    .sort(([a], [b]) => a - b)
    .map(([, items]) => ({ size: items.length, relevant: items.filter((at) => relevance[at]).length }));
}
