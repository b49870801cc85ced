import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Embedder } from '../../native/encoder/embedder.ts';
import { pooled } from '../../native/encoder/pooling.ts';
import { tryEncoder } from '../../native/encoder/trial.ts';
import type { Box, Grid, Volume, VoxelSource } from '../../native/volume/volume.ts';
import { type Fault, tiny, weight, writeEncoder } from '../support/encoderFolder.ts';
import { inferenceHere } from '../support/inference.ts';
import { ballMask, centredGrid, cosine, identity, paint } from './encoder.fixtures.ts';

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-kinds-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(
  manifest: Record<string, unknown>,
  options: Parameters<typeof writeEncoder>[2] = {},
): Promise<Embedder> {
  return Embedder.open(await writeEncoder(join(folder, `${made++}`), manifest, options), inferenceHere());
}

function withInput(kind: keyof typeof tiny, input: Record<string, unknown>): Record<string, unknown> {
  return { ...tiny[kind], input: { ...(tiny[kind].input as object), ...input } };
}

function source(volume: Volume): VoxelSource {
  const readBox = async ([i0, j0, k0, i1, j1, k1]: Box): Promise<Volume> => {
    const [ni, nj] = volume.dims;
    const voxels: number[] = [];
    for (let k = k0; k <= k1; k++)
      for (let j = j0; j <= j1; j++)
        for (let i = i0; i <= i1; i++) voxels.push(volume.voxels[i + ni * (j + nj * k)]);
    const { origin: o, spacing: s, direction: d } = volume;
    const at = (x: number) => o[x] + i0 * s[0] * d[x] + j0 * s[1] * d[3 + x] + k0 * s[2] * d[6 + x];
    return {
      ...volume,
      dims: [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1],
      origin: [at(0), at(1), at(2)],
      voxels: Float32Array.from(voxels),
    };
  };
  return { grid: volume, readBox };
}

/** What the tiny matrix model gives for an input, before it is brought to length 1. */
function product(input: ArrayLike<number>, dim = 6, seed = 0): Float32Array {
  return Float32Array.from({ length: dim }, (_, n) => {
    let sum = 0;
    for (let at = 0; at < input.length; at++) sum += input[at] * weight(seed, at, n);
    return sum / input.length;
  });
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 4): void {
  expect(actual.length).toBe(expected.length);
  for (let at = 0; at < expected.length; at++) expect(actual[at]).toBeCloseTo(expected[at], digits);
}

/** 16 × 16 × 5 voxels of 1 mm, each slice another pattern. */
const grid: Grid = { dims: [16, 16, 5], spacing: [1, 1, 3], origin: [0, 0, 0], direction: identity };
const hu = (i: number, j: number, k: number) => 40 + 90 * Math.sin(i / 2 + k) + 60 * Math.cos(j / 3 - k);
const volume: Volume = {
  ...grid,
  voxels: Float32Array.from({ length: 16 * 16 * 5 }, (_, at) =>
    hu(at % 16, Math.floor(at / 16) % 16, Math.floor(at / 256)),
  ),
};
const window = (value: number) => Math.min(1, Math.max(0, (value + 160) / 400));
const slice = (k: number) => Array.from(volume.voxels.subarray(k * 256, (k + 1) * 256), window);
const region = { box: [4, 5, 1, 9, 8, 3] as Box };

test('poolings equal what is worked out by hand', () => {
  const vectors = [[1, 8, 0], [3, 2, 0], [2, 2, 6], [6, 0, 2]].map((values) => Float32Array.from(values)); // biome-ignore format: one table
  expect([...pooled(vectors, 'median')]).toEqual([2.5, 2, 1]);
  expect([...pooled(vectors.slice(1), 'median')]).toEqual([3, 2, 2]);
  expect([...pooled(vectors, 'max')]).toEqual([6, 8, 6]);
  expect([...pooled(vectors, 'mean')]).toEqual([3, 3, 2]);
  expectNear(pooled(vectors, 'std'), [Math.sqrt(3.5), 3, Math.sqrt(6)], 6);
  expect([...pooled([vectors[0]], 'std')]).toEqual([0, 0, 0]);
});

describe('a slice encoder', () => {
  test('embeds every slice of a volume whole, and joins them by every pooling', async () => {
    const embedder = await open(tiny.slice);
    const { slices, volume: joined } = await embedder.embedWhole(source(volume));
    const expected = [0, 1, 2, 3, 4].map((k) => unit(product(slice(k))));
    expect(slices.map(({ slice: k }) => k)).toEqual([0, 1, 2, 3, 4]);
    for (const [k, { vector }] of slices.entries()) expectNear(vector, expected[k]);
    expect([...joined.keys()]).toEqual(['median', 'max', 'mean', 'std']);
    for (const pooling of ['median', 'max', 'mean', 'std'] as const) {
      const byHand = pooled(expected, pooling);
      expectNear(joined.get(pooling) ?? [], unit(byHand), 3);
    }
    expect(embedder.keysOf('volume').map((key) => key.pooling)).toEqual([...joined.keys()]);
  });

  test('sees a lesion in the slices that it crosses: whole where the crop rule says so', async () => {
    const embedder = await open(withInput('slice', { crop: { kind: 'slice' } }));
    const crossed = await embedder.embedLesionSlices(source(volume), region);
    expect(crossed.map(({ slice: k }) => k)).toEqual([1, 2, 3]);
    for (const { slice: k, vector } of crossed) expectNear(vector, unit(product(slice(k))));
    const [lesion] = await embedder.embed(source(volume), [region]);
    const vectors = crossed.map(({ vector }) => vector);
    expectNear(lesion, unit(pooled(vectors, 'mean')));
    // The mask has nothing in slice 2.
    const bits = new Uint8Array(6 * 4 * 3).fill(1).fill(0, 24, 48);
    const holed = await embedder.embedLesionSlices(source(volume), {
      ...region,
      mask: { box: region.box, bits },
    });
    expect(holed.map(({ slice: k }) => k)).toEqual([1, 3]);
  });

  test('sees a square around the lesion where the crop rule says so', async () => {
    // Six voxels wide, four high: twice the longer edge is 12 mm, about the middle of the box at 7 and 7 mm from the corner.
    const crop = await open(withInput('slice', { size: 12 }));
    const [{ vector }] = await crop.embedLesionSlices(source(volume), { box: [4, 5, 2, 9, 8, 2] });
    const shown = Array.from({ length: 144 }, (_, at) =>
      window(hu(1 + (at % 12), 1 + Math.floor(at / 12), 2)),
    );
    expectNear(vector, unit(product(shown)));
    const field = await open(withInput('slice', { size: 12, crop: { kind: 'fieldOfView', mm: 12 } }));
    const [same] = await field.embedLesionSlices(source(volume), { box: [6, 6, 2, 7, 7, 2] });
    expectNear(same.vector, unit(product(shown)));
  });

  test('shows the patient the right way round however the slice is stored', async () => {
    const embedder = await open(withInput('slice', { crop: { kind: 'slice' } }));
    const expected = (await embedder.embedWhole(source(volume))).slices[2].vector;
    const stored = (direction: Grid['direction'], at: (i: number, j: number) => [number, number]) => {
      const voxels = Float32Array.from({ length: 256 }, (_, n) => hu(...at(n % 16, Math.floor(n / 16)), 2));
      return source({ ...grid, dims: [16, 16, 1], direction, voxels });
    };
    for (const other of [
      stored([-1, 0, 0, 0, -1, 0, 0, 0, 1], (i, j) => [15 - i, 15 - j]),
      stored([0, 1, 0, 1, 0, 0, 0, 0, 1], (i, j) => [j, i]),
      stored([0, -1, 0, 1, 0, 0, 0, 0, 1], (i, j) => [j, 15 - i]),
    ]) {
      expectNear((await embedder.embedWhole(other)).slices[0].vector, expected);
    }
    // A coronal slice: the head, +z, is above.
    const coronal = stored([1, 0, 0, 0, 0, 1, 0, 1, 0], (i, j) => [i, 15 - j]);
    expectNear((await embedder.embedWhole(coronal)).slices[0].vector, expected);
  });

  test('repeats one window over three channels, normalises them, and puts them last where the layout says so', async () => {
    const input = { channels: 3, mean: [0.1, 0.2, 0.3], std: [0.5, 0.4, 0.2], crop: { kind: 'slice' } };
    const planes = input.mean.map((mean, c) => slice(2).map((value) => (value - mean) / input.std[c]));
    const first = await open(withInput('slice', input));
    expectNear((await first.embedWhole(source(volume))).slices[2].vector, unit(product(planes.flat())), 3);
    const last = await open(withInput('slice', { ...input, layout: 'NHWC' }));
    const byPoint = Array.from({ length: 768 }, (_, at) => planes[at % 3][Math.floor(at / 3)]);
    expectNear((await last.embedWhole(source(volume))).slices[2].vector, unit(product(byPoint)), 3);
  });

  test('prepares slices as CLIP does: 8-bit grey, squashed or cropped to the size', async () => {
    const input = { channels: 3, resize: { kind: 'clip', mode: 'shortest' }, crop: { kind: 'slice' } };
    const embedder = await open(withInput('slice', input));
    const grey = slice(2).map((value) => Math.floor(value * 255 + 0.5) / 255);
    const { vector } = (await embedder.embedWhole(source(volume))).slices[2];
    expectNear(vector, unit(product([...grey, ...grey, ...grey])));
  });
});

describe('a volume encoder', () => {
  const fine = centredGrid([1, 1, 1], identity, 40);
  const linear = paint(fine, ([x, y, z]) => 40 + 3 * x + 2 * y - 4 * z);
  const ball = ballMask(fine, 6);
  /** The HU of the painted volume on a grid about the origin: width, then height, then depth, `steps` mm apart. */
  const sampled = (steps: readonly number[]) => {
    const [depth, height, width] = [8, 12, 16];
    const values: number[] = [];
    for (let z = 0; z < depth; z++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const at = [x - (width - 1) / 2, y - (height - 1) / 2, z - (depth - 1) / 2].map(
            (n, axis) => n * steps[axis],
          );
          values.push(window(40 + 3 * at[0] + 2 * at[1] - 4 * at[2]));
        }
    return values;
  };

  test('takes a lesion scaled to its size, at a fixed spacing or in a fixed field', async () => {
    const side = ball.box[3] - ball.box[0] + 1;
    const cases = [
      [{ kind: 'lesion', margin: 1.5 }, (1.5 * side) / 16],
      [{ kind: 'fieldOfView', mm: 24 }, 1.5],
    ] as const;
    for (const [crop, step] of cases) {
      const embedder = await open(withInput('volume', { crop }));
      const [vector] = await embedder.embed(source(linear), [{ box: ball.box, mask: ball }]);
      expectNear(vector, unit(product(sampled([step, step, step]))), 3);
    }
    const spaced = await open(withInput('volume', { crop: { kind: 'spacing', mm: [1, 1.5, 2] } }));
    const [vector] = await spaced.embed(source(linear), [{ box: ball.box }]);
    expectNear(vector, unit(product(sampled([1, 1.5, 2]))), 3);
  });

  test('takes a whole volume stretched into its input, and the mask as a channel of its own', async () => {
    const embedder = await open(withInput('volume', { maskChannel: true }));
    const [nx] = fine.dims;
    const whole = (await embedder.embedWhole(source(linear))).volume.get('') ?? [];
    const expected = [...sampled([nx / 16, nx / 12, nx / 8]), ...new Array(8 * 12 * 16).fill(0)];
    expectNear(whole, unit(product(expected)), 2);
    const [masked] = await embedder.embed(source(linear), [{ box: ball.box, mask: ball }]);
    const [drawn] = await embedder.embed(source(linear), [{ box: ball.box }]);
    expect(cosine(masked, drawn)).toBeLessThan(0.999);
  });

  test('puts channels last where the layout says so', async () => {
    const windows = [{ center: 40, width: 400 }, { center: 0, width: 100 }]; // biome-ignore format: two windows
    const crop = { kind: 'fieldOfView', mm: 16 };
    const [vector] = await (await open(withInput('volume', { windows, crop, layout: 'NDHWC' }))).embed(
      source(linear),
      [{ box: ball.box }],
    );
    const first = sampled([1, 1, 1]);
    const second = first.map((value) => Math.min(1, Math.max(0, (value * 400 - 160 + 50) / 100)));
    expectNear(vector, unit(product(first.flatMap((value, at) => [value, second[at]]))), 3);
  });
});

describe('a multi-plane encoder', () => {
  test('shows the mask beside each picture, and nothing where there is none', async () => {
    const fine = centredGrid([1, 1, 1], identity, 50);
    const painted = paint(fine, ([x, y]) => 40 + 2 * x + y);
    const mask = ballMask(fine, 6);
    const embedder = await open(tiny['multi-plane']);
    const [masked] = await embedder.embed(source(painted), [{ box: mask.box, mask }]);
    const [drawn] = await embedder.embed(source(painted), [{ box: mask.box }]);
    const pictures = ['axial', 'coronal', 'sagittal'].map((plane) =>
      Array.from({ length: 256 }, (_, at) => {
        const [right, down] = [((at % 16) - 7.5) * 2.5, (Math.floor(at / 16) - 7.5) * 2.5];
        return window(40 + (plane === 'axial' ? 2 * right + down : plane === 'coronal' ? 2 * right : right));
      }),
    );
    const none = new Array(256).fill(0);
    expectNear(drawn, unit(product(pictures.flatMap((picture) => [...picture, ...none]))), 3);
    expect(cosine(masked, drawn)).toBeLessThan(0.9999);
  });

  test('shows the stored slice for every plane of a volume of two slices', async () => {
    const embedder = await open(withInput('multi-plane', { maskChannel: false, shape: [3, 16, 16] }));
    const flat: Grid = { dims: [64, 64, 2], spacing: [1, 1, 5], origin: [0, 0, 0], direction: identity };
    const painted = paint(flat, ([x, y]) => 40 + 3 * (x - 31.5) + 5 * (y - 31.5));
    const [vector] = await embedder.embed(source(painted), [{ box: [28, 28, 0, 35, 35, 1] }]);
    const picture = Array.from({ length: 256 }, (_, at) =>
      window(40 + 3 * ((at % 16) - 7.5) * 2.5 + 5 * (Math.floor(at / 16) - 7.5) * 2.5),
    );
    expectNear(vector, unit(product([...picture, ...picture, ...picture])), 3);
  });
});

describe('a text encoder', () => {
  test('gives each text the mean of its tokens, whatever stands beside it', async () => {
    const embedder = await open(tiny.text);
    const [ab, long] = await embedder.embedTexts(['ab', 'c3 '.repeat(100)]);
    // [CLS] is 2, [SEP] 3; a is 6, and b in a word 6 + 36 + 1.
    const row = (token: number) => Float32Array.from({ length: 6 }, (_, n) => weight(0, token, n));
    expectNear(ab, unit(pooled([2, 6, 43, 3].map(row), 'mean')));
    expect((await embedder.embedTexts(['ab']))[0]).toEqual(ab);
    expect(cosine(ab, long)).toBeLessThan(0.999);
    expect(embedder.key).toMatchObject({ level: 'caption', pooling: '' });
  });

  test('embeds no lesions, as image encoders embed no texts', async () => {
    const text = await open(tiny.text);
    await expect(text.embed(source(volume), [region])).rejects.toThrow('tiny-text embeds texts only');
    const image = await open(tiny.volume);
    await expect(image.embedTexts(['a'])).rejects.toThrow('tiny-volume embeds no texts');
    await expect(image.embedLesionSlices(source(volume), region)).rejects.toThrow('embeds no slices');
  });
});

describe('the trial', () => {
  test.each(Object.keys(tiny) as (keyof typeof tiny)[])('passes a sound encoder of kind %s', async (kind) => {
    expect(await tryEncoder(await open(tiny[kind]))).toMatchObject({ deterministic: true });
  });

  const faults: [Fault | 'size', string][] = [
    ['nan', 'not numbers'],
    ['constant', 'constant output'],
    ['deaf', 'same vector for different lesions'],
    ['size', 'not what its manifest says'],
  ];
  test.each(faults)('refuses a model that is %s', async (fault, says) => {
    const embedder = await open(tiny.slice, fault === 'size' ? { dim: 5 } : { fault });
    await expect(tryEncoder(embedder)).rejects.toThrow(says);
  });

  test('refuses a text encoder that hears nothing', async () => {
    await expect(tryEncoder(await open(tiny.text, { fault: 'deaf' }))).rejects.toThrow('different texts');
  });
});
