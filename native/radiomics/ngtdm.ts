/** Neighbourhood grey tone difference features (IBSI IPET; Amadasun and King, IEEE TSMC 19, 1989), over 26 neighbours. */
import type { Feature } from './feature.ts';
import type { Levels } from './levels.ts';
import { neighbours } from './neighbours.ts';

export interface DifferenceMatrix {
  /** Of each level that occurs: its share p, and s, the sum of |i − mean of the neighbours| over its points. */
  readonly cells: readonly { readonly level: number; readonly p: number; readonly s: number }[];
  /** How many points have neighbours. */
  readonly total: number;
}

export function differencesOf({ dims, levels, points, count }: Levels): DifferenceMatrix {
  const n = new Float64Array(count + 1);
  const s = new Float64Array(count + 1);
  const steps = neighbours(dims);
  let total = 0;
  for (const at of points) {
    let sum = 0;
    let beside = 0;
    for (const step of steps) {
      const level = levels[at + step];
      if (level === 0) continue;
      sum += level;
      beside++;
    }
    if (beside === 0) continue;
    total++;
    n[levels[at]]++;
    s[levels[at]] += Math.abs(levels[at] - sum / beside);
  }
  const cells = Array.from(n, (times, level) => ({ level, p: times / total, s: s[level] }));
  return { cells: cells.filter(({ p }) => p > 0), total };
}

type Cell = DifferenceMatrix['cells'][number];

const sum = ({ cells }: DifferenceMatrix, of: (cell: Cell) => number) =>
  cells.reduce((total, cell) => total + of(cell), 0);
const sumOfPairs = (m: DifferenceMatrix, of: (a: Cell, b: Cell) => number) =>
  sum(m, (a) => sum(m, (b) => of(a, b)));

function contrast(m: DifferenceMatrix): number {
  const levels = m.cells.length;
  const spread = sumOfPairs(m, (a, b) => a.p * b.p * (a.level - b.level) ** 2) / (levels * (levels - 1));
  return (spread * sum(m, ({ s }) => s)) / m.total;
}

function complexity(m: DifferenceMatrix): number {
  const pairs = sumOfPairs(
    m,
    (a, b) => (Math.abs(a.level - b.level) * (a.p * a.s + b.p * b.s)) / (a.p + b.p),
  );
  return pairs / m.total;
}

const row = (
  code: string,
  what: string,
  formula: (matrix: DifferenceMatrix) => number,
  degenerate = 0,
): Feature => ({
  code,
  family: 'NGTDM',
  unit: '1',
  what,
  of: ({ differences }) => formula(differences),
  degenerate,
});

export const differenceFeatures = {
  // The definition itself gives a region without differences this coarseness.
  ngt_coarseness: row('QCDE', '1 / Σ p s', (m) => 1 / sum(m, ({ p, s }) => p * s), 1e6),
  ngt_contrast: row('65HE', 'ΣΣ p p′ (i − j)² / (n (n − 1)) · Σ s / N, n levels', contrast),
  ngt_busyness: row(
    'NQ30',
    'Σ p s / ΣΣ |i p − j p′|',
    (m) => sum(m, ({ p, s }) => p * s) / sumOfPairs(m, (a, b) => Math.abs(a.level * a.p - b.level * b.p)),
  ),
  ngt_complexity: row('HDEZ', 'ΣΣ |i − j| (p s + p′ s′) / (p + p′) / N', complexity),
  ngt_strength: row(
    '1X9X',
    'ΣΣ (p + p′) (i − j)² / Σ s',
    (m) => sumOfPairs(m, (a, b) => (a.p + b.p) * (a.level - b.level) ** 2) / sum(m, ({ s }) => s),
  ),
} as const;
