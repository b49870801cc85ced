import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { combine } from '../../native/encoder/encode.ts';
import { squaredDistanceTo } from '../../native/encoder/fields.ts';
import { loadManifest, type MultiPlaneManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { type MeasurementName, measure } from '../../native/encoder/measurements.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import { type Region, sampleRegion } from '../../native/encoder/region.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { growBox, type Volume } from '../../native/volume/volume.ts';
import { anatomy, ballMask, centredGrid, cosine, identity, paint } from './encoder.fixtures.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
let manifest: MultiPlaneManifest;
let session: EncoderSession;

beforeAll(async () => {
  manifest = multiPlane(await loadManifest(builtin));
  session = await EncoderSession.open(manifest, builtin);
});
afterAll(() => session.close());

async function embed(volume: Volume, region: Region): Promise<Float32Array> {
  const input = lesionInput(volume, region, manifest);
  return combine(await session.run(input.tensor, 1), input, manifest);
}

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
    for (let at = 0; at < input.tensor.length; at++) {
      if (Math.abs(input.tensor[at] - expected.tensor[at]) > 1e-4) expect.fail(`differs at ${at}`);
    }
    for (const [m, value] of expected.measurements.entries())
      expect(input.measurements[m]).toBeCloseTo(value, 3);
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
  for (const value of near) expect(value).toBeGreaterThan(0.98);
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
  const { tensor } = lesionInput(volume, { box: mask.box, mask }, manifest);
  const { size, planes, scales, windows } = manifest.input;
  const scale = scales.findIndex(({ kind }) => kind === 'fieldOfView');
  const pixel = 50 / size;
  // +x (left) and +y (behind) run right and down; +z (above) runs up.
  const expected = { axial: [6, 6], coronal: [6, -6], sagittal: [6, -6] };
  for (const [p, plane] of planes.entries()) {
    const from = ((scale * planes.length + p) * windows.length + 0) * size * size;
    const picture = tensor.subarray(from, from + size * size);
    let [sum, right, down] = [0, 0, 0];
    for (let at = 0; at < picture.length; at++) {
      if (picture[at] < 0.9) continue;
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
  const { tensor } = lesionInput(volume, { box: mask.box, mask }, manifest);
  const { size } = manifest.input;
  // 2.25 mm pixels of a 1 mm checkerboard about −600 HU, the middle of the first window.
  for (const value of tensor.subarray(0, size * size)) expect(Math.abs(value - 0.5)).toBeLessThan(0.2);
});

test('measurements of an ellipsoid agree with geometry', () => {
  const axes = [12, 9, 6];
  const grid = centredGrid([0.8, 0.8, 0.8], identity);
  const inside = (x: number, y: number, z: number) =>
    (x / axes[0]) ** 2 + (y / axes[1]) ** 2 + (z / axes[2]) ** 2 <= 1;
  const volume = paint(grid, ([x, y, z]) => (inside(x, y, z) ? 40 : -800));
  const full = ballMask(grid, 13);
  const [i0, j0, k0, i1, j1] = full.box;
  const bits = full.bits.map((_, at) => {
    const [ni, nj] = [i1 - i0 + 1, j1 - j0 + 1];
    const [i, j, k] = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
    const mm = [i0 + i, j0 + j, k0 + k].map((index, axis) => (index - (grid.dims[axis] - 1) / 2) * 0.8);
    return inside(mm[0], mm[1], mm[2]) ? 1 : 0;
  });
  const measured = measure(sampleRegion(volume, { box: full.box, mask: { box: full.box, bits } }));
  const volumeMm3 = (4 / 3) * Math.PI * axes[0] * axes[1] * axes[2];
  // Knud Thomsen's approximation of an ellipsoid's surface, p = 1.6075.
  const p = 1.6075;
  const [a, b, c] = axes.map((axis) => axis ** p);
  const area = 4 * Math.PI * ((a * b + a * c + b * c) / 3) ** (1 / p);
  const expected: [MeasurementName, number, number][] = [
    ['logVolume', Math.log10(volumeMm3), 0.01],
    ['logDiameter', Math.log10(24), 0.01],
    ['elongation', 0.75, 0.03],
    ['flatness', 0.5, 0.03],
    ['sphericity', (Math.PI ** (1 / 3) * (6 * volumeMm3) ** (2 / 3)) / area, 0.05],
    ['coreHu', 40, 1],
    ['ball3', 40, 1],
    ['p50', 40, 1],
    ['surroundHu', -800, 30],
  ];
  for (const [name, value, tolerance] of expected) {
    expect(Math.abs(measured[name] - value), name).toBeLessThanOrEqual(tolerance);
  }
});

test('the distance transform equals a search over all points', () => {
  const dims = [7, 6, 5] as const;
  const inside = new Uint8Array(7 * 6 * 5);
  for (const at of [3, 80, 81, 190]) inside[at] = 1;
  const place = (at: number) => [at % 7, Math.floor(at / 7) % 6, Math.floor(at / 42)];
  const found = squaredDistanceTo(inside, 1, dims);
  const outside = inside.map((bit) => 1 - bit);
  expect(squaredDistanceTo(outside, 0, dims)).toEqual(found);
  const near = squaredDistanceTo(inside, 1, dims, 2);
  for (let at = 0; at < inside.length; at++) {
    const all = [3, 80, 81, 190].map((other) =>
      Math.hypot(...place(at).map((x, axis) => x - place(other)[axis])),
    );
    expect(Math.sqrt(found[at])).toBeCloseTo(Math.min(...all), 5);
    if (Math.min(...all) <= 2) expect(near[at]).toBe(found[at]);
    else expect(near[at]).toBeGreaterThan(4);
  }
});

test('preparing twice gives the same bits', () => {
  const { volume, region } = ball();
  expect(lesionInput(volume, region, manifest)).toEqual(lesionInput(volume, region, manifest));
});

test('an embedding has length one; a drawn region counts its estimates less', async () => {
  const { volume, region } = ball();
  const masked = await embed(volume, region);
  const drawn = await embed(volume, { box: region.box });
  expect(Math.hypot(...masked)).toBeCloseTo(1, 5);
  expect(Math.hypot(...drawn)).toBeCloseTo(1, 5);
  const at = manifest.output.dim;
  expect(Math.hypot(drawn[at], drawn[at + 1])).toBeLessThan(0.7 * Math.hypot(masked[at], masked[at + 1]));
});

test('what cannot be embedded is refused: outside, a misfitting mask, not-a-number, constant', () => {
  const { volume, region } = ball();
  expect(() => lesionInput(volume, { box: [0, 0, 0, 999, 5, 5] }, manifest)).toThrow('not inside');
  const short = { box: region.box, bits: new Uint8Array(3) };
  expect(() => lesionInput(volume, { box: region.box, mask: short }, manifest)).toThrow('does not fit');
  const broken = { ...volume, voxels: volume.voxels.map(() => Number.NaN) };
  expect(() => lesionInput(broken, region, manifest)).toThrow('not numbers');

  const input = lesionInput(volume, region, manifest);
  const good = Float32Array.from({ length: manifest.output.dim }, (_, at) => Math.sin(at));
  const holed = Float32Array.from(good);
  holed[5] = Number.NaN;
  expect(() => combine(holed, input, manifest)).toThrow('not numbers');
  expect(() => combine(new Float32Array(good.length).fill(0.3), input, manifest)).toThrow('constant');
  expect(() => combine(good.subarray(1), input, manifest)).toThrow('values');
  const measurements = Float32Array.from(input.measurements);
  measurements[0] = Number.NaN;
  expect(() => combine(good, { ...input, measurements }, manifest)).toThrow('not a number');
});
