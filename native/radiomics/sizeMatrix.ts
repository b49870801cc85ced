/**
 * Features of matrices that count how often a grey level comes with a size: runs by length (GLRLM), zones by size (GLSZM) or
 * by distance (GLDZM), points by dependence (NGLDM). The families share their formulas and have names of their own.
 */
import type { Family, Feature, Measured } from './feature.ts';

export interface SizeMatrix {
  /** How often a level (first index) comes with a size (second index), both from 1. */
  readonly cells: readonly { readonly level: number; readonly size: number; readonly count: number }[];
  /** Σ count. */
  readonly total: number;
  /** How many there could be: of zones as many as points. */
  readonly possible: number;
}

/** Counts pairs of level and size one by one. */
export class SizeCounter {
  readonly #counts: number[][] = [];

  add(level: number, size: number): void {
    this.#counts[level] ??= [];
    const sizes = this.#counts[level];
    sizes[size] = (sizes[size] ?? 0) + 1;
  }

  matrix(possible: number): SizeMatrix {
    const cells: SizeMatrix['cells'][number][] = [];
    let total = 0;
    // Not by length: sizes are few and far between.
    this.#counts.forEach((sizes, level) => {
      sizes.forEach((count, size) => {
        cells.push({ level, size, count });
        total += count;
      });
    });
    return { cells, total, possible };
  }
}

/** The mean of a function over all counted. */
function mean({ cells, total }: SizeMatrix, of: (level: number, size: number) => number): number {
  let sum = 0;
  for (const { level, size, count } of cells) sum += count * of(level, size);
  return sum / total;
}

function variance(matrix: SizeMatrix, of: (level: number, size: number) => number): number {
  const centre = mean(matrix, of);
  return mean(matrix, (level, size) => (of(level, size) - centre) ** 2);
}

/** Σ n² over the levels or the sizes, n how many have it. */
function squares({ cells }: SizeMatrix, by: 'level' | 'size'): number {
  const counts = new Map<number, number>();
  for (const cell of cells) counts.set(cell[by], (counts.get(cell[by]) ?? 0) + cell.count);
  return counts.values().reduce((sum, n) => sum + n * n, 0);
}

const overShares = (m: SizeMatrix, of: (share: number) => number) =>
  m.cells.reduce((sum, { count }) => sum + of(count / m.total), 0);

/** In the order of the codes in the table of families. `i` level, `j` size, N their number, p the share of one cell. */
const formulas = [
  { what: 'mean of 1/j²', unit: '1', of: (m) => mean(m, (_, j) => 1 / (j * j)) },
  { what: 'mean of j²', unit: '1', of: (m) => mean(m, (_, j) => j * j) },
  { what: 'mean of 1/i²', unit: '1', of: (m) => mean(m, (i) => 1 / (i * i)) },
  { what: 'mean of i²', unit: 'level²', of: (m) => mean(m, (i) => i * i) },
  { what: 'mean of 1/(i² j²)', unit: '1', of: (m) => mean(m, (i, j) => 1 / (i * i * j * j)) },
  { what: 'mean of i²/j²', unit: 'level²', of: (m) => mean(m, (i, j) => (i * i) / (j * j)) },
  { what: 'mean of j²/i²', unit: '1', of: (m) => mean(m, (i, j) => (j * j) / (i * i)) },
  { what: 'mean of i² j²', unit: 'level²', of: (m) => mean(m, (i, j) => i * i * j * j) },
  { what: 'Σ n(i)² / N', unit: '1', of: (m) => squares(m, 'level') / m.total },
  { what: 'Σ n(i)² / N²', unit: '1', of: (m) => squares(m, 'level') / m.total ** 2 },
  { what: 'Σ n(j)² / N', unit: '1', of: (m) => squares(m, 'size') / m.total },
  { what: 'Σ n(j)² / N²', unit: '1', of: (m) => squares(m, 'size') / m.total ** 2 },
  { what: 'N / how many there could be', unit: '1', of: (m) => m.total / m.possible },
  { what: 'variance of i', unit: 'level²', of: (m) => variance(m, (i) => i) },
  { what: 'variance of j', unit: '1', of: (m) => variance(m, (_, j) => j) },
  { what: '−Σ p log₂ p', unit: 'bit', of: (m) => overShares(m, (p) => -p * Math.log2(p)) },
  { what: 'Σ p²', unit: '1', of: (m) => overShares(m, (p) => p * p) },
] as const satisfies readonly { what: string; unit: string; of: (matrix: SizeMatrix) => number }[];

/** Names and codes stand in the order of the formulas. */
function features<N extends string>(
  family: Family,
  matrix: (measured: Measured) => SizeMatrix,
  rows: readonly (readonly [name: N, code: string])[],
): Record<N, Feature> {
  const made = rows.map(([name, code], n): [N, Feature] => {
    const { what, unit, of } = formulas[n];
    return [name, { code, family, unit, what, of: (measured) => of(matrix(measured)), degenerate: 0 }];
  });
  return Object.fromEntries(made) as Record<N, Feature>;
}

export const sizeFeatures = {
  ...features('GLRLM', (m) => m.runs, [
    ['rlm_sre', '22OV'],
    ['rlm_lre', 'W4KF'],
    ['rlm_lgre', 'V3SW'],
    ['rlm_hgre', 'G3QZ'],
    ['rlm_srlge', 'HTZT'],
    ['rlm_srhge', 'GD3A'],
    ['rlm_lrlge', 'IVPO'],
    ['rlm_lrhge', '3KUM'],
    ['rlm_glnu', 'R5YN'],
    ['rlm_glnu_norm', 'OVBL'],
    ['rlm_rlnu', 'W92Y'],
    ['rlm_rlnu_norm', 'IC23'],
    ['rlm_r_perc', '9ZK5'],
    ['rlm_gl_var', '8CE5'],
    ['rlm_rl_var', 'SXLW'],
    ['rlm_rl_entr', 'HJ9O'],
  ]),
  ...features('GLSZM', (m) => m.zones, [
    ['szm_sze', '5QRC'],
    ['szm_lze', '48P8'],
    ['szm_lgze', 'XMSY'],
    ['szm_hgze', '5GN9'],
    ['szm_szlge', '5RAI'],
    ['szm_szhge', 'HW1V'],
    ['szm_lzlge', 'YH51'],
    ['szm_lzhge', 'J17V'],
    ['szm_glnu', 'JNSA'],
    ['szm_glnu_norm', 'Y1RO'],
    ['szm_zsnu', '4JP3'],
    ['szm_zsnu_norm', 'VB3A'],
    ['szm_z_perc', 'P30P'],
    ['szm_gl_var', 'BYLV'],
    ['szm_zs_var', '3NSA'],
    ['szm_zs_entr', 'GU8N'],
  ]),
  ...features('GLDZM', (m) => m.distances, [
    ['dzm_sde', '0GBI'],
    ['dzm_lde', 'MB4I'],
    ['dzm_lgze', 'S1RA'],
    ['dzm_hgze', 'K26C'],
    ['dzm_sdlge', 'RUVG'],
    ['dzm_sdhge', 'DKNJ'],
    ['dzm_ldlge', 'A7WM'],
    ['dzm_ldhge', 'KLTH'],
    ['dzm_glnu', 'VFT7'],
    ['dzm_glnu_norm', '7HP3'],
    ['dzm_zdnu', 'V294'],
    ['dzm_zdnu_norm', 'IATH'],
    ['dzm_z_perc', 'VIWW'],
    ['dzm_gl_var', 'QK93'],
    ['dzm_zd_var', '7WT1'],
    ['dzm_zd_entr', 'GBDU'],
  ]),
  ...features('NGLDM', (m) => m.dependences, [
    ['ngl_lde', 'SODN'],
    ['ngl_hde', 'IMOQ'],
    ['ngl_lgce', 'TL9H'],
    ['ngl_hgce', 'OAE7'],
    ['ngl_ldlge', 'EQ3F'],
    ['ngl_ldhge', 'JA6D'],
    ['ngl_hdlge', 'NBZI'],
    ['ngl_hdhge', '9QMG'],
    ['ngl_glnu', 'FP8K'],
    ['ngl_glnu_norm', '5SPA'],
    ['ngl_dcnu', 'Z87G'],
    ['ngl_dcnu_norm', 'OKJI'],
    ['ngl_dc_perc', '6XV8'],
    ['ngl_gl_var', '1PFV'],
    ['ngl_dc_var', 'DNX2'],
    ['ngl_dc_entr', 'FCBV'],
    ['ngl_dc_energy', 'CAS9'],
  ]),
} as const;
