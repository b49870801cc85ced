/** Measurements: analytic shapes, oblique and stretched grids, a slow plain computation, and the published IBSI phantom. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planeAxes } from '../../native/contract/mark.ts';
import { tightenMask } from '../../native/lesion/mask.ts';
import { measureLesion } from '../../native/lesion/measure.ts';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import {
  type Box,
  boxDims,
  indexToWorld,
  type Mask,
  type Vec3,
  type Volume,
} from '../../native/volume/volume.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

type Direction = Volume['direction'];
const straight: Direction = [1, 0, 0, 0, 1, 0, 0, 0, 1];

function volumeOf(
  dims: Vec3,
  spacing: Vec3,
  direction: Direction = straight,
  hu = (_v: number) => 40,
): Volume {
  const voxels = Int16Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, v) => hu(v));
  return { dims, spacing, origin: [-7, 11, 300], direction, voxels };
}

function ellipsoid({ dims, spacing }: Volume, center: Vec3, radiiMm: Vec3): Mask {
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let v = 0; v < bits.length; v++) {
    const at = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
    const r = at.map((c, a) => ((c - center[a]) * spacing[a]) / radiiMm[a]);
    if (r[0] ** 2 + r[1] ** 2 + r[2] ** 2 <= 1) bits[v] = 1;
  }
  return { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits };
}

/** Turns by `degrees` about the patient's z, then x: an oblique acquisition. */
function oblique(degrees: number): Direction {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [c, s * c, s * s, -s, c * c, c * s, 0, -s, c];
}

test.each([
  ['isotropic', [0.7, 0.7, 0.7], straight],
  ['thick slices', [0.8, 0.8, 3], straight],
  ['oblique', [0.8, 0.9, 1.1], oblique(20)],
] as const)('a sphere of 15 mm radius, %s', (_, spacing, direction) => {
  const dims = spacing.map((s) => Math.ceil(36 / s)) as unknown as Vec3;
  const volume = volumeOf(dims, spacing, direction);
  const center = dims.map((d) => d / 2 + 0.3) as unknown as Vec3;
  const m = measureLesion(volume, ellipsoid(volume, center, [15, 15, 15]));
  const voxel = Math.max(...spacing);
  expect(Math.abs(m.volumeMl / ((4 / 3) * Math.PI * 1.5 ** 3) - 1)).toBeLessThan(0.02);
  expect(Math.abs(m.diameterMm - 30)).toBeLessThan(spacing[0]);
  expect(Math.abs(m.diameter3dMm - 30)).toBeLessThan(voxel);
  const world = indexToWorld(volume, center);
  for (const a of [0, 1, 2]) expect(Math.abs(m.centerMm[a] - world[a])).toBeLessThan(0.1 * voxel);
  expect([m.meanHu, m.sdHu]).toEqual([40, 0]);
});

test('an upright ellipsoid is longer in 3D than on any axial slice', () => {
  const volume = volumeOf([40, 40, 60], [1, 1, 1]);
  const m = measureLesion(volume, ellipsoid(volume, [20, 20, 30], [8, 12, 25]));
  expect(Math.abs(m.diameterMm - 24)).toBeLessThan(1.01);
  expect(Math.abs(m.diameter3dMm - 50)).toBeLessThan(1.01);
});

test('on a coronal acquisition the axial slices are those across the patient’s z', () => {
  // i runs to the left, j towards the feet, k to the back.
  const direction: Direction = [1, 0, 0, 0, 0, -1, 0, 1, 0];
  const volume = volumeOf([40, 60, 40], [1, 1, 1], direction);
  const m = measureLesion(volume, ellipsoid(volume, [20, 30, 20], [8, 25, 12]));
  expect(Math.abs(m.diameterMm - 24)).toBeLessThan(1.01);
  expect(planeAxes(direction, 'axial')).toEqual({ normal: 1, inPlane: [0, 2] });
  expect(planeAxes(direction, 'coronal')).toEqual({ normal: 2, inPlane: [0, 1] });
  expect(planeAxes(oblique(30), 'sagittal')).toEqual({ normal: 0, inPlane: [1, 2] });
});

test('a single voxel is as long as it is', () => {
  const m = measureLesion(volumeOf([3, 3, 3], [0.5, 0.75, 2]), {
    box: [1, 1, 1, 1, 1, 1],
    bits: Uint8Array.of(1),
  });
  expect(m).toMatchObject({
    diameterMm: 0.75,
    diameter3dMm: 2,
    volumeMl: 0.00075,
    boxIjk: [1, 1, 1, 1, 1, 1],
  });
});

const randomMask = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      bits: fc.array(fc.constantFrom(0, 0, 1), {
        minLength: size[0] * size[1] * size[2],
        maxLength: size[0] * size[1] * size[2],
      }),
      spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.4, max: 5, noNaN: true }))),
    }),
  );

test('agrees with a plain computation over all pairs on random masks', () => {
  fc.assert(
    fc.property(randomMask, ({ size, bits, spacing }) => {
      fc.pre(bits.includes(1));
      const volume = volumeOf(
        [8, 8, 8],
        spacing as unknown as Vec3,
        straight,
        (v) => ((v * 7919) % 1400) - 900,
      );
      const mask: Mask = { box: [1, 1, 1, size[0], size[1], size[2]], bits: Uint8Array.from(bits) };
      const plain = plainMeasures(volume, mask);
      const m = measureLesion(volume, mask);
      expect(m.diameterMm).toBeCloseTo(plain.diameterMm, 9);
      expect(m.diameter3dMm).toBeCloseTo(plain.diameter3dMm, 9);
      expect(m.volumeMl).toBeCloseTo(plain.volumeMl, 9);
      expect(m.meanHu).toBeCloseTo(plain.meanHu, 9);
      expect(m.sdHu).toBeCloseTo(plain.sdHu, 9);
      expect(m.boxIjk).toEqual(tightenMask(mask)?.box);
    }),
  );
});

test('many cells of points give the same as few', () => {
  const volume = volumeOf([34, 30, 28], [0.9, 1.3, 2.1]);
  const mask = ellipsoid(volume, [16.2, 14.8, 13.1], [13, 17, 26]);
  const m = measureLesion(volume, mask);
  const plain = plainMeasures(volume, mask, true);
  expect(m.diameter3dMm).toBeCloseTo(plain.diameter3dMm, 9);
  expect(m.diameterMm).toBeCloseTo(plain.diameterMm, 9);
});

/** All pairs of surface points, halfway between voxels inside and outside. */
function plainMeasures(volume: Volume, mask: Mask, surfaceOnly = false) {
  const [ni, nj, nk] = boxDims(mask.box);
  const { spacing, dims } = volume;
  const inside = (i: number, j: number, k: number) =>
    i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk && mask.bits[i + ni * (j + nj * k)] === 1;
  const points: { at: number[]; k: number; flat: boolean }[] = [];
  const hu: number[] = [];
  for (let v = 0; v < mask.bits.length; v++) {
    if (mask.bits[v] === 0) continue;
    const c = [v % ni, Math.floor(v / ni) % nj, Math.floor(v / (ni * nj))];
    hu.push(
      volume.voxels[mask.box[0] + c[0] + dims[0] * (mask.box[1] + c[1] + dims[1] * (mask.box[2] + c[2]))],
    );
    for (const a of [0, 1, 2]) {
      for (const side of [-1, 1]) {
        const next = c.map((x, b) => (b === a ? x + side : x));
        if (surfaceOnly && inside(next[0], next[1], next[2])) continue;
        const at = c.map((x, b) => (x + (b === a ? side / 2 : 0)) * spacing[b]);
        points.push({ at, k: c[2], flat: a < 2 });
      }
    }
  }
  let [diameterMm, diameter3dMm] = [0, 0];
  for (const p of points) {
    for (const q of points) {
      const d = Math.hypot(p.at[0] - q.at[0], p.at[1] - q.at[1], p.at[2] - q.at[2]);
      if (d > diameter3dMm) diameter3dMm = d;
      if (d > diameterMm && p.flat && q.flat && p.k === q.k) diameterMm = d;
    }
  }
  const meanHu = hu.reduce((a, b) => a + b) / hu.length;
  return {
    diameterMm,
    diameter3dMm,
    meanHu,
    sdHu: Math.sqrt(hu.reduce((sum, x) => sum + (x - meanHu) ** 2, 0) / hu.length),
    volumeMl: (hu.length * spacing[0] * spacing[1] * spacing[2]) / 1000,
  };
}

test('an empty region and one outside the volume are refused', () => {
  const volume = volumeOf([4, 4, 4], [1, 1, 1]);
  const refused: [Box, Uint8Array][] = [
    [[0, 0, 0, 1, 0, 0], Uint8Array.of(0, 0)],
    [[3, 0, 0, 4, 0, 0], Uint8Array.of(1, 1)],
    [[-1, 0, 0, 0, 0, 0], Uint8Array.of(1, 1)],
  ];
  for (const [box, bits] of refused) {
    expect(() => measureLesion(volume, { box, bits })).toThrow(expect.objectContaining({ kind: 'usage' }));
  }
});

const shared = sharedDir();
test.skipIf(!shared)(
  `the IBSI digital phantom has its consensus values (${shared ? 'shared data' : sharedMissing})`,
  () => {
    const folder = resolve(shared ?? '', 'data/ibsi');
    const { volume } = readNifti(
      readFileSync(resolve(folder, 'ibsi_1_digital_phantom/nifti/image/phantom.nii.gz')),
    );
    const { labels } = readNiftiMask(
      readFileSync(resolve(folder, 'ibsi_1_digital_phantom/nifti/mask/mask.nii.gz')),
      volume,
    );
    const m = measureLesion(volume, labels[0].mask);
    const lines = readFileSync(resolve(folder, 'reference_values/ibsi_1_dig_phantom.csv'), 'utf8').split(
      '\n',
    );
    const reference = (tag: string) =>
      Number(lines.find((l) => l.endsWith(`;${tag}`) || l.includes(`;${tag}`))?.split(';')[0]);
    expect(Math.abs(m.diameter3dMm - reference('morph_diam'))).toBeLessThanOrEqual(0.1);
    expect(m.volumeMl * 1000).toBeCloseTo(reference('morph_vol_approx'), 6);
    expect(Math.abs(m.meanHu - reference('stat_mean'))).toBeLessThan(0.01);
    expect(Math.abs(m.sdHu ** 2 - reference('stat_var'))).toBeLessThan(0.01);
  },
);
