/** Repairs of a marked lesion in the window: parts, cavities, rough borders, a range of densities. */
import { describe, expect, test } from 'vitest';
import { voxelCount } from '../../renderer/query/maskEdit.ts';
import {
  fillHoles,
  largestPart,
  partCount,
  rangeIn,
  removePart,
  smooth,
  withinRange,
} from '../../renderer/query/maskRepair.ts';
import { type Mask, maskAt } from '../../renderer/viewer/contours.ts';
import type { Grid } from '../../renderer/viewer/grid.ts';

const grid: Grid = {
  dims: [24, 20, 16],
  spacing: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** The voxels of a box that a rule holds for. */
function drawn(box: Mask['box'], rule: (i: number, j: number, k: number) => boolean): Mask {
  const bits: number[] = [];
  for (let k = box[2]; k <= box[5]; k++)
    for (let j = box[1]; j <= box[4]; j++)
      for (let i = box[0]; i <= box[3]; i++) bits.push(rule(i, j, k) ? 1 : 0);
  return { box, bits: Uint8Array.from(bits) };
}

const ball = (i: number, j: number, k: number, r: number, at = 8) => Math.hypot(i - at, j - at, k - at) <= r;

describe('parts', () => {
  // A block of 27, a block of 8 that touches it at a corner only, and a block of 4 apart.
  const mask = drawn([0, 0, 0, 9, 9, 9], (i, j, k) => {
    const big = i < 3 && j < 3 && k < 3;
    const corner = [i, j, k].every((x) => x === 3 || x === 4);
    return big || corner || (i > 7 && j > 7 && k === 9);
  });

  test('voxels that touch by a corner belong together', () => {
    expect(partCount(mask)).toBe(2);
    expect(voxelCount(mask)).toBe(39);
  });

  test('the part under the click goes, the others stay, the box is tight again', () => {
    const left = removePart(mask, [8.4, 9.2, 8.6]);
    expect(left?.box).toEqual([0, 0, 0, 4, 4, 4]);
    expect(left && voxelCount(left)).toBe(35);
    const other = removePart(mask, [4, 4, 4]);
    expect(other?.box).toEqual([8, 8, 9, 9, 9, 9]);
  });

  test('a click beside it changes nothing, and the only part leaves nothing', () => {
    expect(removePart(mask, [6, 6, 6])).toBe(mask);
    expect(removePart(mask, [60, 6, 6])).toBe(mask);
    expect(
      removePart(
        drawn([2, 2, 2, 4, 4, 4], () => true),
        [3, 3, 3],
      ),
    ).toBeNull();
  });

  test('the largest stays', () => {
    const left = largestPart(mask);
    expect(left && voxelCount(left)).toBe(35);
    expect(left && largestPart(left)).toBe(left);
  });
});

describe('holes', () => {
  test('what is enclosed on all sides is filled, a dent is not', () => {
    const cube = drawn(
      [5, 5, 5, 11, 11, 11],
      (i, j, k) => !(i === 8 && j === 8 && k > 6 && k < 10) && !(i === 5 && j === 5),
    );
    const filled = fillHoles(cube);
    expect(voxelCount(filled)).toBe(voxelCount(cube) + 3);
    expect(maskAt(filled, 8, 8, 8)).toBe(1);
    expect(maskAt(filled, 5, 5, 8)).toBe(0);
    expect(fillHoles(filled)).toBe(filled);
  });
});

describe('smooth', () => {
  const round = drawn([0, 0, 0, 16, 15, 15], (i, j, k) => ball(i, j, k, 5));

  test('a ball stays what it is within its rim', () => {
    const smoothed = smooth(round, 1.5, grid);
    expect(smoothed).not.toBeNull();
    const change = Math.abs(voxelCount(round) - voxelCount(smoothed ?? round)) / voxelCount(round);
    expect(change).toBeLessThan(0.15);
    for (let x = 4; x <= 12; x++) expect(smoothed && maskAt(smoothed, x, 8, 8)).toBe(1);
  });

  test('a spur goes and a dent closes', () => {
    const rough = drawn(
      round.box,
      (i, j, k) => (ball(i, j, k, 5) && !(i === 8 && j === 8 && k < 5)) || (i > 12 && j === 8 && k === 8),
    );
    const smoothed = smooth(rough, 1.5, grid);
    expect(smoothed && maskAt(smoothed, 15, 8, 8)).toBe(0);
    expect(smoothed && maskAt(smoothed, 8, 8, 4)).toBe(1);
  });

  test('at the border of the volume it takes nothing away for what lies beyond', () => {
    const flat = drawn([0, 0, 0, 23, 19, 2], () => true);
    expect(smooth(flat, 1.5, grid)).toEqual(flat);
  });

  test('a single voxel is rough all over', () => {
    expect(
      smooth(
        drawn([3, 3, 3, 3, 3, 3], () => true),
        1.5,
        grid,
      ),
    ).toBeNull();
  });
});

describe('a range of densities', () => {
  const mask = drawn([1, 2, 3, 4, 3, 4], (i) => i < 4);
  const hu = Int16Array.from({ length: 16 }, (_, at) => (at % 4) * 100 - 150);

  test('spans what the mask holds, not its box', () => {
    expect(rangeIn(mask, hu)).toEqual({ low: -150, high: 50 });
    expect(
      rangeIn(
        mask,
        Float32Array.from(hu, (x) => x + 0.4),
      ),
    ).toEqual({ low: -150, high: 51 });
  });

  test('keeps the voxels of the mask whose density it holds, both ends included', () => {
    const kept = withinRange(mask, hu, { low: -50, high: 50 });
    expect(kept?.box).toEqual([2, 2, 3, 3, 3, 4]);
    expect(kept && voxelCount(kept)).toBe(8);
    expect(withinRange(mask, hu, { low: -150, high: 150 })).toEqual(drawn([1, 2, 3, 3, 3, 4], () => true));
    expect(withinRange(mask, hu, { low: 60, high: 150 })).toBeNull();
  });
});
