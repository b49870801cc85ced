/** Shape features against the geometry of boxes, balls and ellipsoids. */
import { expect, test } from 'vitest';
import { meshOf } from '../../native/radiomics/mesh.ts';
import type { Vec3 } from '../../native/volume/volume.ts';
import { ellipsoidMask, featuresOn, maskOf, volumeOf } from './radiomics.fixtures.ts';

const ones = () => 1;

test.each([
  { size: [1, 1, 1], spacing: [1, 1, 1] },
  { size: [2, 2, 2], spacing: [1, 1, 1] },
  { size: [4, 3, 2], spacing: [2, 2, 2] },
  { size: [5, 1, 3], spacing: [0.7, 0.7, 0.7] },
] as { size: Vec3; spacing: Vec3 }[])(
  'a box of $size voxels has its edges and corners cut',
  ({ size, spacing }) => {
    const s = spacing[0];
    const [a, b, c] = size.map((n) => n - 1);
    const f = featuresOn(
      volumeOf(size, spacing, ones),
      maskOf(size, () => true),
    );
    const volume = a * b * c + a * b + a * c + b * c + (a + b + c) / 2 + 1 / 6;
    const area = 2 * (a * b + a * c + b * c) + 2 * Math.SQRT2 * (a + b + c) + Math.sqrt(3);
    expect(f.morph_volume).toBeCloseTo(volume * s ** 3, 9);
    expect(f.morph_area_mesh).toBeCloseTo(area * s ** 2, 9);
    expect(f.morph_vol_approx).toBeCloseTo(size[0] * size[1] * size[2] * s ** 3, 9);
    expect(f.morph_vol_dens_conv_hull).toBeCloseTo(1, 9);
    expect(f.morph_area_dens_conv_hull).toBeCloseTo(1, 9);
    expect(f.morph_vol_dens_aabb).toBeCloseTo(volume / (size[0] * size[1] * size[2]), 9);
    // The longest distance is from a face point of one end to one of the other.
    const reach = Math.max(
      ...[0, 1, 2].map((n) => Math.hypot(...[a, b, c].map((edge, m) => (m === n ? edge + 1 : edge)))),
    );
    expect(f.morph_diam).toBeCloseTo(reach * s, 9);
  },
);

test('the principal axes of a box are those of its voxel centres', () => {
  const f = featuresOn(
    volumeOf([7, 4, 2], [1, 2, 3], ones),
    maskOf([7, 4, 2], () => true),
  );
  const n = 56;
  // The variance of k places one step apart, divided by n − 1.
  const variance = (k: number, step: number) => (((k * k - 1) / 12) * step * step * n) / (n - 1);
  const axes = [variance(7, 1), variance(4, 2), variance(2, 3)]
    .sort((a, b) => b - a)
    .map((v) => 4 * Math.sqrt(v));
  expect(f.morph_pca_maj_axis).toBeCloseTo(axes[0], 9);
  expect(f.morph_pca_min_axis).toBeCloseTo(axes[1], 9);
  expect(f.morph_pca_least_axis).toBeCloseTo(axes[2], 9);
  expect(f.morph_pca_elongation).toBeCloseTo(axes[1] / axes[0], 9);
  expect(f.morph_pca_flatness).toBeCloseTo(axes[2] / axes[0], 9);
});

test('a ball has the volume, axes and diameter of the ball', () => {
  const volume = volumeOf([45, 45, 45], [0.5, 0.5, 0.5], ones);
  const f = featuresOn(volume, ellipsoidMask(volume, [10, 10, 10]));
  const exact = (4 / 3) * Math.PI * 1000;
  expect(Math.abs(f.morph_volume / exact - 1)).toBeLessThan(0.01);
  expect(Math.abs(f.morph_vol_dens_conv_hull - 1)).toBeLessThan(0.04);
  expect(f.morph_vol_dens_conv_hull).toBeLessThan(1);
  expect(Math.abs(f.morph_diam - 20.5)).toBeLessThan(0.1);
  expect(Math.abs(f.morph_pca_maj_axis / (80 / Math.sqrt(20)) - 1)).toBeLessThan(0.01);
  expect(f.morph_pca_flatness).toBeCloseTo(1, 9);
  // The staircase of voxels is longer than the sphere, by less than a tenth.
  expect(f.morph_sphericity).toBeGreaterThan(0.9);
  expect(f.morph_sphericity).toBeLessThan(1);
  expect(f.morph_asphericity).toBeCloseTo(1 / f.morph_sphericity - 1, 9);
  expect(f.morph_sph_dispr).toBeCloseTo(1 / f.morph_sphericity, 9);
  expect(f.morph_comp_2).toBeCloseTo(f.morph_sphericity ** 3, 9);
  expect(f.morph_comp_1).toBeCloseTo(f.morph_sphericity ** 1.5 / (6 * Math.PI), 9);
});

test('the area of the enclosing ellipsoid is the sum of the definition’s series', () => {
  const areaOf = (radii: Vec3) => {
    const volume = volumeOf([41, 21, 21], [1, 1, 1], ones);
    const f = featuresOn(volume, ellipsoidMask(volume, radii));
    return { f, area: f.morph_area_mesh / f.morph_area_dens_aee };
  };
  const ball = areaOf([9, 9, 9]);
  expect(ball.area).toBeCloseTo(Math.PI * ball.f.morph_pca_maj_axis ** 2, 6);
  // With two equal shorter axes the series is (1 + (1 − e²) artanh(e) / e) / 2.
  const { f, area } = areaOf([12, 9, 9]);
  const [a, b] = [f.morph_pca_maj_axis, f.morph_pca_min_axis];
  expect(f.morph_pca_least_axis).toBeCloseTo(b, 6);
  const e = Math.sqrt(1 - (b / a) ** 2);
  expect(area).toBeCloseTo((Math.PI * a * b * (1 + ((1 - e * e) * Math.atanh(e)) / e)) / 2, 3);
  expect(f.morph_volume / f.morph_vol_dens_aee).toBeCloseTo((Math.PI * a * b * b) / 6, 6);
});

test('a mesh with a cavity and ambiguous cubes is closed: its volume does not depend on where it lies', () => {
  const dims: Vec3 = [12, 9, 9];
  let seed = 7;
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  const at = (x: number, y: number, z: number) => x + dims[0] * (y + dims[1] * z);
  for (let z = 1; z < 8; z++) {
    for (let y = 1; y < 8; y++) {
      for (let x = 1; x < 8; x++) {
        seed = (seed * 1103515245 + 12345) % 2 ** 31;
        bits[at(x, y, z)] = seed > 2 ** 30 ? 1 : 0;
      }
    }
  }
  const moved = new Uint8Array(bits.length);
  moved.set(bits.subarray(0, bits.length - 3), 3);
  const here = meshOf(bits, dims, [1, 1, 1]);
  const there = meshOf(moved, dims, [1, 1, 1]);
  expect(here.volume).toBeGreaterThan(30);
  expect(there.volume).toBeCloseTo(here.volume, 9);
  expect(there.area).toBeCloseTo(here.area, 9);
  // What is inside and what is outside share one surface, up to how cubes with corners across are joined.
  const solid = featuresOn(
    volumeOf([5, 5, 5], [1, 1, 1], ones),
    maskOf([5, 5, 5], () => true),
  );
  const hollow = featuresOn(
    volumeOf([5, 5, 5], [1, 1, 1], ones),
    maskOf([5, 5, 5], (p) => p.some((x) => x !== 2)),
  );
  expect(hollow.morph_volume).toBeCloseTo(solid.morph_volume - 1 / 6, 9);
  expect(hollow.morph_area_mesh).toBeCloseTo(solid.morph_area_mesh + Math.sqrt(3), 9);
});

test('the centre of mass moves by the weights of the intensities', () => {
  const f = featuresOn(
    volumeOf([2, 1, 1], [3, 1, 1], ([x]) => (x === 0 ? 1 : 3)),
    maskOf([2, 1, 1], () => true),
  );
  expect(f.morph_com).toBeCloseTo(0.75, 9);
  expect(f.morph_integ_int).toBeCloseTo(2 * f.morph_volume, 9);
});
