import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MultiPlaneManifest } from '../../native/encoder/manifest.ts';
import { measuredRegion } from '../../native/encoder/measuredRegion.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import { preprocessingHash } from '../../native/encoder/preprocessingHash.ts';
import type { Region } from '../../native/encoder/region.ts';
import { boxExtent } from '../../native/encoder/sampling.ts';
import { createRandom } from '../../native/random.ts';
import { growBox, type Volume } from '../../native/volume/volume.ts';
import { dot, LesionEncoder, partOf } from '../../tools/encoder/models.ts';
import { redrawn } from '../../tools/encoder/redraw.ts';
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

test.each([
  ['mask', (region: Region) => region],
  ['box', ({ box }: Region) => ({ box })],
] as const)(
  'the same anatomy stored mirrored, permuted or descending gives the same input by its %s',
  (_by, of) => {
    const { volume, region } = ball();
    const expected = lesionInput(volume, of(region), manifest);
    for (const direction of [
      [-1, 0, 0, 0, -1, 0, 0, 0, 1],
      [1, 0, 0, 0, 1, 0, 0, 0, -1],
      [0, 1, 0, 0, 0, -1, 1, 0, 0],
    ] as const) {
      const other = ball(centredGrid([1, 1, 1], direction));
      const input = lesionInput(other.volume, of(other.region), manifest);
      for (let at = 0; at < input.pictures.length; at++) {
        if (Math.abs(input.pictures[at] - expected.pictures[at]) > 1e-4) expect.fail(`differs at ${at}`);
      }
      const measurements = expected.measurements ?? [];
      expect(measurements.length).toBeGreaterThan(0);
      for (const [m, value] of measurements.entries())
        expect((input.measurements?.[m] ?? Number.NaN) / value).toBeCloseTo(1, 3);
    }
  },
);

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

test('without a mask a lesion on the pleura is found in boxes drawn too large, too small and aside', () => {
  const radius = 8;
  const lesion = anatomy(radius);
  const volume = paint(fine, (at) => (at[0] > radius - 2 ? 40 : lesion(at)));
  const { box } = ballMask(fine, radius);
  const random = createRandom(1, 'boxes');
  for (let draw = 0; draw < 30; draw++) {
    const { center, diameterMm } = measuredRegion(volume, { box: redrawn(box, volume, random) });
    expect(Math.hypot(...center) / (2 * radius)).toBeLessThan(0.2);
    expect(Math.abs(Math.log(diameterMm / (2 * radius)))).toBeLessThan(0.25);
  }
});

test('a box without contrast stays where it was drawn', () => {
  const volume = paint(fine, () => 40);
  const { center, diameterMm } = measuredRegion(volume, { box: [20, 20, 20, 29, 29, 29] });
  const drawn = boxExtent(volume, [20, 20, 20, 29, 29, 29]);
  expect(center).toEqual(drawn.center);
  expect(diameterMm).toBeCloseTo(10, 6);
});

test('what a library has embedded by masks stays comparable while the preprocessing version does', () => {
  const { volume, region } = ball(centredGrid([0.8, 0.8, 2.5], identity));
  const { pictures, measurements } = lesionInput(volume, region, manifest);
  const points = manifest.input.size ** 2;
  const means = [0, 3].map((at) => {
    const picture = pictures.subarray(at * points, (at + 1) * points);
    return picture.reduce((sum, value) => sum + value, 0) / points;
  });
  // A difference here makes embeddings of libraries wrong: raise the version in preprocessingHash.ts with it.
  expect(preprocessingHash(manifest)).toMatch(/^3e44e034/);
  const expected = [0.173256, 0.127099, 5.72793, 6.87552, -122, -370, 19, 0.866185, 21444.98, 0.979124, 2113];
  for (const [n, value] of [...means, ...(measurements ?? [])].entries())
    expect(value / expected[n]).toBeCloseTo(1, 4);
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
