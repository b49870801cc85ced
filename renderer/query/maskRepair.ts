/** Repairs of a mask's form: parts, cavities, rough borders and densities that do not belong. Pure, as in maskEdit.ts. */
import { type Mask, maskAt } from '../viewer/contours.ts';
import { type Box, boxDims, type Grid, type Vec3 } from '../viewer/grid.ts';
import { ball, rebox, tighten } from './maskEdit.ts';

/**
 * The mask's parts, the largest first, each as places in the mask's bits. Voxels that share a face, an edge or a corner belong
 * together.
 */
function partsOf(mask: Mask): readonly Int32Array[] {
  const [ni, nj, nk] = boxDims(mask.box);
  const left = mask.bits.slice();
  const queue = new Int32Array(left.length);
  const parts: Int32Array[] = [];
  for (let seed = 0; seed < left.length; seed++) {
    if (!left[seed]) continue;
    left[seed] = 0;
    queue[0] = seed;
    let [head, tail] = [0, 1];
    while (head < tail) {
      const at = queue[head++];
      const [i, j, k] = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
      for (let c = Math.max(0, k - 1); c <= Math.min(nk - 1, k + 1); c++) {
        for (let b = Math.max(0, j - 1); b <= Math.min(nj - 1, j + 1); b++) {
          for (let a = Math.max(0, i - 1); a <= Math.min(ni - 1, i + 1); a++) {
            const next = a + ni * (b + nj * c);
            if (!left[next]) continue;
            left[next] = 0;
            queue[tail++] = next;
          }
        }
      }
    }
    parts.push(queue.slice(0, tail));
  }
  return parts.sort((a, b) => b.length - a.length);
}

/** Into how many parts the mask falls. */
export function partCount(mask: Mask): number {
  return partsOf(mask).length;
}

/** Without the part under a continuous voxel index; the mask itself where there is none, null when it was the only part. */
export function removePart(mask: Mask, at: Vec3): Mask | null {
  const [i, j, k] = at.map((x) => Math.round(x));
  if (!maskAt(mask, i, j, k)) return mask;
  const [ni, nj] = boxDims(mask.box);
  const place = i - mask.box[0] + ni * (j - mask.box[1] + nj * (k - mask.box[2]));
  const bits = mask.bits.slice();
  for (const voxel of partsOf(mask).find((part) => part.includes(place)) ?? []) bits[voxel] = 0;
  return tighten({ box: mask.box, bits });
}

/** The part with the most voxels; the mask itself when it is one. */
export function largestPart(mask: Mask): Mask | null {
  const parts = partsOf(mask);
  if (parts.length < 2) return mask;
  const bits = new Uint8Array(mask.bits.length);
  for (const voxel of parts[0]) bits[voxel] = 1;
  return tighten({ box: mask.box, bits });
}

/** Fills the cavities that no way through faces joins with the outside; the mask itself when there are none. */
export function fillHoles(mask: Mask): Mask {
  const b = mask.box;
  const rim: Box = [b[0] - 1, b[1] - 1, b[2] - 1, b[3] + 1, b[4] + 1, b[5] + 1];
  const { bits } = rebox(mask, rim);
  const [ni, nj, nk] = boxDims(rim);
  const outside = 2;
  const queue = new Int32Array(bits.length);
  bits[0] = outside;
  let [head, tail] = [0, 1];
  const visit = (at: number) => {
    if (bits[at] !== 0) return;
    bits[at] = outside;
    queue[tail++] = at;
  };
  while (head < tail) {
    const at = queue[head++];
    const [i, j, k] = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
    if (i > 0) visit(at - 1);
    if (i < ni - 1) visit(at + 1);
    if (j > 0) visit(at - ni);
    if (j < nj - 1) visit(at + ni);
    if (k > 0) visit(at - ni * nj);
    if (k < nk - 1) visit(at + ni * nj);
  }
  if (!bits.includes(0)) return mask;
  return rebox({ box: rim, bits: bits.map((bit) => (bit === outside ? 0 : 1)) }, b);
}

/**
 * Each voxel as most of the voxels within `mm` of it are, ties as the voxel itself: spurs and dents go, the volume stays
 * about the same. Null when nothing is left.
 */
export function smooth(mask: Mask, mm: number, grid: Grid): Mask | null {
  const reach = grid.spacing.map((s) => Math.floor(mm / s + 1e-9));
  const low = mask.box.slice(0, 3).map((x, axis) => Math.max(0, x - reach[axis]));
  const high = mask.box.slice(3).map((x, axis) => Math.min(grid.dims[axis] - 1, x + reach[axis]));
  const box: Box = [low[0], low[1], low[2], high[0], high[1], high[2]];
  const { bits } = rebox(mask, box);
  const [ni, nj, nk] = boxDims(box);
  const near = ball(grid, mm);
  const out = new Uint8Array(bits.length);
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        let inside = 0;
        let all = 0;
        for (const [di, dj, dk] of near) {
          const [x, y, z] = [i + di, j + dj, k + dk];
          // Beyond the volume nothing is known, and so nothing counted.
          if (x + box[0] < 0 || x + box[0] >= grid.dims[0]) continue;
          if (y + box[1] < 0 || y + box[1] >= grid.dims[1]) continue;
          if (z + box[2] < 0 || z + box[2] >= grid.dims[2]) continue;
          all++;
          if (x >= 0 && y >= 0 && z >= 0 && x < ni && y < nj && z < nk) inside += bits[x + ni * (y + nj * z)];
        }
        out[at] = 2 * inside === all ? bits[at] : 2 * inside > all ? 1 : 0;
      }
    }
  }
  return tighten({ box, bits: out });
}

/** Inclusive, in HU. */
export interface HuRange {
  readonly low: number;
  readonly high: number;
}

/**
 * The voxels of the mask whose density lies in the range; null when none does.
 * @param hu one value for each voxel of the mask's box, as `bits`
 */
export function withinRange(mask: Mask, hu: Int16Array | Float32Array, { low, high }: HuRange): Mask | null {
  return tighten({
    box: mask.box,
    bits: mask.bits.map((bit, at) => (bit && hu[at] >= low && hu[at] <= high ? 1 : 0)),
  });
}

/** The lowest and the highest density in the mask, as whole numbers that hold both. */
export function rangeIn(mask: Mask, hu: Int16Array | Float32Array): HuRange {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < hu.length; at++) {
    if (!mask.bits[at]) continue;
    low = Math.min(low, hu[at]);
    high = Math.max(high, hu[at]);
  }
  return { low: Math.floor(low), high: Math.ceil(high) };
}
