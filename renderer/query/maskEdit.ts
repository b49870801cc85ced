/** Corrections of a mask: brush, grow, shrink, box. Pure: every function returns a new mask with a tight box, or null when nothing is left. */

import type { Mask } from '../viewer/contours.ts';
import { type Box, boxDims, type Grid, type Vec3 } from '../viewer/grid.ts';

type Axis = 0 | 1 | 2;

/** The number of voxels that belong to the mask. */
export function voxelCount(mask: Mask): number {
  let n = 0;
  for (const bit of mask.bits) n += bit ? 1 : 0;
  return n;
}

/** Every voxel of an inclusive box. */
export function boxMask(box: Box): Mask {
  const [ni, nj, nk] = boxDims(box);
  return { box, bits: new Uint8Array(ni * nj * nk).fill(1) };
}

/** The same voxels in another box; what lies outside it is lost. */
export function rebox(mask: Mask, box: Box): Mask {
  const [ni, nj, nk] = boxDims(box);
  const [mi, mj] = boxDims(mask.box);
  const bits = new Uint8Array(ni * nj * nk);
  const i0 = Math.max(box[0], mask.box[0]);
  const i1 = Math.min(box[3], mask.box[3]);
  if (i0 > i1) return { box, bits };
  for (let k = Math.max(box[2], mask.box[2]); k <= Math.min(box[5], mask.box[5]); k++) {
    for (let j = Math.max(box[1], mask.box[1]); j <= Math.min(box[4], mask.box[4]); j++) {
      const from = i0 - mask.box[0] + mi * (j - mask.box[1] + mj * (k - mask.box[2]));
      const to = i0 - box[0] + ni * (j - box[1] + nj * (k - box[2]));
      bits.set(mask.bits.subarray(from, from + i1 - i0 + 1), to);
    }
  }
  return { box, bits };
}

/** The mask in the smallest box that holds it, or null when it is empty. */
export function tighten(mask: Mask): Mask | null {
  const [ni, nj, nk] = boxDims(mask.box);
  const low = [ni, nj, nk];
  const high = [-1, -1, -1];
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        if (!mask.bits[at]) continue;
        if (i < low[0]) low[0] = i;
        if (i > high[0]) high[0] = i;
        if (j < low[1]) low[1] = j;
        if (j > high[1]) high[1] = j;
        if (k < low[2]) low[2] = k;
        if (k > high[2]) high[2] = k;
      }
    }
  }
  if (high[0] < 0) return null;
  const { box: b } = mask;
  const tight: Box = [
    b[0] + low[0],
    b[1] + low[1],
    b[2] + low[2],
    b[0] + high[0],
    b[1] + high[1],
    b[2] + high[2],
  ];
  return tight.every((edge, n) => edge === b[n]) ? mask : rebox(mask, tight);
}

export interface Brush {
  /** Continuous voxel index of its centre. */
  readonly centre: Vec3;
  readonly radiusMm: number;
  /** The slice axis a flat brush stays on; null paints a ball. */
  readonly flat: Axis | null;
  readonly erase: boolean;
}

/** Adds or removes the voxels whose centres lie within the brush's radius; at least the voxel under it. */
export function paint(mask: Mask | null, brush: Brush, grid: Grid): Mask | null {
  const { centre, radiusMm, flat, erase } = brush;
  const at = centre.map((x) => Math.round(x));
  const reach = grid.spacing.map((s, axis) => (axis === flat ? 0 : Math.ceil(radiusMm / s)));
  const low = at.map((x, axis) => Math.max(0, x - reach[axis]));
  const high = at.map((x, axis) => Math.min(grid.dims[axis] - 1, x + reach[axis]));
  if (low.some((x, axis) => x > high[axis])) return mask;
  if (erase && !mask) return null;
  const brushBox: Box = [low[0], low[1], low[2], high[0], high[1], high[2]];
  const target = erase && mask ? mask.box : mask ? unionBox(mask.box, brushBox) : brushBox;
  const edited = mask ? rebox(mask, target) : { box: target, bits: new Uint8Array(volumeOf(target)) };
  const bits = edited.bits === mask?.bits ? edited.bits.slice() : edited.bits;
  const [ni, nj] = boxDims(target);
  for (let k = Math.max(low[2], target[2]); k <= Math.min(high[2], target[5]); k++) {
    for (let j = Math.max(low[1], target[1]); j <= Math.min(high[1], target[4]); j++) {
      for (let i = Math.max(low[0], target[0]); i <= Math.min(high[0], target[3]); i++) {
        const inside =
          squaredMm(grid, flat, i - centre[0], j - centre[1], k - centre[2]) <= radiusMm * radiusMm ||
          (i === at[0] && j === at[1] && k === at[2]);
        if (inside) bits[i - target[0] + ni * (j - target[1] + nj * (k - target[2]))] = erase ? 0 : 1;
      }
    }
  }
  return tighten({ box: target, bits });
}

/** Adds every voxel within `mm` of the mask. */
export function grow(mask: Mask, mm: number, grid: Grid): Mask {
  const reach = grid.spacing.map((s) => Math.floor(mm / s + 1e-9));
  const box: Box = [
    Math.max(0, mask.box[0] - reach[0]),
    Math.max(0, mask.box[1] - reach[1]),
    Math.max(0, mask.box[2] - reach[2]),
    Math.min(grid.dims[0] - 1, mask.box[3] + reach[0]),
    Math.min(grid.dims[1] - 1, mask.box[4] + reach[1]),
    Math.min(grid.dims[2] - 1, mask.box[5] + reach[2]),
  ];
  return { box, bits: dilate(rebox(mask, box).bits, boxDims(box), ball(grid, mm)) };
}

/** Removes every voxel within `mm` of the outside; null when nothing is left. */
export function shrink(mask: Mask, mm: number, grid: Grid): Mask | null {
  const reach = grid.spacing.map((s) => Math.floor(mm / s + 1e-9));
  const { box: b } = mask;
  // The surroundings count as outside, the volume's border included: one rim of empty voxels on every side.
  const rim: Box = [
    b[0] - reach[0],
    b[1] - reach[1],
    b[2] - reach[2],
    b[3] + reach[0],
    b[4] + reach[1],
    b[5] + reach[2],
  ];
  const outside = rebox(mask, rim).bits.map((bit) => (bit ? 0 : 1));
  const eroded = dilate(outside, boxDims(rim), ball(grid, mm)).map((bit) => (bit ? 0 : 1));
  return tighten(rebox({ box: rim, bits: eroded }, b));
}

/** The step of grow and shrink: one voxel in the finest direction, at least 1 mm. */
export function stepMm(grid: Grid): number {
  return Math.max(1, Math.min(...grid.spacing));
}

function unionBox(a: Box, b: Box): Box {
  return [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.max(a[3], b[3]),
    Math.max(a[4], b[4]),
    Math.max(a[5], b[5]),
  ];
}

function volumeOf(box: Box): number {
  const [ni, nj, nk] = boxDims(box);
  return ni * nj * nk;
}

function squaredMm(grid: Grid, flat: Axis | null, di: number, dj: number, dk: number): number {
  const x = flat === 0 ? 0 : di * grid.spacing[0];
  const y = flat === 1 ? 0 : dj * grid.spacing[1];
  const z = flat === 2 ? 0 : dk * grid.spacing[2];
  return x * x + y * y + z * z;
}

/** The steps in voxels that lead no further than `mm`. */
export function ball(grid: Grid, mm: number): Vec3[] {
  const reach = grid.spacing.map((s) => Math.floor(mm / s + 1e-9));
  const offsets: Vec3[] = [];
  for (let k = -reach[2]; k <= reach[2]; k++) {
    for (let j = -reach[1]; j <= reach[1]; j++) {
      for (let i = -reach[0]; i <= reach[0]; i++) {
        if (squaredMm(grid, null, i, j, k) <= mm * mm + 1e-9) offsets.push([i, j, k]);
      }
    }
  }
  return offsets;
}

function dilate(bits: Uint8Array, [ni, nj, nk]: Vec3, offsets: readonly Vec3[]): Uint8Array {
  const out = new Uint8Array(bits.length);
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        if (!bits[at]) continue;
        for (const [di, dj, dk] of offsets) {
          const x = i + di;
          const y = j + dj;
          const z = k + dk;
          if (x >= 0 && y >= 0 && z >= 0 && x < ni && y < nj && z < nk) out[x + ni * (y + nj * z)] = 1;
        }
      }
    }
  }
  return out;
}
