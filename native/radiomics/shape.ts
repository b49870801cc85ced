/** Morphological features (IBSI HCUG): of the mesh around the region, of its convex hull and of its second moments. */
import type { Vec3 } from '../volume/volume.ts';
import type { Feature } from './feature.ts';
import { hullOf } from './hull.ts';
import { meshOf } from './mesh.ts';
import { once } from './once.ts';
import type { Region } from './region.ts';

export interface Shape {
  /** Of the mesh, in mm³ and mm². */
  readonly volume: number;
  readonly area: number;
  /** Of all voxels, in mm³. */
  readonly voxelVolume: number;
  readonly hull: { readonly volume: number; readonly area: number; readonly diameter: number };
  /** The edges in mm of the box along the grid's axes. */
  readonly edges: Vec3;
  /** Full axes in mm, longest first, of the ellipsoid that principal component analysis gives. */
  readonly axes: Vec3;
  /** mm between the centre of the mask and the centre of mass of its intensities. */
  readonly centreShift: number;
  /** HU, of the intensity mask. */
  readonly meanIntensity: number;
}

export function shapeOf({ dims, spacing, shape: bits, points, values }: Region): Shape {
  const [nx, ny, nz] = dims;
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  let n = 0;
  const first = [0, 0, 0];
  const second = [0, 0, 0, 0, 0, 0];
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (!bits[at]) continue;
        n++;
        if (x < low[0]) low[0] = x;
        if (y < low[1]) low[1] = y;
        if (z < low[2]) low[2] = z;
        if (x > high[0]) high[0] = x;
        if (y > high[1]) high[1] = y;
        if (z > high[2]) high[2] = z;
        first[0] += x;
        first[1] += y;
        first[2] += z;
        second[0] += x * x;
        second[1] += y * y;
        second[2] += z * z;
        second[3] += x * y;
        second[4] += x * z;
        second[5] += y * z;
      }
    }
  }
  const centre = first.map((sum) => sum / n);
  const [sx, sy, sz] = spacing;
  // Divided by n − 1, as the reference values are.
  const covariance = (index: number, a: number, b: number) =>
    ((second[index] - n * centre[a] * centre[b]) / Math.max(1, n - 1)) * spacing[a] * spacing[b];
  const variances = symmetricEigenvalues(
    covariance(0, 0, 0),
    covariance(1, 1, 1),
    covariance(2, 2, 2),
    covariance(3, 0, 1),
    covariance(4, 0, 2),
    covariance(5, 1, 2),
  );
  // Where the region is one voxel thin, rounding leaves a trace of a variance that is none.
  const axis = (variance: number) => (variance > 1e-9 * variances[0] ? 4 * Math.sqrt(variance) : 0);
  const edge = (a: number) => (high[a] - low[a] + 1) * spacing[a];
  const mass = [0, 0, 0, 0];
  for (const at of points) {
    const value = values[at];
    mass[0] += value * (at % nx);
    mass[1] += value * (Math.floor(at / nx) % ny);
    mass[2] += value * Math.floor(at / (nx * ny));
    mass[3] += value;
  }
  const hull = once(() => hullOf(bits, dims, spacing));
  return {
    ...meshOf(bits, dims, spacing),
    voxelVolume: n * sx * sy * sz,
    get hull() {
      return hull();
    },
    edges: [edge(0), edge(1), edge(2)],
    axes: [axis(variances[0]), axis(variances[1]), axis(variances[2])],
    centreShift: Math.hypot(...[0, 1, 2].map((a) => (centre[a] - mass[a] / mass[3]) * spacing[a])),
    meanIntensity: mass[3] / points.length,
  };
}

/** Eigenvalues, largest first, of a symmetric 3×3 matrix by its trigonometric solution (O. K. Smith, CACM 4, 1961). */
function symmetricEigenvalues(xx: number, yy: number, zz: number, xy: number, xz: number, yz: number): Vec3 {
  const q = (xx + yy + zz) / 3;
  const off = xy * xy + xz * xz + yz * yz;
  const p = Math.sqrt(((xx - q) ** 2 + (yy - q) ** 2 + (zz - q) ** 2 + 2 * off) / 6);
  if (p < 1e-12) return [q, q, q];
  const [a, b, c, d, e, f] = [(xx - q) / p, (yy - q) / p, (zz - q) / p, xy / p, xz / p, yz / p];
  const half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2;
  const angle = Math.acos(Math.min(1, Math.max(-1, half))) / 3;
  const largest = q + 2 * p * Math.cos(angle);
  const smallest = q + 2 * p * Math.cos(angle + (2 * Math.PI) / 3);
  return [largest, 3 * q - largest - smallest, smallest];
}

const ellipsoidVolume = ([a, b, c]: Vec3) => (Math.PI * a * b * c) / 6;

/**
 * The area of an ellipsoid with full axes a ≥ b ≥ c, by its series of Legendre polynomials up to degree 20, as the
 * definition of RDD2 asks; each polynomial is multiplied out with its power, so that a sphere needs no case of its own.
 */
function ellipsoidArea([a, b, c]: Vec3): number {
  const [alpha2, beta2] = [1 - (b / a) ** 2, 1 - (c / a) ** 2];
  const [middle, product2] = [(alpha2 + beta2) / 2, alpha2 * beta2];
  let [before, term, sum] = [0, 1, 1];
  for (let v = 1; v <= 20; v++) {
    [before, term] = [term, ((2 * v - 1) * middle * term - (v - 1) * product2 * before) / v];
    sum += term / (1 - 4 * v * v);
  }
  return Math.PI * a * b * sum;
}

const boxArea = ([a, b, c]: Vec3) => 2 * (a * b + a * c + b * c);
const boxVolume = ([a, b, c]: Vec3) => a * b * c;

const row = (
  code: string,
  unit: string,
  what: string,
  formula: (shape: Shape) => number,
  degenerate = 0,
): Feature => ({ code, family: 'morphology', unit, what, of: ({ shape }) => formula(shape), degenerate });

export const shapeFeatures = {
  morph_volume: row('RNU0', 'mm³', 'volume V of the mesh', (s) => s.volume),
  morph_vol_approx: row('YEKZ', 'mm³', 'voxels × volume of a voxel', (s) => s.voxelVolume),
  morph_area_mesh: row('C0JK', 'mm²', 'area A of the mesh', (s) => s.area),
  morph_av: row('2PR5', '1/mm', 'A / V', (s) => s.area / s.volume),
  morph_comp_1: row('SKGS', '1', 'V / (√π A^(3/2))', (s) => s.volume / Math.sqrt(Math.PI * s.area ** 3)),
  morph_comp_2: row('BQWJ', '1', '36π V² / A³', (s) => (36 * Math.PI * s.volume ** 2) / s.area ** 3),
  morph_sph_dispr: row(
    'KRCK',
    '1',
    'A / (36π V²)^⅓',
    (s) => s.area / Math.cbrt(36 * Math.PI * s.volume ** 2),
  ),
  morph_sphericity: row(
    'QCFX',
    '1',
    '(36π V²)^⅓ / A',
    (s) => Math.cbrt(36 * Math.PI * s.volume ** 2) / s.area,
  ),
  morph_asphericity: row(
    '25C7',
    '1',
    '(A³ / (36π V²))^⅓ − 1',
    (s) => s.area / Math.cbrt(36 * Math.PI * s.volume ** 2) - 1,
  ),
  morph_com: row(
    'KLMA',
    'mm',
    'centre of the mask to centre of mass of the intensities',
    (s) => s.centreShift,
  ),
  morph_diam: row('L0JK', 'mm', 'longest distance between two vertices of the mesh', (s) => s.hull.diameter),
  morph_pca_maj_axis: row(
    'TDIC',
    'mm',
    '4√λ₁, λ₁ ≥ λ₂ ≥ λ₃ the variances along principal axes',
    (s) => s.axes[0],
  ),
  morph_pca_min_axis: row('P9VJ', 'mm', '4√λ₂', (s) => s.axes[1]),
  morph_pca_least_axis: row('7J51', 'mm', '4√λ₃', (s) => s.axes[2]),
  morph_pca_elongation: row('Q3CK', '1', '√(λ₂ / λ₁)', (s) => s.axes[1] / s.axes[0], 1),
  morph_pca_flatness: row('N17B', '1', '√(λ₃ / λ₁)', (s) => s.axes[2] / s.axes[0], 1),
  morph_vol_dens_aabb: row(
    'PBX1',
    '1',
    'V / volume of the box along the axes',
    (s) => s.volume / boxVolume(s.edges),
  ),
  morph_area_dens_aabb: row('R59B', '1', 'A / area of that box', (s) => s.area / boxArea(s.edges)),
  morph_vol_dens_aee: row(
    '6BDE',
    '1',
    'V / volume of the ellipsoid with the axes 4√λ',
    (s) => s.volume / ellipsoidVolume(s.axes),
    1,
  ),
  morph_area_dens_aee: row(
    'RDD2',
    '1',
    'A / area of that ellipsoid',
    (s) => s.area / ellipsoidArea(s.axes),
    1,
  ),
  morph_vol_dens_conv_hull: row(
    'R3ER',
    '1',
    'V / volume of the convex hull',
    (s) => s.volume / s.hull.volume,
  ),
  morph_area_dens_conv_hull: row('7T7F', '1', 'A / area of the convex hull', (s) => s.area / s.hull.area),
  morph_integ_int: row('99N0', 'HU·mm³', 'mean intensity × V', (s) => s.meanIntensity * s.volume),
} as const;
