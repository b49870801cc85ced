/** Grey level co-occurrence features (IBSI LFYI): one matrix over all 13 directions at a distance of 1 (IAZD). */
import type { Feature } from './feature.ts';
import type { Levels } from './levels.ts';
import { directions } from './neighbours.ts';

export interface CooccurrenceMatrix {
  /** Levels, the side of the matrix. */
  readonly n: number;
  /** p(i, j) = joint[(i − 1)·n + j − 1]: symmetric, the sum is 1. */
  readonly joint: Float64Array;
  /** p(i) = marginal[i − 1]. */
  readonly marginal: Float64Array;
  /** Of |i − j| from 0, and of i + j from 0. */
  readonly difference: Float64Array;
  readonly sum: Float64Array;
  /** Mean of p(i). */
  readonly mean: number;
}

/** Without any two points beside each other every point stands beside itself. */
export function cooccurrenceOf({ dims, levels, points, count: n }: Levels): CooccurrenceMatrix {
  const joint = new Float64Array(n * n);
  const steps = directions(dims);
  let pairs = 0;
  for (const at of points) {
    const row = (levels[at] - 1) * n - 1;
    for (const step of steps) {
      const other = levels[at + step];
      if (other === 0) continue;
      joint[row + other]++;
      pairs++;
    }
  }
  if (pairs === 0) for (const at of points) joint[(levels[at] - 1) * (n + 1)]++;
  const total = 2 * (pairs || points.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const share = (joint[i * n + j] + joint[j * n + i]) / total;
      joint[i * n + j] = share;
      joint[j * n + i] = share;
    }
  }
  const marginal = new Float64Array(n);
  const difference = new Float64Array(n);
  const sum = new Float64Array(2 * n + 1);
  let mean = 0;
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < n; j++, at++) {
      marginal[i] += joint[at];
      difference[Math.abs(i - j)] += joint[at];
      sum[i + j + 2] += joint[at];
    }
    mean += (i + 1) * marginal[i];
  }
  return { n, joint, marginal, difference, sum, mean };
}

/** Σ f(i, j) p(i, j). */
function over({ n, joint }: CooccurrenceMatrix, of: (i: number, j: number, p: number) => number): number {
  let total = 0;
  for (let i = 1, at = 0; i <= n; i++) {
    for (let j = 1; j <= n; j++, at++) if (joint[at] > 0) total += joint[at] * of(i, j, joint[at]);
  }
  return total;
}

/** Σ f(k) p(k). */
function along(shares: Float64Array, of: (k: number, p: number) => number): number {
  let total = 0;
  for (let k = 0; k < shares.length; k++) if (shares[k] > 0) total += shares[k] * of(k, shares[k]);
  return total;
}

const meanOf = (shares: Float64Array) => along(shares, (k) => k);
const entropyOf = (shares: Float64Array) => along(shares, (_, p) => -Math.log2(p));
function varianceOf(shares: Float64Array): number {
  const mean = meanOf(shares);
  return along(shares, (k) => (k - mean) ** 2);
}

/** The moment of i + j − 2μ. */
const cluster = ({ sum, mean }: CooccurrenceMatrix, power: number) =>
  along(sum, (k) => (k - 2 * mean) ** power);

function correlation(m: CooccurrenceMatrix): number {
  const variance = over(m, (i) => (i - m.mean) ** 2);
  return over(m, (i, j) => (i - m.mean) * (j - m.mean)) / variance;
}

const entropies = (m: CooccurrenceMatrix) => ({
  joint: over(m, (_i, _j, p) => -Math.log2(p)),
  marginal: entropyOf(m.marginal),
});

/** HXY1 and HXY2 of the definition are both twice the marginal's entropy, because the matrix is symmetric. */
function firstInformation(m: CooccurrenceMatrix): number {
  const { joint, marginal } = entropies(m);
  return (joint - 2 * marginal) / marginal;
}

function secondInformation(m: CooccurrenceMatrix): number {
  const { joint, marginal } = entropies(m);
  return Math.sqrt(1 - Math.exp(-2 * Math.max(0, 2 * marginal - joint)));
}

const row = (
  code: string,
  unit: string,
  what: string,
  formula: (matrix: CooccurrenceMatrix) => number,
  degenerate = 0,
): Feature => ({ code, family: 'GLCM', unit, what, of: ({ glcm }) => formula(glcm), degenerate });

export const cooccurrenceFeatures = {
  cm_joint_max: row('GYBY', '1', 'greatest p(i, j)', (m) => m.joint.reduce((most, p) => Math.max(most, p))),
  cm_joint_avg: row('60VM', 'level', 'μ = Σ i p(i, j)', (m) => m.mean),
  cm_joint_var: row('UR99', 'level²', 'Σ (i − μ)² p(i, j)', (m) => over(m, (i) => (i - m.mean) ** 2)),
  cm_joint_entr: row('TU9B', 'bit', '−Σ p(i, j) log₂ p(i, j)', (m) => entropies(m).joint),
  cm_diff_avg: row('TF7R', 'level', 'mean of k = |i − j|', (m) => meanOf(m.difference)),
  cm_diff_var: row('D3YU', 'level²', 'variance of |i − j|', (m) => varianceOf(m.difference)),
  cm_diff_entr: row('NTRS', 'bit', 'entropy of |i − j|', (m) => entropyOf(m.difference)),
  cm_sum_avg: row('ZGXS', 'level', 'mean of i + j', (m) => meanOf(m.sum)),
  cm_sum_var: row('OEEB', 'level²', 'variance of i + j', (m) => varianceOf(m.sum)),
  cm_sum_entr: row('P6QZ', 'bit', 'entropy of i + j', (m) => entropyOf(m.sum)),
  cm_energy: row('8ZQL', '1', 'Σ p(i, j)²', (m) => over(m, (_i, _j, p) => p)),
  cm_contrast: row('ACUI', 'level²', 'Σ (i − j)² p(i, j)', (m) => over(m, (i, j) => (i - j) ** 2)),
  cm_dissimilarity: row('8S9J', 'level', 'Σ |i − j| p(i, j)', (m) => over(m, (i, j) => Math.abs(i - j))),
  cm_inv_diff: row('IB1Z', '1', 'Σ p(i, j) / (1 + |i − j|)', (m) =>
    over(m, (i, j) => 1 / (1 + Math.abs(i - j))),
  ),
  cm_inv_diff_norm: row('NDRX', '1', 'Σ p(i, j) / (1 + |i − j| / N), N levels', (m) =>
    over(m, (i, j) => 1 / (1 + Math.abs(i - j) / m.n)),
  ),
  cm_inv_diff_mom: row('WF0Z', '1', 'Σ p(i, j) / (1 + (i − j)²)', (m) =>
    over(m, (i, j) => 1 / (1 + (i - j) ** 2)),
  ),
  cm_inv_diff_mom_norm: row('1QCO', '1', 'Σ p(i, j) / (1 + (i − j)² / N²)', (m) =>
    over(m, (i, j) => 1 / (1 + ((i - j) / m.n) ** 2)),
  ),
  cm_inv_var: row('E8JP', '1', 'Σ p(i, j) / (i − j)² over i ≠ j', (m) =>
    over(m, (i, j) => (i === j ? 0 : 1 / (i - j) ** 2)),
  ),
  cm_corr: row('NI2N', '1', 'Σ (i − μ)(j − μ) p(i, j) / σ²', correlation, 1),
  cm_auto_corr: row('QWB0', 'level²', 'Σ i j p(i, j)', (m) => over(m, (i, j) => i * j)),
  cm_clust_tend: row('DG8W', 'level²', 'Σ (i + j − 2μ)² p(i, j)', (m) => cluster(m, 2)),
  cm_clust_shade: row('7NFM', 'level³', 'Σ (i + j − 2μ)³ p(i, j)', (m) => cluster(m, 3)),
  cm_clust_prom: row('AE86', 'level⁴', 'Σ (i + j − 2μ)⁴ p(i, j)', (m) => cluster(m, 4)),
  cm_info_corr1: row('R8DG', '1', '(H(i, j) − 2 H(i)) / H(i), H entropies', firstInformation),
  cm_info_corr2: row('JN9H', '1', '√(1 − exp(−2 (2 H(i) − H(i, j))))', secondInformation),
} as const;
