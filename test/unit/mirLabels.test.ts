import { expect, test } from 'vitest';
import { mirLabels, mirLabelValues, mirLesionGroup } from '../../native/benchmark/mir/labels.ts';
import type { Mask, Vec3 } from '../../native/volume/volume.ts';

function maskWhere(dims: Vec3, inside: (i: number, j: number, k: number) => boolean): Mask {
  const [ni, nj, nk] = dims;
  const bits = new Uint8Array(ni * nj * nk);
  for (let k = 0, v = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) for (let i = 0; i < ni; i++, v++) if (inside(i, j, k)) bits[v] = 1;
  return { box: [5, 6, 7, 4 + ni, 5 + nj, 6 + nk], bits };
}
const maskOf = (dims: Vec3, voxels: readonly Vec3[]): Mask =>
  maskWhere(dims, (i, j, k) => voxels.some((v) => v[0] === i && v[1] === j && v[2] === k));

/** Semi-axes in mm, turned about z and then x by 0.6. */
function ellipsoid(dims: Vec3, spacing: Vec3, centre: Vec3, semi: Vec3): Mask {
  const [c, s] = [Math.cos(0.6), Math.sin(0.6)];
  const axes = [
    [c, s, 0],
    [-s * c, c * c, s],
    [s * s, -c * s, c],
  ];
  return maskWhere(dims, (...index) => {
    const at = index.map((value, n) => value * spacing[n] - centre[n]);
    const along = axes.map((axis, n) => (axis[0] * at[0] + axis[1] * at[1] + axis[2] * at[2]) / semi[n]);
    return along.reduce((sum, value) => sum + value * value, 0) <= 1;
  });
}

test.each([
  [20, 12, 8],
  [10, 9, 9],
  [15, 15, 5],
] as const)('an ellipsoid of semi-axes %d, %d and %d mm is as long as it is', (...semi) => {
  const mask = ellipsoid([64, 64, 40], [0.8, 0.8, 1.5], [25, 25, 29], semi);
  const { numberTumors, maxTumorSizeCm } = mirLabels('liver', mask, [0.8, 0.8, 1.5]);
  expect(numberTumors).toBe(1);
  expect(Math.abs(maxTumorSizeCm / ((2 * semi[0]) / 10) - 1)).toBeLessThan(0.01);
});

// Computed with numpy: scipy.ndimage.label, then eigenvalues of the covariance of the voxel centres.
const snake: readonly Vec3[] = [
  [0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [2, 1, 1], [2, 1, 2], [3, 2, 2], [2, 2, 2],
]; // biome-ignore format: a row of voxels
test.each([
  ['a block', maskWhere([2, 2, 3], () => true), [1, 1, 1], 3.9389800873707856],
  ['a block of long voxels', maskWhere([2, 2, 3], () => true), [0.7, 0.8, 2.5], 9.847450218426964],
  ['a bent row of long voxels', maskOf([4, 3, 3], snake), [0.7, 0.8, 2.5], 10.547526681918134],
  [
    'a turned ellipsoid',
    ellipsoid([64, 64, 40], [0.8, 0.8, 1.5], [25, 25, 29], [20, 12, 8]),
    [0.8, 0.8, 1.5],
    40.04432789608054,
  ],
] as const)('%s has the size that numpy computes', (_, mask, spacing, mm) => {
  expect(mirLabels('colon', mask, spacing).maxTumorSizeCm).toBeCloseTo(mm / 10, 9);
});

test('pieces hang together by faces; those of two voxels or one slice do not count', () => {
  const tower = (i: number, j: number, height: number): Vec3[] =>
    Array.from({ length: height }, (_, k): Vec3[] => [
      [i, j, k],
      [i + 1, j, k],
      [i, j + 1, k],
    ]).flat();
  const mask = maskOf(
    [12, 12, 4],
    [
      ...tower(0, 0, 2),
      // Shares an edge with the one before: another tumour.
      ...tower(1, 2, 3),
      // Two voxels in two slices, and many in one slice.
      [8, 0, 0],
      [8, 0, 1],
      ...Array.from({ length: 9 }, (_, n): Vec3 => [8 + (n % 3), 6 + Math.floor(n / 3), 2]),
    ],
  );
  expect(mirLabels('lung', mask, [1, 1, 1])).toMatchObject({
    numberTumors: 2,
    cancerFlag: 1,
    lesionGroup: 3,
  });
});

test('a case without a tumour has the group −1', () => {
  const none = { numberTumors: 0, maxTumorSizeCm: 0, cancerFlag: 0, lesionGroup: -1 };
  expect(mirLabels('colon', null, [1, 1, 1])).toEqual(none);
  expect(mirLabels('liver', maskOf([3, 3, 3], [[1, 1, 1]]), [1, 1, 1])).toEqual(none);
});

test('a piece that lies in one upright plane counts and has no size', () => {
  const labels = mirLabels(
    'pancreas',
    maskWhere([1, 3, 3], () => true),
    [0.7, 0.7, 2.5],
  );
  expect(labels).toEqual({ numberTumors: 1, maxTumorSizeCm: 0, cancerFlag: 1, lesionGroup: 1 });
});

test('the labels are named and written as in the published tables', () => {
  const labels = { numberTumors: 7, maxTumorSizeCm: 2.43632943849, cancerFlag: 1, lesionGroup: 2 } as const;
  expect(mirLabelValues(labels)).toEqual({
    max_tumor_size: '2.436329438',
    number_tumors: '7',
    lesion_group: '2',
    cancer_flag: '1',
  });
});

// The boundaries as the rules write them.
test.each([
  ['liver', 1, 1.99, 1],
  ['liver', 1, 2, -1],
  ['liver', 1, 2.01, 2],
  ['liver', 1, 9, 2],
  ['liver', 2, 1, 2],
  ['liver', 2, 5, -1],
  ['liver', 2, 5.01, 3],
  ['colon', 3, 1.99, 1],
  ['colon', 1, 2, 2],
  ['pancreas', 1, 4, 3],
  ['pancreas', 2, 6, 4],
  ['lung', 1, 2.99, 1],
  ['lung', 1, 3, 2],
  ['lung', 1, 8, 2],
  ['lung', 2, 1, 3],
  ['lung', 0, 0, -1],
] as const)('%s with %d of %d cm is in group %d', (organ, n, cm, group) => {
  expect(mirLesionGroup(organ, n, cm)).toBe(group);
});
