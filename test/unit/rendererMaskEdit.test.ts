/** Corrections of a marked lesion in the window: brush, grow, shrink and box keep masks tight and inside the volume. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boxMask,
  grow,
  paint,
  rebox,
  shrink,
  stepMm,
  tighten,
  voxelCount,
} from '../../renderer/query/maskEdit.ts';
import { type Mask, maskAt } from '../../renderer/viewer/contours.ts';
import type { Box, Grid } from '../../renderer/viewer/grid.ts';

const grid: Grid = {
  dims: [20, 18, 12],
  spacing: [1, 1, 2.5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

const masks = fc
  .tuple(fc.nat(12), fc.nat(10), fc.nat(6), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([i, j, k, ni, nj]) => {
    const box: Box = [i, j, k, i + ni - 1, j + nj - 1, k + 2];
    return fc
      .uint8Array({ minLength: ni * nj * 3, maxLength: ni * nj * 3, max: 1 })
      .filter((bits) => bits.some((bit) => bit === 1))
      .map((bits): Mask => ({ box, bits }));
  });

function voxels(mask: Mask | null): Set<string> {
  const set = new Set<string>();
  if (!mask) return set;
  for (let k = mask.box[2]; k <= mask.box[5]; k++)
    for (let j = mask.box[1]; j <= mask.box[4]; j++)
      for (let i = mask.box[0]; i <= mask.box[3]; i++) if (maskAt(mask, i, j, k)) set.add(`${i},${j},${k}`);
  return set;
}

describe('mask corrections', () => {
  test('tighten keeps every voxel and leaves no empty face', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const tight = tighten(mask);
        expect(voxels(tight)).toEqual(voxels(mask));
        if (!tight) throw new Error('the mask is not empty');
        for (const axis of [0, 1, 2]) {
          const on = [...voxels(tight)].map((v) => Number(v.split(',')[axis]));
          expect([Math.min(...on), Math.max(...on)]).toEqual([tight.box[axis], tight.box[axis + 3]]);
        }
      }),
    );
    expect(tighten({ box: [0, 0, 0, 1, 1, 1], bits: new Uint8Array(8) })).toBeNull();
  });

  test('rebox to a larger box keeps the voxels where they are', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect(voxels(rebox(mask, [0, 0, 0, 19, 17, 11]))).toEqual(voxels(mask));
      }),
    );
  });

  test('grow is what lies within the distance, by definition', () => {
    fc.assert(
      fc.property(masks, fc.constantFrom(1, 1.5, 2.5), (mask, mm) => {
        const wanted = new Set<string>();
        const from = [...voxels(mask)].map((v) => v.split(',').map(Number));
        for (let k = 0; k < grid.dims[2]; k++)
          for (let j = 0; j < grid.dims[1]; j++)
            for (let i = 0; i < grid.dims[0]; i++)
              if (from.some(([a, b, c]) => Math.hypot(i - a, j - b, 2.5 * (k - c)) <= mm + 1e-9))
                wanted.add(`${i},${j},${k}`);
        expect(voxels(grow(mask, mm, grid))).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  test('shrink undoes grow where the volume has room, and takes one-voxel masks away', () => {
    const block = boxMask([5, 5, 4, 9, 10, 7]);
    const grown = grow(block, 1, grid);
    expect(voxelCount(grown)).toBeGreaterThan(voxelCount(block));
    expect(voxels(shrink(grown, 1, grid))).toEqual(voxels(block));
    expect(shrink(boxMask([3, 3, 3, 3, 3, 3]), 1, grid)).toBeNull();
  });

  test('shrink counts the border of the volume as outside', () => {
    const whole = boxMask([0, 0, 0, 19, 17, 11]);
    expect(shrink(whole, 1, grid)?.box).toEqual([1, 1, 0, 18, 16, 11]);
  });

  test('the flat brush stays on its slice, the ball does not', () => {
    const flat = paint(null, { centre: [10, 9, 5], radiusMm: 3, flat: 2, erase: false }, grid);
    expect(flat?.box).toEqual([7, 6, 5, 13, 12, 5]);
    const ball = paint(null, { centre: [10, 9, 5], radiusMm: 3, flat: null, erase: false }, grid);
    expect([ball?.box[2], ball?.box[5]]).toEqual([4, 6]);
  });

  test('a brush smaller than a voxel still paints the voxel under it', () => {
    const dot = paint(null, { centre: [4.4, 4.4, 4.2], radiusMm: 0.1, flat: 2, erase: false }, grid);
    expect(voxels(dot)).toEqual(new Set(['4,4,4']));
  });

  test('adding then erasing with the same brush leaves what was there outside it', () => {
    fc.assert(
      fc.property(masks, fc.nat(19), fc.nat(17), fc.nat(11), fc.boolean(), (mask, i, j, k, isFlat) => {
        const brush = { centre: [i, j, k] as const, radiusMm: 2.6, flat: isFlat ? (2 as const) : null };
        const dab = voxels(paint(null, { ...brush, erase: false }, grid));
        const before = mask.bits.slice();
        const added = paint(mask, { ...brush, erase: false }, grid);
        expect(voxels(added)).toEqual(new Set([...voxels(mask), ...dab]));
        const erased = paint(added, { ...brush, erase: true }, grid);
        expect(voxels(erased)).toEqual(new Set([...voxels(mask)].filter((v) => !dab.has(v))));
        expect(mask.bits).toEqual(before);
      }),
    );
  });

  test('a brush outside the volume changes nothing', () => {
    const block = boxMask([5, 5, 4, 9, 10, 7]);
    expect(paint(block, { centre: [200, 5, 5], radiusMm: 3, flat: null, erase: false }, grid)).toBe(block);
  });

  test('the step is a voxel of the finest direction, at least a millimetre', () => {
    expect(stepMm(grid)).toBe(1);
    expect(stepMm({ ...grid, spacing: [0.5, 0.5, 5] })).toBe(1);
    expect(stepMm({ ...grid, spacing: [3, 3, 5] })).toBe(3);
  });
});
