/** A proposal reads the voxels around its mark alone, and is none the different for it. */
import { expect, test } from 'vitest';
import type { Mark } from '../../native/contract/mark.ts';
import { proposeLesion } from '../../native/engine/propose.ts';
import { growLesion } from '../../native/lesion/grow.ts';
import { createRandom } from '../../native/random.ts';
import { type Box, boxDims, type Vec3, type Volume } from '../../native/volume/volume.ts';

const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

function noisyBall(dims: Vec3, spacing: Vec3, radiusMm: number): Volume {
  const random = createRandom(5, 'ball');
  const voxels = Int16Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, v) => {
    const at = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
    const mm = Math.hypot(...at.map((c, a) => (c - dims[a] / 2) * spacing[a]));
    return (mm < radiusMm ? 40 : -800) + Math.round(random.normal(0, 30));
  });
  return { dims, spacing, origin: [0, 0, 0], direction, voxels };
}

/** Reads boxes of a volume, and keeps how much was read last. */
function sourceOf(volume: Volume) {
  const { voxels, ...grid } = volume;
  const read = { voxels: 0 };
  const readBox = async (box: Box): Promise<Volume> => {
    const dims = boxDims(box);
    const out = new Int16Array(dims[0] * dims[1] * dims[2]);
    for (let k = 0, v = 0; k < dims[2]; k++)
      for (let j = 0; j < dims[1]; j++)
        for (let i = 0; i < dims[0]; i++, v++)
          out[v] = voxels[box[0] + i + grid.dims[0] * (box[1] + j + grid.dims[1] * (box[2] + k))];
    read.voxels = out.length;
    return { ...grid, dims: [dims[0], dims[1], dims[2]], voxels: out };
  };
  return { source: { grid, readBox }, read };
}

test.each([
  [[0.7, 0.7, 5], [120, 120, 30], 14],
  [[1, 1, 1], [110, 110, 110], 16],
  [[0.9, 0.9, 2.5], [90, 90, 40], 6],
] as const)('voxels of %j mm: the same lesion as from the whole volume', async (spacing, dims, radiusMm) => {
  const volume = noisyBall(dims, spacing, radiusMm);
  const { source, read } = sourceOf(volume);
  const [x, y] = [dims[0] / 2, dims[1] / 2];
  const r = radiusMm / spacing[0];
  const mark: Mark = {
    plane: 'axial',
    slice: dims[2] / 2,
    shape: {
      kind: 'ellipse',
      corners: [
        [x - r, y - r],
        [x + r, y + 0.9 * r],
      ],
    },
  };
  const { mask } = await proposeLesion(source, mark);
  const whole = growLesion(volume, mark);
  expect(mask).toEqual({ box: [...whole.mask.box], bits: whole.mask.bits });
  expect(read.voxels).toBeLessThan(volume.voxels.length / 2);
});
