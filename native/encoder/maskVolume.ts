/** A mask as a volume of 0 and 1, to be sampled on the same grid as the HU beside it. */
import { boxDims, indexToWorld, type Mask, type Volume } from '../volume/volume.ts';

/** The mask's box with a border of zeros: sampling repeats the outermost voxels, and beyond a lesion there is none. */
export function maskVolume(volume: Volume, { box, bits }: Mask): Volume {
  const [ni, nj, nk] = boxDims(box);
  const [pi, pj] = [ni + 2, nj + 2];
  const voxels = new Int16Array(pi * pj * (nk + 2));
  for (let k = 0, from = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++, from += ni) {
      voxels.set(bits.subarray(from, from + ni), 1 + pi * (j + 1 + pj * (k + 1)));
    }
  }
  return {
    dims: [pi, pj, nk + 2],
    spacing: volume.spacing,
    origin: indexToWorld(volume, [box[0] - 1, box[1] - 1, box[2] - 1]),
    direction: volume.direction,
    voxels,
  };
}
