/** The built-in encoder for shapes: what it sees of a mask, and what must not matter to it. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadManifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { lesionBlock } from '../../native/encoder/volumeInput.ts';
import { asShape } from '../../native/engine/imageFile.ts';
import { tightenMask } from '../../native/lesion/mask.ts';
import type { Vec3, Volume } from '../../native/volume/volume.ts';

const folder = resolve(import.meta.dirname, '../../resources/encoders/shape');
const side = 64;
let session: EncoderSession;

beforeAll(async () => {
  session = await EncoderSession.open(await loadManifest(folder), folder);
});
afterAll(() => session.close());

/** Of voxels of 1 mm; `has` is asked with the distance from the volume's middle. */
function shapeOf(has: (x: number, y: number, z: number) => boolean, origin: Vec3 = [0, 0, 0]): Volume {
  const voxels = new Int16Array(side ** 3);
  const middle = (side - 1) / 2;
  for (let k = 0, at = 0; k < side; k++) {
    for (let j = 0; j < side; j++)
      for (let i = 0; i < side; i++, at++) voxels[at] = Number(has(i - middle, j - middle, k - middle));
  }
  return {
    dims: [side, side, side],
    spacing: [1, 1, 1],
    origin,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels,
  };
}

function input(volume: Volume): Float32Array {
  const { manifest } = session;
  if (manifest.kind !== 'volume') throw new Error('of another kind');
  const bits = Uint8Array.from(volume.voxels);
  const mask = tightenMask({ box: [0, 0, 0, side - 1, side - 1, side - 1], bits });
  if (!mask) throw new Error('empty');
  return lesionBlock(asShape(volume), { box: mask.box, mask }, manifest);
}
const embed = (volume: Volume) => session.run(input(volume), 1);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at], 0);

/** Two limbs of unequal length, thin as a gland's. */
const gland = (x: number, y: number, z: number) =>
  Math.abs(z) < 14 && ((Math.abs(x) < 3 && y > -4 && y < 18) || (Math.abs(y) < 3 && x > -2 && x < 12));
const ball = (x: number, y: number, z: number) => Math.hypot(x, y, z) < 12;

test('it sees memberships from 0 to 1, their sum the volume', () => {
  const block = input(shapeOf(ball));
  expect(Math.min(...block)).toBeCloseTo(0, 6);
  expect(Math.max(...block)).toBeCloseTo(1, 6);
  const volumeMl = shapeOf(ball).voxels.filter((voxel: number) => voxel > 0).length / 1000;
  const seenMl = (block.reduce((sum, value) => sum + value, 0) * 8) / 1000;
  expect(seenMl / volumeMl).toBeCloseTo(1, 3);
});

test('mirrored, with other axes, or elsewhere, a shape is the same', async () => {
  const original = await embed(shapeOf(gland));
  expect(Math.hypot(...original)).toBeCloseTo(1, 4);
  for (const other of [
    shapeOf((x, y, z) => gland(-x, y, z)),
    shapeOf((x, y, z) => gland(z, x, y)),
    shapeOf(gland, [100, -40, 900]),
    shapeOf((x, y, z) => gland(x - 5, y + 3, z)),
  ]) {
    expect(dot(original, await embed(other))).toBeGreaterThan(0.999);
  }
});

test('a thin gland and a ball are far apart', async () => {
  const [thin, round] = [await embed(shapeOf(gland)), await embed(shapeOf(ball))];
  expect(dot(thin, round)).toBeLessThan(0.7);
});
