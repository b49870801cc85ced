/** Intensity and texture features against sums made by hand, for four voxels in a row with the levels 1, 1, 2, 3. */
import { expect, test } from 'vitest';
import { levelsOf } from '../../native/radiomics/levels.ts';
import { regionOf, resegmented } from '../../native/radiomics/region.ts';
import { featuresOn, maskOf, regionOn, volumeOf } from './radiomics.fixtures.ts';

const row = [1, 1, 2, 3];
const volume = volumeOf([4, 1, 1], [1, 1, 1], ([x]) => row[x]);
const all = maskOf([4, 1, 1], () => true);
const f = featuresOn(volume, all);

test('intensity statistics', () => {
  expect(f.stat_mean).toBeCloseTo(1.75, 12);
  expect(f.stat_var).toBeCloseTo(0.6875, 12);
  expect(f.stat_skew).toBeCloseTo(0.28125 / 0.6875 ** 1.5, 12);
  expect(f.stat_median).toBe(1.5);
  expect(f.stat_iqr).toBeCloseTo(1.25, 12);
  expect(f.stat_mad).toBeCloseTo(0.75, 12);
  expect(f.stat_energy).toBe(15);
  expect(f.stat_rms).toBeCloseTo(Math.sqrt(15 / 4), 12);
});

test('histogram', () => {
  expect(f.ih_entropy).toBeCloseTo(1.5, 12);
  expect(f.ih_uniformity).toBeCloseTo(0.375, 12);
  expect(f.ih_mode).toBe(1);
  // Counts 2, 1, 1: gradients −1, −½, 0.
  expect([f.ih_max_grad, f.ih_max_grad_g, f.ih_min_grad, f.ih_min_grad_g]).toEqual([0, 3, -1, 1]);
});

test('intensity-volume histogram', () => {
  expect(f.ivh_v10).toBe(0.5);
  expect(f.ivh_v90).toBe(0.25);
  expect(f.ivh_i10).toBe(3);
  expect(f.ivh_i90).toBe(2);
});

test('co-occurrence: the pairs 11, 12, 23 in both orders', () => {
  const p = { 11: 2 / 6, 12: 1 / 6, 23: 1 / 6 };
  expect(f.cm_joint_max).toBeCloseTo(p[11], 12);
  expect(f.cm_joint_avg).toBeCloseTo(10 / 6, 12);
  expect(f.cm_contrast).toBeCloseTo(2 * p[12] + 2 * p[23], 12);
  expect(f.cm_energy).toBeCloseTo(p[11] ** 2 + 2 * p[12] ** 2 + 2 * p[23] ** 2, 12);
  expect(f.cm_inv_diff).toBeCloseTo(p[11] + p[12] + p[23], 12);
  expect(f.cm_auto_corr).toBeCloseTo(p[11] + 4 * p[12] + 12 * p[23], 12);
  // μ = 10/6, Σ i² p(i) = (3 + 8 + 9)/6.
  const variance = 20 / 6 - (10 / 6) ** 2;
  expect(f.cm_corr).toBeCloseTo((p[11] + 4 * p[12] + 12 * p[23] - (10 / 6) ** 2) / variance, 12);
  expect(f.cm_inv_diff_norm).toBeCloseTo(p[11] + (2 * p[12] + 2 * p[23]) / (1 + 1 / 3), 12);
});

test('runs: along the row one of two and two of one, across it four of one in twelve directions', () => {
  const runs = 3 + 12 * 4;
  expect(f.rlm_sre).toBeCloseTo((runs - 1 + 1 / 4) / runs, 12);
  expect(f.rlm_lre).toBeCloseTo((runs - 1 + 4) / runs, 12);
  expect(f.rlm_r_perc).toBeCloseTo(runs / (4 * 13), 12);
  // Of level 1 there are 1 + 24, of 2 and of 3 1 + 12.
  expect(f.rlm_glnu).toBeCloseTo((25 ** 2 + 2 * 13 ** 2) / runs, 12);
});

test('zones, their distance and the dependences', () => {
  expect(f.szm_sze).toBeCloseTo((1 / 4 + 2) / 3, 12);
  expect(f.szm_z_perc).toBe(0.75);
  expect(f.szm_zs_entr).toBeCloseTo(Math.log2(3), 12);
  expect(f.dzm_sde).toBe(1);
  expect(f.ngl_lde).toBeCloseTo((1 / 4 + 1 / 4 + 1 + 1) / 4, 12);
  expect(f.ngl_dc_perc).toBe(1);
});

test('grey tone differences: ½ of level 1, 0 of 2, 1 of 3', () => {
  expect(f.ngt_coarseness).toBeCloseTo(1 / (0.5 * 0.5 + 0.25 * 1), 12);
  const spread = 2 * (0.5 * 0.25 * 1 + 0.5 * 0.25 * 4 + 0.25 * 0.25 * 1);
  expect(f.ngt_contrast).toBeCloseTo((spread / 6) * (1.5 / 4), 12);
  expect(f.ngt_strength).toBeCloseTo((2 * (0.75 * 1 + 0.75 * 4 + 0.5 * 1)) / 1.5, 12);
});

test('the distance of a zone is that of its point nearest to the border of the morphological mask', () => {
  const cube = volumeOf([5, 5, 5], [1, 1, 1], (p) => (p.every((x) => x === 2) ? 2 : 1));
  const g = featuresOn(
    cube,
    maskOf([5, 5, 5], () => true),
  );
  expect(g.dzm_lde).toBeCloseTo((1 + 9) / 2, 12);
  expect(g.szm_lze).toBeCloseTo((124 ** 2 + 1) / 2, 9);
});

test('re-segmentation by range and by outliers takes points from the intensities and leaves the shape', () => {
  const values = [...Array.from({ length: 19 }, (_, n) => n % 3), 500];
  const region = regionOn(
    volumeOf([20, 1, 1], [1, 1, 1], ([x]) => values[x]),
    maskOf([20, 1, 1], () => true),
  );
  const kept = (how: Parameters<typeof resegmented>[1]) =>
    Array.from(resegmented(region, how).points, (at) => region.values[at]);
  expect(kept({ range: [1, 2] })).toEqual(values.filter((x) => x === 1 || x === 2));
  expect(kept({ outlierSigma: 3 })).toEqual(values.slice(0, 19));
  expect(resegmented(region, { range: [1, 2] }).shape).toBe(region.shape);
});

test('levels by a fixed width begin at a given intensity, by a fixed number at the least', () => {
  const values = [-10, 0, 24.9, 25, 90];
  const region = regionOn(
    volumeOf([5, 1, 1], [1, 1, 1], ([x]) => values[x]),
    maskOf([5, 1, 1], () => true),
  );
  const levels = (how: Parameters<typeof levelsOf>[1]) => {
    const { levels: found, points } = levelsOf(region, how);
    return Array.from(points, (at) => found[at]);
  };
  expect(levels({ width: 25, from: -25 })).toEqual([1, 2, 2, 3, 5]);
  expect(levels({ bins: 4 })).toEqual([1, 1, 2, 2, 4]);
});

test.each(['trilinear', 'spline'] as const)(
  '%s interpolation follows a slope, on a grid with the image’s centre',
  (method) => {
    const ramp = volumeOf([24, 20, 18], [1, 1, 2], ([x, y, z]) => 30 * x - 20 * y + 70 * z + 0.25);
    const mask = maskOf([24, 20, 18], (p) => p.every((n) => n >= 6 && n < 13));
    const region = regionOf(ramp, mask, { method, spacing: [1.6, 2.5, 3], centre: 'image' });
    expect(region.points.length).toBeGreaterThan(10);
    const [nx, ny] = region.dims;
    const [a, b] = [region.points[0], region.points[0] + 1 + nx + nx * ny];
    expect(region.values[b] - region.values[a]).toBe(Math.round(30 * 1.6) - 20 * 2.5 + 70 * 1.5);
    // 15 × 8 × 12 points about the centre: on the first axis at index 0.3 and every 1.6.
    const places = Array.from({ length: 15 }, (_, n) => 0.3 + 1.6 * n).filter((x) => x >= 5.5 && x <= 12.5);
    expect(nx).toBe(places.length + 2);
  },
);

test('a spline passes through the voxels', () => {
  const waves = volumeOf([12, 11, 10], [1, 1, 1], ([x, y, z]) =>
    Math.floor(100 * Math.sin(x + 2 * y) - 50 * Math.cos(z)),
  );
  const mask = maskOf([12, 11, 10], () => true);
  const same = regionOf(waves, mask, { method: 'spline', spacing: [1, 1, 1], centre: 'image' });
  expect(Array.from(same.values)).toEqual(Array.from(regionOn(waves, mask).values));
});
