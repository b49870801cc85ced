/** Outlines: what is round and even, what is sharp, on shapes whose edges are known. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureOutline, outlineIn } from '../../native/lesion/outline.ts';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import type { Box, Mask, Vec3, Volume } from '../../native/volume/volume.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

const radius = 9;

/** A ball of `hu` whose density goes over into that of its surroundings within so many mm, and its mask. */
function ball(rampMm: number, hu: number, spacing: Vec3 = [1, 1, 1]): { volume: Volume; mask: Mask } {
  const dims = spacing.map((mm) => Math.ceil(40 / mm)) as unknown as Vec3;
  const voxels = new Float32Array(dims[0] * dims[1] * dims[2]);
  const bits = new Uint8Array(voxels.length);
  for (let v = 0; v < voxels.length; v++) {
    const at = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
    const mm = Math.hypot(...at.map((c, a) => (c - dims[a] / 2) * spacing[a])) - radius;
    voxels[v] = 40 + (hu - 40) * Math.min(1, Math.max(0, 0.5 - mm / rampMm));
    bits[v] = Number(mm <= 0);
  }
  const box: Box = [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1];
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  return { volume: { dims, spacing, origin: [0, 0, 0], direction, voxels }, mask: { box, bits } };
}

test.each([
  [3, 300],
  [5, 300],
  [5, -200],
  [7, -200],
])('an edge of %d mm to %d HU is measured to half a millimetre', (rampMm, hu) => {
  const { volume, mask } = ball(rampMm, hu);
  // From four fifths to one fifth of the step.
  expect(Math.abs((measureOutline(volume, mask).edgeMm ?? 0) - 0.6 * rampMm)).toBeLessThan(0.5);
});

test('a ball is round and even, a ball without a quarter is less so', () => {
  const { volume, mask } = ball(2, 200);
  const whole = measureOutline(volume, mask);
  expect(whole.sphericity).toBeGreaterThan(0.85);
  expect(whole.convexity).toBeGreaterThan(0.9);
  const middle = volume.dims[0] / 2;
  const inQuarter = (v: number) => v % 40 >= middle && Math.floor(v / 40) % 40 >= middle;
  const cut = { ...mask, bits: mask.bits.map((bit, v) => (inQuarter(v) ? 0 : bit)) };
  const half = measureOutline(volume, cut);
  expect(half.convexity).toBeLessThan(whole.convexity - 0.1);
  expect(half.sphericity).toBeLessThan(whole.sphericity - 0.05);
});

test('where the density does not change, or everything lies at the border of the volume, no edge is said', () => {
  const { volume, mask } = ball(3, 45);
  expect(measureOutline(volume, mask).edgeMm).toBeUndefined();
  const all = { ...mask, bits: mask.bits.fill(1) };
  expect(measureOutline(ball(3, 300).volume, all).edgeMm).toBeUndefined();
});

test('a part of the volume around the lesion gives what the whole volume gives', async () => {
  const { volume, mask } = ball(4, 250, [0.8, 0.8, 2]);
  const readBox = async ([i0, j0, k0, i1, j1, k1]: Box): Promise<Volume> => {
    const dims: Vec3 = [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1];
    const voxels = new Float32Array(dims[0] * dims[1] * dims[2]);
    for (let v = 0; v < voxels.length; v++) {
      const [i, j, k] = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
      voxels[v] = volume.voxels[i0 + i + volume.dims[0] * (j0 + j + volume.dims[1] * (k0 + k))];
    }
    return { ...volume, dims, voxels };
  };
  const box: Box = [12, 12, 4, 38, 38, 16];
  const bits: number[] = [];
  for (let k = box[2]; k <= box[5]; k++)
    for (let j = box[1]; j <= box[4]; j++)
      for (let i = box[0]; i <= box[3]; i++)
        bits.push(mask.bits[i + volume.dims[0] * (j + volume.dims[1] * k)]);
  const own = { box, bits: Uint8Array.from(bits) };
  expect(await outlineIn({ grid: volume, readBox }, own)).toEqual(measureOutline(volume, own));
});

const shared = sharedDir();
test.skipIf(!shared)(
  `radiologists call those margins sharper, and those outlines less spiculated, that measure so (${shared ? 'shared data' : sharedMissing})`,
  () => {
    const folder = join(shared ?? '', 'data/lidc-nodules');
    const [header, ...lines] = readFileSync(join(folder, 'labels.csv'), 'utf8').trim().split('\n');
    const files = new Set(readdirSync(folder));
    const rated = lines.map((line) => {
      const cells = line.split(',');
      expect(files.has(`${cells[0]}.nii.gz`)).toBe(true);
      const { volume } = readNifti(readFileSync(join(folder, `${cells[0]}.nii.gz`)));
      const { labels } = readNiftiMask(readFileSync(join(folder, `${cells[0]}_mask.nii.gz`)), volume);
      const rating = (name: string) => Number(cells[header.split(',').indexOf(name)]);
      return {
        ...measureOutline(volume, labels[0].mask),
        margin: rating('margin'),
        spiculation: rating('spiculation'),
      };
    });
    const edged = rated.flatMap(({ edgeMm, margin }) =>
      edgeMm === undefined ? [] : [[edgeMm, margin] as const],
    );
    expect(edged.length).toBeGreaterThanOrEqual(90);
    expect(rankCorrelation(edged)).toBeLessThan(-0.4);
    expect(
      rankCorrelation(rated.map(({ convexity, spiculation }) => [convexity, spiculation] as const)),
    ).toBeLessThan(-0.45);
  },
);

/** Spearman's, ties with their mean rank. */
function rankCorrelation(pairs: readonly (readonly [number, number])[]): number {
  const ranks = [0, 1].map((side) => {
    const values = pairs.map((pair) => pair[side]);
    return values.map((value) => {
      const below = values.filter((other) => other < value).length;
      return below + (values.filter((other) => other === value).length - 1) / 2;
    });
  });
  const mean = (pairs.length - 1) / 2;
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, n) => sum + (value - mean) * (b[n] - mean), 0);
  const [x, y] = ranks;
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}
