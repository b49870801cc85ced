/** A lesion as another reader or another scan would give it: its box drawn otherwise, its slices thicker. */
import { tightenMask } from '../../native/lesion/mask.ts';
import type { Random } from '../../native/random.ts';
import { type Box, boxDims, clipBox, type Grid, type Mask, type Volume } from '../../native/volume/volume.ts';

/** A box whose edges are up to 30% longer or shorter, and whose middle lies up to 20% of them aside. */
export function redrawn(box: Box, { dims }: Grid, random: Random): Box {
  const edges = boxDims(box).map((n, axis) => {
    const middle = (box[axis] + box[axis + 3]) / 2 + n * random.range(-0.2, 0.2);
    const half = (n * random.range(0.7, 1.3) - 1) / 2;
    return [Math.round(middle - half), Math.round(middle + half)];
  });
  const [[i0, i1], [j0, j1], [k0, k1]] = edges;
  const inside = clipBox([i0, j0, k0, Math.max(i0, i1), Math.max(j0, j1), Math.max(k0, k1)], dims);
  if (!inside) throw new Error('a box was drawn outside of its volume');
  return inside;
}

/** Slices of `mm` from slices of 1 mm from `first` on: means of the HU, and a mask where at least half of a voxel was in it. */
export function thicker(
  { volume, mask }: { volume: Volume; mask: Mask },
  mm: number,
  first = 0,
): { volume: Volume; mask: Mask } {
  const [ni, nj, nk] = volume.dims;
  const thick = Math.floor((nk - first) / mm);
  const [mi, mj] = boxDims(mask.box);
  const member = (i: number, j: number, k: number) => {
    const [x, y, z] = [i - mask.box[0], j - mask.box[1], k - mask.box[2]];
    const within = x >= 0 && y >= 0 && z >= 0 && i <= mask.box[3] && j <= mask.box[4] && k <= mask.box[5];
    return within ? mask.bits[x + mi * (y + mj * z)] : 0;
  };
  const voxels = new Float32Array(ni * nj * thick);
  const bits = new Uint8Array(voxels.length);
  for (let k = 0, at = 0; k < thick; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        let [sum, members] = [0, 0];
        for (let n = 0; n < mm; n++) {
          const thin = first + k * mm + n;
          sum += volume.voxels[i + ni * (j + nj * thin)];
          members += member(i, j, thin);
        }
        voxels[at] = sum / mm;
        bits[at] = 2 * members >= mm ? 1 : 0;
      }
    }
  }
  const [sx, sy, sz] = volume.spacing;
  const tight = tightenMask({ box: [0, 0, 0, ni - 1, nj - 1, thick - 1], bits });
  if (!tight) throw new Error('a lesion was lost between slices');
  // Slice centres move by half of what they grow: nothing here depends on where the patient lies.
  return { volume: { ...volume, dims: [ni, nj, thick], spacing: [sx, sy, sz * mm], voxels }, mask: tight };
}
