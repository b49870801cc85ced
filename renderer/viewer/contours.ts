/** Outlines of a mask on one slice, by marching squares on the voxel centres (Lorensen & Cline 1987, in two dimensions). */
import type { Box } from './grid.ts';

export interface Mask {
  readonly box: Box;
  /** One byte (0 or 1) per voxel of the box, i fastest. */
  readonly bits: Uint8Array;
}

export function maskAt(mask: Mask, i: number, j: number, k: number): 0 | 1 {
  const [i0, j0, k0, i1, j1, k1] = mask.box;
  if (i < i0 || j < j0 || k < k0 || i > i1 || j > j1 || k > k1) return 0;
  const ni = i1 - i0 + 1;
  const nj = j1 - j0 + 1;
  return mask.bits[i - i0 + ni * (j - j0 + nj * (k - k0))] ? 1 : 0;
}

/** Edge midpoints of a cell whose corners are (0,0) (1,0) (1,1) (0,1): top, right, bottom, left. */
const midpoints: readonly (readonly [number, number])[] = [
  [0.5, 0],
  [1, 0.5],
  [0.5, 1],
  [0, 0.5],
];
/** For each of the 16 corner patterns the pairs of edges to join. */
const joins: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [
    [3, 0],
    [1, 2],
  ],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[2, 0]],
  [
    [0, 1],
    [2, 3],
  ],
  [[2, 1]],
  [[1, 3]],
  [[1, 0]],
  [[0, 3]],
  [],
];

/**
 * Segments [a0,b0,a1,b1, …] in continuous indices of the in-plane axes `a` and `b` of the slice at index `slice` along
 * `normal`; empty where the mask does not cross the slice.
 */
export function sliceContour(
  mask: Mask,
  normal: 0 | 1 | 2,
  a: 0 | 1 | 2,
  b: 0 | 1 | 2,
  slice: number,
): Float32Array {
  const { box } = mask;
  if (slice < box[normal] || slice > box[normal + 3]) return new Float32Array(0);
  const index: [number, number, number] = [0, 0, 0];
  index[normal] = slice;
  const at = (x: number, y: number) => {
    index[a] = x;
    index[b] = y;
    return maskAt(mask, index[0], index[1], index[2]);
  };
  const out: number[] = [];
  for (let y = box[b] - 1; y <= box[b + 3]; y++) {
    for (let x = box[a] - 1; x <= box[a + 3]; x++) {
      const pattern = at(x, y) | (at(x + 1, y) << 1) | (at(x + 1, y + 1) << 2) | (at(x, y + 1) << 3);
      for (const [from, to] of joins[pattern]) {
        out.push(x + midpoints[from][0], y + midpoints[from][1], x + midpoints[to][0], y + midpoints[to][1]);
      }
    }
  }
  return Float32Array.from(out);
}
