/** Masks as values: tightened, filled, compared, and packed for storage. */

import { deflateSync, inflateSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import { type Box, boxDims, type Mask } from '../volume/volume.ts';
import { floodFaces } from './flood.ts';

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

/** Fills cavities that no path of face neighbours connects with the outside. */
export function fillHoles(mask: Mask): Mask | null {
  const tight = tightenMask(mask);
  if (!tight) return null;
  const b = tight.box;
  const box: Box = [b[0] - 1, b[1] - 1, b[2] - 1, b[3] + 1, b[4] + 1, b[5] + 1];
  const { bits } = reboxMask(tight, box);
  floodFaces(bits, boxDims(box), 0, [0, 2], new Int32Array(bits.length));
  for (let v = 0; v < bits.length; v++) bits[v] = bits[v] === 2 ? 0 : 1;
  return reboxMask({ box, bits }, tight.box);
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
function tightBox(mask: Mask): Box | null {
  const [ni, nj, nk] = boxDims(mask.box);
  let [i0, j0, k0, i1, j1, k1] = [ni, nj, nk, -1, -1, -1];
  const { bits } = mask;
  for (let k = 0, row = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++, row += ni) {
      let first = 0;
      while (first < ni && bits[row + first] === 0) first++;
      if (first === ni) continue;
      let last = ni - 1;
      while (bits[row + last] === 0) last--;
      if (first < i0) i0 = first;
      if (last > i1) i1 = last;
      if (j < j0) j0 = j;
      if (j > j1) j1 = j;
      if (k < k0) k0 = k;
      k1 = k;
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
