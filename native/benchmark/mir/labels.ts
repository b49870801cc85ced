/** The labels that the 3D-MIR benchmark gives a case, computed from its tumour mask by the benchmark's own rules. */
import { floodFaces } from '../../lesion/flood.ts';
import { boxDims, type Mask, type Vec3 } from '../../volume/volume.ts';

/** Longest side of the equivalent ellipsoid in cm, number of tumours, group (−1: none). */
export interface MirLabels {
  readonly numberTumors: number;
  readonly maxTumorSizeCm: number;
  readonly cancerFlag: 0 | 1;
  readonly lesionGroup: number;
}

export const mirOrgans = ['liver', 'colon', 'pancreas', 'lung'] as const;
export type MirOrgan = (typeof mirOrgans)[number];

const bySize = (_: number, cm: number): number => (cm < 2 ? 1 : cm < 4 ? 2 : cm < 6 ? 3 : 4);

/**
 * The group of a case with n ≥ 1 tumours, the largest of `cm`. Boundaries are those of the published notebooks. For the lung
 * the published labels follow another rule than the published notebook; this is the one that gives all of the labels.
 */
const groups: Readonly<Record<MirOrgan, (n: number, cm: number) => number>> = {
  liver: (n, cm) => {
    if (n === 1 && cm < 2) return 1;
    if ((n === 1 && cm > 2) || (n > 1 && cm < 5)) return 2;
    return n > 1 && cm > 5 ? 3 : -1;
  },
  colon: bySize,
  pancreas: bySize,
  lung: (n, cm) => (n > 1 ? 3 : cm < 3 ? 1 : 2),
};

/** The benchmark's lesion group of a case with `n` tumours, the largest of `cm` centimetres; −1 without a tumour. */
export function mirLesionGroup(organ: MirOrgan, n: number, cm: number): number {
  return n === 0 ? -1 : groups[organ](n, cm);
}

/**
 * The benchmark's labels of a case. Tumours are the pieces of the mask that hang together by voxel faces, without those
 * of fewer than 3 voxels or one slice (of k) high.
 * @param mask every tumour of the case, null where it has none
 * @param spacing of the mask's voxels, mm
 */
export function mirLabels(organ: MirOrgan, mask: Mask | null, spacing: Vec3): MirLabels {
  const tumours = mask ? facePieces(mask).filter(({ voxels, slices }) => voxels >= 3 && slices > 1) : [];
  const sizes = tumours.map((tumour) => ellipsoidDiameter(tumour, spacing) / 10);
  const maxTumorSizeCm = Math.max(0, ...sizes);
  return {
    numberTumors: sizes.length,
    maxTumorSizeCm,
    cancerFlag: sizes.length > 0 ? 1 : 0,
    lesionGroup: mirLesionGroup(organ, sizes.length, maxTumorSizeCm),
  };
}

/** The labels by the names that the published tables give them, sizes to the tables' ten digits. */
export function mirLabelValues(labels: MirLabels): Record<string, string> {
  return {
    max_tumor_size: String(Number(labels.maxTumorSizeCm.toPrecision(10))),
    number_tumors: String(labels.numberTumors),
    lesion_group: String(labels.lesionGroup),
    cancer_flag: String(labels.cancerFlag),
  };
}

/** What the size of a piece is computed from: second moments xx, yy, zz, xy, xz, yz about its centroid, in voxels². */
interface Piece {
  readonly voxels: number;
  /** Its height along k. */
  readonly slices: number;
  readonly moments: readonly number[];
}

function facePieces(mask: Mask): Piece[] {
  const [ni, nj, nk] = boxDims(mask.box);
  const left = mask.bits.slice();
  const queue = new Int32Array(left.length);
  const pieces: Piece[] = [];
  for (let seed = 0; seed < left.length; seed++) {
    if (left[seed] === 0) continue;
    const tail = floodFaces(left, [ni, nj, nk], seed, [1, 0], queue);
    pieces.push(piece(queue.subarray(0, tail), ni, nj));
  }
  return pieces;
}

function piece(voxels: Int32Array, ni: number, nj: number): Piece {
  const place = (v: number): Vec3 => [v % ni, Math.floor(v / ni) % nj, Math.floor(v / (ni * nj))];
  const n = voxels.length;
  let [low, high] = [Number.POSITIVE_INFINITY, -1];
  const mean = [0, 0, 0];
  for (const v of voxels) {
    const [i, j, k] = place(v);
    mean[0] += i / n;
    mean[1] += j / n;
    mean[2] += k / n;
    low = Math.min(low, k);
    high = Math.max(high, k);
  }
  const moments = [0, 0, 0, 0, 0, 0];
  for (const v of voxels) {
    const [i, j, k] = place(v);
    const [x, y, z] = [i - mean[0], j - mean[1], k - mean[2]];
    for (const [at, product] of [x * x, y * y, z * z, x * y, x * z, y * z].entries())
      moments[at] += product / n;
  }
  return { voxels: n, slices: high - low + 1, moments };
}

/**
 * The longest diameter in mm of the ellipsoid with the piece's volume and the ratios of its axes, as ITK's LabelShape has
 * it (G. Lehmann, Insight Journal 2007 176): 2r·√(λ / ∛(λ₁λ₂λ₃)), r that of the ball of the same volume, λ the second
 * moments along the axes, of voxel centres alone. 0 for a piece that lies in one plane.
 */
function ellipsoidDiameter({ voxels, moments }: Piece, [sx, sy, sz]: Vec3): number {
  const scales = [sx * sx, sy * sy, sz * sz, sx * sy, sx * sz, sy * sz];
  const [xx, yy, zz, xy, xz, yz] = moments.map((moment, n) => moment * scales[n]);
  const determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
  // A plane's determinant is 0 but for rounding.
  if (determinant <= 1e-12 * (xx + yy + zz) ** 3) return 0;
  const radius = Math.cbrt((3 * voxels * sx * sy * sz) / (4 * Math.PI));
  return 2 * radius * Math.sqrt(largestEigenvalue(xx, yy, zz, xy, xz, yz) / Math.cbrt(determinant));
}

/** Of a symmetric 3×3 matrix, by its trigonometric solution (O. K. Smith, CACM 4, 1961). */
function largestEigenvalue(xx: number, yy: number, zz: number, xy: number, xz: number, yz: number): number {
  const q = (xx + yy + zz) / 3;
  const [a, b, c] = [xx - q, yy - q, zz - q];
  const p = Math.sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6);
  if (p < 1e-9 * q) return q;
  const half = (a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz)) / (2 * p ** 3);
  return q + 2 * p * Math.cos(Math.acos(Math.min(1, Math.max(-1, half))) / 3);
}
