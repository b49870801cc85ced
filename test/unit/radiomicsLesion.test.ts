/** The features of a lesion: whatever is marked has finite ones, and they do not depend on how its volume is stored. */
import { expect, test } from 'vitest';
import { type FeatureName, featureNames, featureTable } from '../../native/radiomics/features.ts';
import * as radiomics from '../../native/radiomics/lesion.ts';
import type { Box, Mask, Vec3, Volume } from '../../native/volume/volume.ts';
import { ellipsoidMask, maskOf, volumeOf } from './radiomics.fixtures.ts';

const lesionFeatures = (volume: Volume, mask: Mask) => radiomics.lesionFeatures(volume, mask, featureNames);

const dims: Vec3 = [30, 26, 14];
const noisy = volumeOf(dims, [0.7, 0.7, 1.25], ([x, y, z]) =>
  Math.round(40 + 60 * Math.sin(x * 0.9 + y) + 50 * Math.cos(y * 0.7 - z) + ((x * 31 + y * 17 + z * 7) % 23)),
);
const blob: Mask = (() => {
  const ball = ellipsoidMask(noisy, [7, 5.5, 5]);
  // A piece is missing, so that no mirrored copy is the same.
  const notch = maskOf(dims, ([x, y, z]) => !(x > 16 && y > 14 && z < 8));
  return { box: ball.box, bits: ball.bits.map((bit, at) => bit & notch.bits[at]) };
})();

/** The same lesion with its axes in another order and some of them reversed. */
function stored(order: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2], reversed: readonly boolean[]) {
  const to: Vec3 = [dims[order[0]], dims[order[1]], dims[order[2]]];
  const move = <T extends Float32Array | Uint8Array>(from: T, into: T): T => {
    for (let at = 0; at < from.length; at++) {
      const p = [at % dims[0], Math.floor(at / dims[0]) % dims[1], Math.floor(at / (dims[0] * dims[1]))];
      const q = order.map((axis, n) => (reversed[n] ? dims[axis] - 1 - p[axis] : p[axis]));
      into[q[0] + to[0] * (q[1] + to[1] * q[2])] = from[at];
    }
    return into;
  };
  const { spacing: s } = noisy;
  const volume: Volume = {
    ...noisy,
    dims: to,
    spacing: [s[order[0]], s[order[1]], s[order[2]]],
    voxels: move(Float32Array.from(noisy.voxels), new Float32Array(noisy.voxels.length)),
  };
  const box: Box = [0, 0, 0, to[0] - 1, to[1] - 1, to[2] - 1];
  return lesionFeatures(volume, { box, bits: move(blob.bits, new Uint8Array(blob.bits.length)) });
}

const original = lesionFeatures(noisy, blob);

test.each([
  { order: [0, 1, 2], reversed: [true, false, false] },
  { order: [0, 1, 2], reversed: [true, true, true] },
  { order: [2, 0, 1], reversed: [false, false, false] },
  { order: [1, 0, 2], reversed: [false, true, true] },
] as const)(
  'stored by the axes $order, reversed $reversed, it has the same features',
  ({ order, reversed }) => {
    const again = stored(order, reversed);
    const different = featureNames.filter(
      (name) => Math.abs(again[name] - original[name]) > 1e-6 * Math.max(1e-3, Math.abs(original[name])),
    );
    expect(different).toEqual([]);
  },
);

const thin = volumeOf([20, 20, 9], [0.8, 0.8, 5], ([x, y]) => 30 + ((x * 13 + y * 29) % 41));
const at = (...wanted: Vec3[]) =>
  maskOf(thin.dims, (p) => wanted.some((w) => w.every((x, axis) => x === p[axis])));
const constant = volumeOf([20, 20, 9], [0.8, 0.8, 5], () => 40);

test.each<{ what: string; volume: Volume; mask: Mask; expected: Partial<Record<FeatureName, number>> }>([
  {
    what: 'one voxel of one cubic mm',
    volume: volumeOf([5, 5, 5], [1, 1, 1], () => 77),
    mask: maskOf([5, 5, 5], (p) => p.every((x) => x === 2)),
    expected: {
      morph_vol_approx: 1,
      morph_pca_maj_axis: 0,
      morph_pca_elongation: 1,
      morph_pca_flatness: 1,
      morph_vol_dens_aee: 1,
      morph_com: 0,
      stat_mean: 77,
      stat_var: 0,
      stat_skew: 0,
      stat_kurt: 0,
      cm_contrast: 0,
      cm_energy: 1,
      cm_corr: 1,
      cm_info_corr1: 0,
      ngt_coarseness: 1e6,
      ngt_contrast: 0,
      szm_z_perc: 1,
    },
  },
  {
    what: 'one voxel of a thick slice',
    volume: thin,
    mask: at([10, 10, 4]),
    expected: { stat_min: 30 + (420 % 41) },
  },
  {
    what: 'one voxel in the corner of the image',
    volume: thin,
    mask: at([0, 0, 0]),
    expected: { stat_mean: 30 },
  },
  { what: 'a row of voxels', volume: thin, mask: at([5, 4, 2], [6, 4, 2], [7, 4, 2]), expected: {} },
  {
    what: 'a thread across the grid',
    volume: thin,
    mask: at([5, 4, 2], [6, 5, 3], [7, 6, 4], [8, 7, 5]),
    expected: {},
  },
  {
    what: 'one slice',
    volume: thin,
    mask: maskOf(thin.dims, ([x, y, z]) => z === 4 && Math.hypot(x - 10, y - 10) < 6),
    expected: {},
  },
  {
    what: 'one HU throughout',
    volume: constant,
    mask: ellipsoidMask(constant, [6, 6, 16]),
    expected: {
      stat_mean: 40,
      stat_var: 0,
      ih_entropy: 0,
      cm_energy: 1,
      cm_corr: 1,
      szm_glnu: 1,
      ngt_busyness: 0,
    },
  },
  {
    what: 'a mean of zero HU',
    volume: volumeOf([4, 4, 4], [1, 1, 1], ([x]) => (x < 2 ? -50 : 50)),
    mask: maskOf([4, 4, 4], () => true),
    expected: { stat_mean: 0, stat_cov: 0, stat_qcod: 0, morph_com: 0 },
  },
  {
    what: 'a calcification beyond the range of intensities',
    volume: volumeOf([9, 9, 9], [1, 1, 1], ([x]) => (x < 3 ? 300 : 900)),
    mask: maskOf([9, 9, 9], (p) => p.every((x) => x > 0 && x < 8)),
    expected: { stat_max: 400, stat_min: 300, stat_median: 400 },
  },
])('$what has finite features', ({ volume, mask, expected }) => {
  const features = lesionFeatures(volume, mask);
  expect(featureNames.filter((name) => !Number.isFinite(features[name]))).toEqual([]);
  for (const name of featureNames)
    if (name in expected) expect([name, features[name]]).toEqual([name, expected[name]]);
});

test('a few voxels beyond the range are left out of the intensities, not of the shape', () => {
  const metal = volumeOf([11, 11, 11], [1, 1, 1], ([x]) => (x === 5 ? 2500 : 60));
  const features = lesionFeatures(
    metal,
    maskOf([11, 11, 11], () => true),
  );
  expect(features.stat_max).toBe(60);
  expect(features.morph_vol_approx).toBeCloseTo(1331, 6);
});

test('a mass of 12 cm keeps its size and shape on its coarser grid', () => {
  const volume = volumeOf([64, 64, 64], [2, 2, 2], () => 50);
  const features = lesionFeatures(volume, ellipsoidMask(volume, [60, 60, 60]));
  const exact = (4 / 3) * Math.PI * 60 ** 3;
  expect(Math.abs(features.morph_volume / exact - 1)).toBeLessThan(0.02);
  // A vertex of the mesh lies up to half a step beyond the last voxel whose centre is inside.
  expect(Math.abs(features.morph_diam - 120)).toBeLessThan(7);
  expect(features.morph_pca_flatness).toBeGreaterThan(0.99);
});

test('an empty region, and one that reaches outside, are refused', () => {
  const empty = maskOf(dims, () => false);
  const outside: Mask = { box: [28, 0, 0, 31, 0, 0], bits: new Uint8Array(4).fill(1) };
  expect(() => lesionFeatures(noisy, empty)).toThrow(/empty region/);
  expect(() => lesionFeatures(noisy, outside)).toThrow(/outside its volume/);
});

test('every feature has an identifier of its own, a unit and a definition', () => {
  const rows = featureNames.map((name) => featureTable[name]);
  expect(rows.filter(({ code }) => !/^[0-9A-Z]{4}$/.test(code))).toEqual([]);
  expect(new Set(rows.map(({ code }) => code)).size).toBe(rows.length);
  expect(rows.filter(({ unit, what }) => unit === '' || what === '')).toEqual([]);
});

test('a few features asked for by name are what they are among all', () => {
  const names = ['szm_zs_entr', 'stat_median', 'morph_sphericity', 'morph_vol_dens_conv_hull'] as const;
  const few = radiomics.lesionFeatures(noisy, blob, names);
  expect(few).toEqual(Object.fromEntries(names.map((name) => [name, original[name]])));
});
