/** Masks as values: made from labels, tightened, joined, cut, compared, and packed for storage. */
import { deflateSync, inflateSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import { type Box, boxDims, type Mask, type Vec3 } from '../volume/volume.ts';

/** The number of voxels in a mask. */
export function countVoxels(mask: Mask): number {
  let n = 0;
  for (let v = 0; v < mask.bits.length; v++) if (mask.bits[v] !== 0) n++;
  return n;
}

/**
 * A mask's bits for storage: one bit per voxel of the box, i fastest, least significant bit first (as DICOM SEG packs
 * them, PS3.5 section 8.1.1), compressed as a zlib stream, which carries a checksum. The box is not included.
 */
export function packMask(mask: Mask): Uint8Array {
  const { bits } = mask;
  const packed = new Uint8Array((bits.length + 7) >> 3);
  for (let v = 0; v < bits.length; v++) if (bits[v] !== 0) packed[v >> 3] |= 1 << (v & 7);
  return deflateSync(packed);
}

/** The inverse of `packMask`. Throws `corrupt` when the bytes are damaged or belong to another box. */
export function unpackMask(box: Box, bytes: Uint8Array): Mask {
  const n = boxVoxels(box);
  const expected = (n + 7) >> 3;
  let packed: Uint8Array;
  try {
    packed = inflateSync(bytes, { maxOutputLength: Math.max(1, expected) });
  } catch {
    throw corruptMask();
  }
  if (packed.length !== expected) throw corruptMask();
  const bits = new Uint8Array(n);
  for (let v = 0; v < n; v++) bits[v] = (packed[v >> 3] >> (v & 7)) & 1;
  return { box, bits };
}

/** The same voxels in the smallest box that holds them, or null when the mask is empty. */
export function tightenMask(mask: Mask): Mask | null {
  const tight = tightBox(mask);
  if (!tight) return null;
  return tight.every((c, a) => c === mask.box[a]) ? mask : reboxMask(mask, tight);
}

/** The mask in another box: voxels outside the new box are lost, new voxels are 0. Always a copy. */
export function reboxMask(mask: Mask, box: Box): Mask {
  const [ni, nj] = boxDims(box);
  const [mi, mj] = boxDims(mask.box);
  const bits = new Uint8Array(boxVoxels(box));
  const i0 = Math.max(box[0], mask.box[0]);
  const i1 = Math.min(box[3], mask.box[3]);
  if (i0 > i1) return { box, bits };
  for (let k = Math.max(box[2], mask.box[2]); k <= Math.min(box[5], mask.box[5]); k++) {
    for (let j = Math.max(box[1], mask.box[1]); j <= Math.min(box[4], mask.box[4]); j++) {
      const from = i0 - mask.box[0] + mi * (j - mask.box[1] + mj * (k - mask.box[2]));
      bits.set(
        mask.bits.subarray(from, from + i1 - i0 + 1),
        i0 - box[0] + ni * (j - box[1] + nj * (k - box[2])),
      );
    }
  }
  return { box, bits };
}

/** The voxels of a label volume (i fastest) that carry `label`, or any value but 0 where it is left out; null when none. */
export function maskFromLabelVolume(
  labels: { readonly dims: Vec3; readonly voxels: ArrayLike<number> },
  label?: number,
): Mask | null {
  const { dims, voxels } = labels;
  const isIn = label === undefined ? (value: number) => value !== 0 : (value: number) => value === label;
  const corner: [number, number, number, number, number, number] = [...dims, -1, -1, -1];
  for (let k = 0, v = 0; k < dims[2]; k++) {
    for (let j = 0; j < dims[1]; j++) {
      for (let i = 0; i < dims[0]; i++, v++) {
        if (!isIn(voxels[v])) continue;
        if (i < corner[0]) corner[0] = i;
        if (j < corner[1]) corner[1] = j;
        if (k < corner[2]) corner[2] = k;
        if (i > corner[3]) corner[3] = i;
        if (j > corner[4]) corner[4] = j;
        if (k > corner[5]) corner[5] = k;
      }
    }
  }
  if (corner[3] < 0) return null;
  const bits = new Uint8Array(boxVoxels(corner));
  let to = 0;
  for (let k = corner[2]; k <= corner[5]; k++) {
    for (let j = corner[1]; j <= corner[4]; j++) {
      const row = dims[0] * (j + dims[1] * k);
      for (let i = corner[0]; i <= corner[3]; i++) bits[to++] = isIn(voxels[row + i]) ? 1 : 0;
    }
  }
  return { box: corner, bits };
}

/** The voxels of either mask. */
export function uniteMasks(a: Mask, b: Mask): Mask {
  const box: Box = [
    Math.min(a.box[0], b.box[0]),
    Math.min(a.box[1], b.box[1]),
    Math.min(a.box[2], b.box[2]),
    Math.max(a.box[3], b.box[3]),
    Math.max(a.box[4], b.box[4]),
    Math.max(a.box[5], b.box[5]),
  ];
  const { bits } = reboxMask(a, box);
  const other = reboxMask(b, box).bits;
  for (let v = 0; v < bits.length; v++) bits[v] |= other[v];
  return { box, bits };
}

/** The voxels of `mask` that are not in `eraser`, in mask's box (which may end up empty). */
export function eraseMask(mask: Mask, eraser: Mask): Mask {
  const bits = mask.bits.slice();
  const other = reboxMask(eraser, mask.box).bits;
  for (let v = 0; v < bits.length; v++) if (other[v] !== 0) bits[v] = 0;
  return { box: mask.box, bits };
}

/** Dice coefficient 2|A∩B| / (|A|+|B|) of two masks on one grid; 1 when both are empty. */
export function dice(a: Mask, b: Mask): number {
  const other = reboxMask(b, a.box).bits;
  let both = 0;
  for (let v = 0; v < other.length; v++) if (a.bits[v] !== 0 && other[v] !== 0) both++;
  const total = countVoxels(a) + countVoxels(b);
  return total === 0 ? 1 : (2 * both) / total;
}

/** The smallest box that holds every voxel of the mask, or null when there is none. */
export function tightBox(mask: Mask): Box | null {
  const [ni, nj, nk] = boxDims(mask.box);
  let [i0, j0, k0, i1, j1, k1] = [ni, nj, nk, -1, -1, -1];
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, v++) {
        if (mask.bits[v] === 0) continue;
        if (i < i0) i0 = i;
        if (i > i1) i1 = i;
        if (j < j0) j0 = j;
        if (j > j1) j1 = j;
        if (k < k0) k0 = k;
        k1 = k;
      }
    }
  }
  const [bi, bj, bk] = mask.box;
  return i1 < 0 ? null : [bi + i0, bj + j0, bk + k0, bi + i1, bj + j1, bk + k1];
}

function boxVoxels(box: Box): number {
  const [ni, nj, nk] = boxDims(box);
  return ni * nj * nk;
}

function corruptMask(): PrecedentError {
  return new PrecedentError(
    'corrupt',
    'a stored mask does not match its box',
    undefined,
    'run precedent verify',
  );
}
