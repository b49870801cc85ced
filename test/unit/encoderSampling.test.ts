import { expect, test } from 'vitest';
import { loadManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import { type SampleGrid, sampleVolume } from '../../native/encoder/sampling.ts';
import { surroundings } from '../../native/encoder/surroundings.ts';
import { createRandom } from '../../native/random.ts';
import type { Box, Grid, Volume } from '../../native/volume/volume.ts';
import { anatomy, ballMask, centredGrid, identity, paint } from './encoder.fixtures.ts';

const noise = (grid: Grid): Volume => {
  const random = createRandom(1, 'sampling');
  return paint(grid, () => random.range(-1000, 1000));
};

/** One degree about z: too much to be taken for the volume's own axes. */
const [c, s] = [Math.cos(Math.PI / 180), Math.sin(Math.PI / 180)];
const tilted: Grid['direction'] = [c, s, 0, -s, c, 0, 0, 0, 1];
/** So little that what it moves is nothing, but enough to take the general way. */
const hair = 1e-7;
const nearly = (d: Grid['direction']): Grid['direction'] => {
  const turned = [...d] as unknown as [...Grid['direction']];
  for (let x = 0; x < 3; x++) {
    turned[x] += hair * d[3 + x];
    turned[3 + x] -= hair * d[x];
  }
  return turned;
};

const directions: readonly (readonly [string, Grid['direction']])[] = [
  ['axial', identity],
  ['mirrored', [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
  ['sagittal', [0, 1, 0, 0, 0, -1, -1, 0, 0]],
  ['coronal', [1, 0, 0, 0, 0, -1, 0, 1, 0]],
];
const grids: readonly (readonly [string, SampleGrid, number])[] = [
  ['a cube', { dims: [30, 28, 26], origin: [-15, -14, -13], steps: [[1.1, 0, 0], [0, 1.1, 0], [0, 0, 1.1]] }, 2],
  ['a coarse plane', { dims: [40, 40, 1], origin: [-50, 2, 50], steps: [[2.5, 0, 0], [0, 0, -2.5], [0, 2.5, 0]] }, 3],
  ['a fine plane', { dims: [40, 40, 1], origin: [1, -8, 8], steps: [[0, 0.4, 0], [0, 0, -0.4], [0.4, 0, 0]] }, 3],
]; // biome-ignore format: one grid a line

test.each(
  directions.flatMap(([name, d]) => grids.map((grid) => [name, grid[0], d, grid[1], grid[2]] as const)),
)(
  '%s storage: %s sampled along the axes equals the samples point by point',
  (_name, _grid, direction, grid, most) => {
    const volume = noise(centredGrid([0.8, 0.9, 2.5], direction));
    const fast = sampleVolume(volume, grid, most);
    const slow = sampleVolume({ ...volume, direction: nearly(direction) }, grid, most);
    expect(fast.length).toBe(slow.length);
    let worst = 0;
    for (const [at, value] of fast.entries()) worst = Math.max(worst, Math.abs(value - slow[at]));
    // A hair's breadth in noise of ±1000 HU.
    expect(worst).toBeLessThan(0.05);
    expect(worst).toBeGreaterThan(0);
  },
);

test.each([...directions, ['tilted', tilted] as const])(
  '%s: the surroundings hold all that the encoder looks at',
  async (_name, direction) => {
    const manifest = multiPlane(
      await loadManifest(new URL('../../resources/encoders/builtin', import.meta.url).pathname),
    );
    const volume = paint(centredGrid([0.9, 0.9, 3], direction, 130), anatomy(9));
    const mask = ballMask(volume, 9);
    const [i, j, k, i1, j1, k1] = mask.box;
    const aside: Box = [i + 4, j + 4, k + 1, i1 - 1, j1 - 1, k1];
    for (const region of [{ box: mask.box, mask }, { box: mask.box }, { box: aside }]) {
      const crop = surroundings(volume, region, manifest);
      expect(crop).not.toEqual([0, 0, 0, ...volume.dims.map((n) => n - 1)]);
      const cut = cutOut(volume, crop);
      const shift = ([i, j, k, i1, j1, k1]: Box): Box => [
      i - crop[0], j - crop[1], k - crop[2], i1 - crop[0], j1 - crop[1], k1 - crop[2],
    ]; // biome-ignore format: one corner each
      const moved = { box: shift(region.box), mask: region.mask && { ...mask, box: shift(mask.box) } };
      const [whole, part] = [lesionInput(volume, region, manifest), lesionInput(cut, moved, manifest)];
      for (const [at, value] of part.pictures.entries())
        expect(Math.abs(value - whole.pictures[at])).toBeLessThan(1e-5);
      const all = whole.measurements ?? [];
      expect(all.length).toBeGreaterThan(0);
      for (const [at, value] of all.entries())
        expect((part.measurements?.[at] ?? Number.NaN) / value).toBeCloseTo(1, 3);
    }
  },
);

function cutOut(volume: Volume, [i0, j0, k0, i1, j1, k1]: Box): Volume {
  const [ni, nj] = volume.dims;
  const dims = [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1] as const;
  const voxels = new Float32Array(dims[0] * dims[1] * dims[2]);
  let at = 0;
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) voxels[at++] = volume.voxels[i + ni * (j + nj * k)];
  const d = volume.direction;
  const origin = [0, 1, 2].map(
    (x) =>
      volume.origin[x] +
      i0 * volume.spacing[0] * d[x] +
      j0 * volume.spacing[1] * d[3 + x] +
      k0 * volume.spacing[2] * d[6 + x],
  ) as [number, number, number];
  return { ...volume, dims, origin, voxels };
}
