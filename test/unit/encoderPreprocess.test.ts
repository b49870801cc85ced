import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MultiPlaneManifest } from '../../native/encoder/manifest.ts';
import { measuredRegion } from '../../native/encoder/measuredRegion.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import type { Region } from '../../native/encoder/region.ts';
import { growBox, type Volume } from '../../native/volume/volume.ts';
import { dot, LesionEncoder, partOf } from '../../tools/encoder/models.ts';
import { anatomy, ballMask, centredGrid, cosine, identity, paint } from './encoder.fixtures.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
let manifest: MultiPlaneManifest;
let encoder: LesionEncoder;

beforeAll(async () => {
  encoder = await LesionEncoder.open(builtin);
  manifest = encoder.manifest;
});
afterAll(() => encoder.close());

const embed = (volume: Volume, region: Region) => encoder.embed(volume, region);

const fine = centredGrid([1, 1, 1], identity);
const ball = (grid = fine, radius = 8) => {
  const mask = ballMask(grid, radius);
  return { volume: paint(grid, anatomy(radius)), region: { box: mask.box, mask } };
};

test('the same anatomy stored mirrored, permuted or descending gives the same input', () => {
  const { volume, region } = ball();
  const expected = lesionInput(volume, region, manifest);
  for (const direction of [
    [-1, 0, 0, 0, -1, 0, 0, 0, 1],
    [1, 0, 0, 0, 1, 0, 0, 0, -1],
    [0, 1, 0, 0, 0, -1, 1, 0, 0],
  ] as const) {
    const other = ball(centredGrid([1, 1, 1], direction));
    const input = lesionInput(other.volume, other.region, manifest);
    for (let at = 0; at < input.pictures.length; at++) {
      if (Math.abs(input.pictures[at] - expected.pictures[at]) > 1e-4) expect.fail(`differs at ${at}`);
    }
    const measurements = expected.measurements ?? [];
    expect(measurements.length).toBeGreaterThan(0);
    for (const [m, value] of measurements.entries())
      expect((input.measurements?.[m] ?? Number.NaN) / value).toBeCloseTo(1, 3);
  }
});

test('anisotropic and oblique storage gives nearly the same embedding; another lesion does not', async () => {
  const { volume, region } = ball();
  const expected = await embed(volume, region);
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const stored = [
    centredGrid([0.7, 0.7, 2], identity),
    centredGrid([1, 1, 1], [c, s, 0, -s, c, 0, 0, 0, 1]),
    centredGrid([2, 0.8, 0.8], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
  ];
  const near = await Promise.all(
    stored.map(async (grid) => {
      const other = ball(grid);
      return cosine(await embed(other.volume, other.region), expected);
    }),
  );
  const large = ball(fine, 14);
  const far = cosine(await embed(large.volume, large.region), expected);
  for (const value of near) expect(value).toBeGreaterThan(0.97);
  expect(far).toBeLessThan(Math.min(...near) - 0.05);
});

test('a box grown by 3 mm without a mask stays nearest to its own lesion', async () => {
  const sizes = [5, 7, 9, 12];
  const library = await Promise.all(sizes.map((r) => embed(ball(fine, r).volume, ball(fine, r).region)));
  for (const [own, r] of sizes.entries()) {
    const { volume, region } = ball(fine, r);
    const query = await embed(volume, { box: growBox(region.box, 3, volume) });
    const scores = library.map((embedding) => cosine(query, embedding));
    expect(scores.indexOf(Math.max(...scores))).toBe(own);
  }
});

test('planes lie as named: a bright point left, behind and above appears where each plane puts it', () => {
  const target = [6, 6, 6];
  const volume = paint(fine, ([x, y, z]) => {
    const near = [x - target[0], y - target[1], z - target[2]];
    const onPlanes = [
      Math.hypot(near[0], near[1], z),
      Math.hypot(near[0], y, near[2]),
      Math.hypot(x, near[1], near[2]),
    ];
    return Math.min(...onPlanes) < 2.5 ? 300 : -500;
  });
  const mask = ballMask(fine, 4);
  const { pictures } = lesionInput(volume, { box: mask.box, mask }, manifest);
  const { size, planes, scales, windows } = manifest.input;
  const scale = scales.findIndex(({ kind }) => kind === 'fieldOfView');
  const pixel = 48 / size;
  // +x (left) and +y (behind) run right and down; +z (above) runs up.
  const expected = { axial: [6, 6], coronal: [6, -6], sagittal: [6, -6] };
  for (const [p, plane] of planes.entries()) {
    const from = ((scale * planes.length + p) * windows.length + 0) * size * size;
    const picture = pictures.subarray(from, from + size * size);
    let [sum, right, down] = [0, 0, 0];
    for (let at = 0; at < picture.length; at++) {
      // 300 HU in a window of −1000…1000.
      if (picture[at] < 0.5) continue;
      const [x, y] = [(at % size) - (size - 1) / 2, Math.floor(at / size) - (size - 1) / 2];
      if (Math.hypot(x * pixel - expected[plane][0], y * pixel - expected[plane][1]) > 5) continue;
      sum++;
      right += x * pixel;
      down += y * pixel;
    }
    expect(sum).toBeGreaterThan(5);
    expect(right / sum).toBeCloseTo(expected[plane][0], 0);
    expect(down / sum).toBeCloseTo(expected[plane][1], 0);
  }
});

test('fine detail is averaged, not aliased, where the crop is coarser than the voxels', () => {
  const grid = centredGrid([1, 1, 1], identity, 160);
  const mask = ballMask(grid, 36);
  const even = (n: number) => (Math.round(Math.abs(n)) % 2 === 0 ? 1 : -1);
  const volume = paint(grid, ([x, y]) => -600 + 600 * even(x) * even(y));
  const { pictures } = lesionInput(volume, { box: mask.box, mask }, manifest);
  const { size } = manifest.input;
  // 3 mm pixels of a 1 mm checkerboard about −600 HU: 300 HU are 0.15 of the window.
  for (const value of pictures.subarray(0, size * size)) expect(Math.abs(value - 0.2)).toBeLessThan(0.15);
});

test('without a mask the lesion is found in a box drawn too large and aside', () => {
  const { volume, region } = ball();
  const [i0, j0, k0, i1, j1, k1] = region.box;
  const drawn = measuredRegion(volume, { box: [i0 - 4, j0 - 2, k0 - 3, i1 + 1, j1 + 3, k1 + 2] });
  for (const mm of drawn.center) expect(Math.abs(mm)).toBeLessThan(1);
  expect(drawn.diameterMm / measuredRegion(volume, region).diameterMm).toBeCloseTo(1, 0);
});

test('a scan of one slice shows it in every plane and has typical measurements', () => {
  const thin = ball(centredGrid([1, 1, 60], identity, 70));
  const { dims } = thin.volume;
  const slice = {
    ...thin.volume,
    dims: [dims[0], dims[1], 1] as const,
    voxels: thin.volume.voxels.slice(0, dims[0] * dims[1]),
  };
  const side = dims[0] - 1;
  const input = lesionInput(
    slice,
    { box: [side / 2 - 8, side / 2 - 8, 0, side / 2 + 8, side / 2 + 8, 0] },
    manifest,
  );
  const { size, planes, measurements } = manifest.input;
  const picture = (n: number) => input.pictures.subarray(n * size * size, (n + 1) * size * size);
  for (const n of planes.keys()) expect(picture(n)).toEqual(picture(0));
  expect(input.measurements).toEqual(Float32Array.from(measurements?.of ?? [], ({ typical }) => typical));
});

test('preparing twice gives the same bits', () => {
  const { volume, region } = ball();
  expect(lesionInput(volume, region, manifest)).toEqual(lesionInput(volume, region, manifest));
});

test('an embedding and each of its parts have one length, whatever the lesion', async () => {
  const lengths: number[][] = [];
  for (const radius of [4, 8, 14]) {
    const { volume, region } = ball(fine, radius);
    for (const shown of [region, { box: region.box }]) {
      const embedding = await embed(volume, shown);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      const parts = manifest.output.parts.map(({ name }) => partOf(embedding, manifest, name));
      lengths.push(parts.map((part) => dot(part, part)));
    }
  }
  for (const part of lengths)
    for (const [at, length] of part.entries()) expect(length).toBeCloseTo(lengths[0][at], 5);
});

test('what cannot be embedded is refused: outside, a misfitting mask, not-a-number', () => {
  const { volume, region } = ball();
  expect(() => lesionInput(volume, { box: [0, 0, 0, 999, 5, 5] }, manifest)).toThrow('not inside');
  const short = { box: region.box, bits: new Uint8Array(3) };
  expect(() => lesionInput(volume, { box: region.box, mask: short }, manifest)).toThrow('does not fit');
  const broken = { ...volume, voxels: volume.voxels.map(() => Number.NaN) };
  expect(() => lesionInput(broken, region, manifest)).toThrow('not numbers');
});
