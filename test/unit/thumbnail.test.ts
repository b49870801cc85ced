import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { thumbnailBox, thumbnailPixels, thumbnailPng } from '../../native/volume/thumbnail.ts';
import type { Grid, Volume } from '../../native/volume/volume.ts';

const grid: Grid = {
  dims: [100, 80, 20],
  spacing: [0.8, 0.9, 3],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** One slice of fat in which every voxel that `inside` accepts is bright. */
function slice(
  dims: readonly [number, number],
  inside: (i: number, j: number) => boolean,
  flipI = false,
): Volume {
  const [ni, nj] = dims;
  const voxels = Int16Array.from({ length: ni * nj }, (_, n) =>
    inside(flipI ? ni - 1 - (n % ni) : n % ni, Math.floor(n / ni)) ? 240 : -100,
  );
  const direction: Grid['direction'] = [flipI ? -1 : 1, 0, 0, 0, 1, 0, 0, 0, 1];
  return { ...grid, direction, dims: [ni, nj, 1], voxels };
}

function pixels(volume: Volume): (x: number, y: number) => number {
  const { width, height, data, channels } = decode(thumbnailPng(volume));
  expect([width, height, channels]).toEqual([thumbnailPixels, thumbnailPixels, 1]);
  return (x, y) => Number(data[x + width * y]);
}

test('the box is the middle slice of the lesion with its surroundings, inside the volume', () => {
  const box = thumbnailBox(grid, [40, 30, 4, 59, 49, 8]);
  expect(box[2]).toBe(6);
  expect(box[5]).toBe(6);
  const sides = [(box[3] - box[0]) * 0.8, (box[4] - box[1]) * 0.9];
  for (const side of sides) expect(side).toBeCloseTo(40, -0.5);
  expect(thumbnailBox(grid, [0, 0, 0, 3, 3, 0]).slice(0, 2)).toEqual([0, 0]);
});

test('what is bright at the patient’s right is bright on the left, however the slice is stored', () => {
  const right = (i: number) => i < 20;
  for (const flip of [false, true]) {
    const at = pixels(slice([50, 44], right, flip));
    expect(at(10, 64)).toBeGreaterThan(200);
    expect(at(110, 64)).toBeLessThan(60);
  }
});

test('sides that differ by rounding leave no bar, a volume that ends does', () => {
  const bright = () => true;
  const nearly = pixels(slice([50, 45], bright));
  for (const edge of [0, thumbnailPixels - 1]) {
    expect(nearly(64, edge)).toBeGreaterThan(200);
    expect(nearly(edge, 64)).toBeGreaterThan(200);
  }
  const ended = pixels(slice([50, 20], bright));
  expect(ended(64, 2)).toBe(0);
  expect(ended(64, 64)).toBeGreaterThan(200);
});
