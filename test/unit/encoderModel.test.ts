import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadManifest, type MultiPlaneManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { kinds } from '../../tools/encoder/filterBankTables.mjs';
import {
  morletKernels,
  octaves,
  orders,
  orientations,
  rings,
  size,
} from '../../tools/encoder/scattering.mjs';

/** The filter bank, against which the built-in encoder is measured. */
const folder = mkdtempSync(join(tmpdir(), 'filter-bank-'));
let manifest: MultiPlaneManifest;
let session: EncoderSession;

beforeAll(async () => {
  const script = resolve(import.meta.dirname, '../../tools/encoder/writeFilterBank.mjs');
  execFileSync(process.execPath, [script, folder]);
  manifest = multiPlane(await loadManifest(folder));
  session = await EncoderSession.open(manifest, folder);
});
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true });
});

/** A seeded picture stack with edges, gradients and noise. */
function randomInput(seed: number): Float32Array {
  const [channels] = manifest.input.shape;
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const input = new Float32Array(channels * size * size);
  for (let c = 0, at = 0; c < channels; c++) {
    const [cx, cy, radius] = [20 + 24 * random(), 20 + 24 * random(), 5 + 15 * random()];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const disc = Math.hypot(x - cx, y - cy) < radius ? 0.5 : 0.1;
        input[at++] = Math.min(1, disc + 0.2 * random() + (0.2 * x) / size);
      }
    }
  }
  return input;
}

type Picture = { readonly width: number; readonly values: Float64Array };

const clampIndex = (n: number, width: number) => Math.min(width - 1, Math.max(0, n));

/** Cross-correlation with a square kernel, the border repeated; every `stride`-th pixel. */
function filter({ width, values }: Picture, kernel: ArrayLike<number>, stride: number): Picture {
  const radius = (Math.sqrt(kernel.length) - 1) / 2;
  const out = width / stride;
  const result = new Float64Array(out * out);
  for (let y = 0; y < out; y++) {
    for (let x = 0; x < out; x++) {
      let sum = 0;
      for (let v = -radius, at = 0; v <= radius; v++) {
        for (let u = -radius; u <= radius; u++, at++) {
          const row = clampIndex(y * stride + v, width);
          sum += kernel[at] * values[row * width + clampIndex(x * stride + u, width)];
        }
      }
      result[y * out + x] = sum;
    }
  }
  return { width: out, values: result };
}

const binomial = [1, 4, 6, 4, 1].flatMap((a) => [1, 4, 6, 4, 1].map((b) => (a * b) / 256));
const halve = (picture: Picture) => filter(picture, binomial, 2);

/** The mean over the orientations of the wavelet modulus. */
function meanModulus(picture: Picture): Picture {
  const kernels = morletKernels();
  const area = kernels.length / (2 * orientations);
  const sum = new Float64Array(picture.values.length);
  for (let l = 0; l < orientations; l++) {
    const [re, im] = [l, l + orientations].map((n) =>
      filter(picture, kernels.subarray(n * area, (n + 1) * area), 1),
    );
    for (let at = 0; at < sum.length; at++)
      sum[at] += Math.hypot(re.values[at], im.values[at]) / orientations;
  }
  return { width: picture.width, values: sum };
}

function pool({ width, values }: Picture, names: readonly string[]): number[] {
  return rings
    .filter(({ name }) => names.includes(name))
    .map(({ radius, sd }) => {
      let [sum, total] = [0, 0];
      for (let at = 0; at < values.length; at++) {
        const x = ((at % width) + 0.5) / width - 0.5;
        const y = (Math.floor(at / width) + 0.5) / width - 0.5;
        const weight = Math.exp(-((Math.hypot(x, y) - radius) ** 2) / (2 * sd * sd));
        sum += weight * values[at];
        total += weight;
      }
      return sum / total;
    });
}

/** The angles of one picture's coefficients with their orders, straight from the definition. */
function scatter(picture: Picture): { order: keyof typeof orders; angle: number }[] {
  const all = rings.map(({ name }) => name);
  const angles = (order: keyof typeof orders, coefficients: number[]) =>
    coefficients.map((s) => {
      const { floor, gain } = orders[order];
      return { order, angle: gain * (floor > 0 ? Math.log(1 + s / floor) : s) };
    });
  const result = angles('mean', pool(picture, all));
  const second: ReturnType<typeof angles> = [];
  let low = picture;
  for (let j = 0; j < octaves; j++) {
    const modulus = meanModulus(low);
    result.push(...angles('first', pool(modulus, all)));
    let m = modulus;
    for (let j2 = j + 1; j2 < octaves; j2++) {
      m = halve(m);
      second.push(...angles('second', pool(meanModulus(m), ['centre', 'border'])));
    }
    if (j + 1 < octaves) low = halve(low);
  }
  return [...result, ...second];
}

test('the graph computes the scattering that a direct implementation computes', async () => {
  const input = randomInput(7);
  const output = await session.run(input, 1);
  const { planes, scales, windows } = manifest.input;
  const parts: { length: number; angle: number }[] = [];
  for (let s = 0; s < scales.length; s++) {
    for (let w = 0; w < windows.length; w++) {
      const perPlane = planes.map((_, p) => {
        const at = ((s * planes.length + p) * windows.length + w) * size * size;
        return scatter({ width: size, values: Float64Array.from(input.subarray(at, at + size * size)) });
      });
      const weightSum = Object.values(orders).reduce((sum, { weight }) => sum + weight, 0);
      for (const [f, { order }] of perPlane[0].entries()) {
        const sameOrder = perPlane[0].filter((other) => other.order === order).length;
        const share =
          (kinds.lesion.scaleShares[s] / windows.length) * (orders[order].weight / weightSum / sameOrder);
        const angle = perPlane.reduce((sum, plane) => sum + plane[f].angle, 0) / planes.length;
        parts.push({ length: Math.sqrt(share), angle });
      }
    }
  }
  const expected = [
    ...parts.map(({ length, angle }) => length * Math.cos(angle)),
    ...parts.map(({ length, angle }) => length * Math.sin(angle)),
  ];
  expect(output.length).toBe(expected.length);
  for (const [at, value] of expected.entries()) expect(output[at]).toBeCloseTo(value, 4);
  expect(Math.hypot(...output)).toBeCloseTo(1, 5);
}, 60_000);

test('a batch gives the rows that single runs give, and the same input the same bits', async () => {
  const [a, b] = [randomInput(1), randomInput(2)];
  const both = await session.run(Float32Array.from([...a, ...b]), 2);
  const [rowA, rowB] = [await session.run(a, 1), await session.run(b, 1)];
  for (const [at, value] of [...rowA, ...rowB].entries()) expect(both[at]).toBeCloseTo(value, 5);
  expect(await session.run(a, 1)).toEqual(rowA);
  expect(rowA).not.toEqual(rowB);
});

test('a batch of the wrong length is refused', async () => {
  await expect(session.run(new Float32Array(10), 1)).rejects.toMatchObject({ kind: 'usage' });
  await expect(session.run(randomInput(1), 2)).rejects.toMatchObject({ kind: 'usage' });
});

test('a manifest that names another output is refused', async () => {
  const wrong = { ...manifest, output: { ...manifest.output, name: 'nothing' } };
  await expect(EncoderSession.open(wrong, folder)).rejects.toMatchObject({ kind: 'unreadable' });
  const narrow = { ...manifest, output: { ...manifest.output, dim: 5 } };
  const other = await EncoderSession.open(narrow, folder);
  await expect(other.run(randomInput(1), 1)).rejects.toMatchObject({ kind: 'unreadable' });
  await other.close();
});
