/** Splits a mask into its 3D connected components, so that each can become a lesion of its own. */
import { boxDims, type Mask } from '../volume/volume.ts';

export interface Components {
  /** Components of at least `minVoxels`, largest first (ties: in stored order), each in its tight box. */
  readonly masks: readonly Mask[];
  /** Sizes in voxels of the components that were left out as too small, largest first. */
  readonly tiny: readonly number[];
}

/** Components under the 26-neighbourhood (voxels that share a face, an edge or a corner belong together). */
export function connectedComponents(mask: Mask, minVoxels = 1): Components {
  const [ni, nj, nk] = boxDims(mask.box);
  const left = mask.bits.slice();
  const stack = new Int32Array(left.length);
  const found: { mask: Mask; voxels: number }[] = [];
  const tiny: number[] = [];
  for (let seed = 0; seed < left.length; seed++) {
    if (left[seed] === 0) continue;
    left[seed] = 0;
    stack[0] = seed;
    // The stack never gives places back, so that at the end it holds every voxel of the component.
    let [head, tail] = [0, 1];
    let [i0, j0, k0, i1, j1, k1] = [ni, nj, nk, -1, -1, -1];
    while (head < tail) {
      const v = stack[head++];
      const i = v % ni;
      const j = Math.floor(v / ni) % nj;
      const k = Math.floor(v / (ni * nj));
      if (i < i0) i0 = i;
      if (i > i1) i1 = i;
      if (j < j0) j0 = j;
      if (j > j1) j1 = j;
      if (k < k0) k0 = k;
      if (k > k1) k1 = k;
      for (let c = Math.max(0, k - 1); c <= Math.min(nk - 1, k + 1); c++) {
        for (let b = Math.max(0, j - 1); b <= Math.min(nj - 1, j + 1); b++) {
          for (let a = Math.max(0, i - 1); a <= Math.min(ni - 1, i + 1); a++) {
            const w = a + ni * (b + nj * c);
            if (left[w] === 0) continue;
            left[w] = 0;
            stack[tail++] = w;
          }
        }
      }
    }
    if (tail < minVoxels) {
      tiny.push(tail);
      continue;
    }
    const [wi, wj] = [i1 - i0 + 1, j1 - j0 + 1];
    const bits = new Uint8Array(wi * wj * (k1 - k0 + 1));
    for (let n = 0; n < tail; n++) {
      const v = stack[n];
      const k = Math.floor(v / (ni * nj));
      bits[(v % ni) - i0 + wi * ((Math.floor(v / ni) % nj) - j0 + wj * (k - k0))] = 1;
    }
    const [bi, bj, bk] = mask.box;
    found.push({ mask: { box: [bi + i0, bj + j0, bk + k0, bi + i1, bj + j1, bk + k1], bits }, voxels: tail });
  }
  found.sort((a, b) => b.voxels - a.voxels);
  return { masks: found.map((f) => f.mask), tiny: tiny.sort((a, b) => b - a) };
}
