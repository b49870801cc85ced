/** Generated volumes and texts that any encoder must tell apart: what it is tried on before it is trusted. */
import type { Mask, Volume, VoxelSource } from '../volume/volume.ts';
import type { EmbedRegion } from './voxelSource.ts';

interface Phantom {
  readonly source: VoxelSource;
  readonly region: EmbedRegion;
}

const side = 64;

/** A ball of `radius` mm and `hu` off the middle of fat with a slow pattern, 1 mm voxels. */
function ball(radius: number, hu: number, at: readonly [number, number, number]): Phantom {
  const voxels = new Int16Array(side ** 3);
  const box = [side, side, side, -1, -1, -1];
  const inside = ([i, j, k]: readonly number[]) => Math.hypot(i - at[0], j - at[1], k - at[2]) < radius;
  for (let n = 0; n < voxels.length; n++) {
    const index = [n % side, Math.floor(n / side) % side, Math.floor(n / side ** 2)];
    const [i, j, k] = index;
    const pattern = 20 * Math.sin(i / 3) + 15 * Math.sin(j / 4 + k / 5);
    voxels[n] = Math.round((inside(index) ? hu : -100) + pattern);
    if (!inside(index)) continue;
    for (const [axis, value] of index.entries()) {
      box[axis] = Math.min(box[axis], value);
      box[axis + 3] = Math.max(box[axis + 3], value);
    }
  }
  const [i0, j0, k0, i1, j1, k1] = box;
  const dims = [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1] as const;
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let n = 0; n < bits.length; n++) {
    const [i, j, k] = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / (dims[0] * dims[1]))];
    bits[n] = inside([i0 + i, j0 + j, k0 + k]) ? 1 : 0;
  }
  const mask: Mask = { box: [i0, j0, k0, i1, j1, k1], bits };
  const volume: Volume = {
    dims: [side, side, side],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels,
  };
  return {
    source: { grid: volume, readBox: (part) => Promise.resolve(cropped(volume, part)) },
    region: { box: mask.box, mask },
  };
}

function cropped(volume: Volume, [i0, j0, k0, i1, j1, k1]: EmbedRegion['box']): Volume {
  const [ni, nj] = volume.dims;
  const dims = [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1] as const;
  const voxels = new Int16Array(dims[0] * dims[1] * dims[2]);
  for (let k = k0, at = 0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++, at += dims[0]) {
      const row = ni * (j + nj * k);
      voxels.set(volume.voxels.subarray(row + i0, row + i1 + 1), at);
    }
  }
  return { ...volume, dims, origin: [i0, j0, k0], voxels };
}

/** Two lesions that differ in size, density and place. */
export function phantomLesions(): readonly [Phantom, Phantom] {
  return [ball(10, 60, [31.5, 31.5, 31.5]), ball(5, 350, [36, 30, 29])];
}

export const phantomTexts = [
  'A 12 mm spiculated nodule in the left upper lobe.',
  'No focal liver lesion.',
  'Hypodense mass of 45 mm in the head of the pancreas with a dilated duct.',
] as const;
