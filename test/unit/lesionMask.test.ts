/** Masks as values: packing survives any bits, boxes tighten, joins and cuts agree with sets of voxels, components split. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { connectedComponents } from '../../native/lesion/components.ts';
import { dice, fillHoles, packMask, tightenMask, unpackMask } from '../../native/lesion/mask.ts';
import type { Box, Grid, Mask } from '../../native/volume/volume.ts';

const grid: Grid = {
  dims: [12, 11, 10],
  spacing: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

const whole: Box = [0, 0, 0, 11, 10, 9];

/** A mask somewhere inside `grid`. */
const anyMask: fc.Arbitrary<Mask> = fc
  .tuple(...([0, 1, 2] as const).map((a) => fc.tuple(fc.nat(grid.dims[a] - 6), fc.nat(5))))
  .chain(([[i, ni], [j, nj], [k, nk]]) => {
    const length = (ni + 1) * (nj + 1) * (nk + 1);
    return fc.record({
      box: fc.constant<Box>([i, j, k, i + ni, j + nj, k + nk]),
      bits: fc
        .array(fc.constantFrom(0, 1), { minLength: length, maxLength: length })
        .map((bits) => Uint8Array.from(bits)),
    });
  });

function voxelsOf({ box, bits }: Mask): Set<string> {
  const found = new Set<string>();
  let v = 0;
  for (let k = box[2]; k <= box[5]; k++) {
    for (let j = box[1]; j <= box[4]; j++) {
      for (let i = box[0]; i <= box[3]; i++) if (bits[v++] !== 0) found.add(`${i},${j},${k}`);
    }
  }
  return found;
}

function maskOf(voxels: readonly (readonly [number, number, number])[]): Mask {
  const labels = new Uint8Array(grid.dims[0] * grid.dims[1] * grid.dims[2]);
  for (const [i, j, k] of voxels) labels[i + grid.dims[0] * (j + grid.dims[1] * k)] = 1;
  const mask = tightenMask({ box: whole, bits: labels });
  if (!mask) throw new Error('no voxels');
  return mask;
}

/** The voxels within `radius` of the middle of `grid`. */
function ballOf(radius: number): [number, number, number][] {
  const voxels: [number, number, number][] = [];
  for (let k = 0; k < grid.dims[2]; k++)
    for (let j = 0; j < grid.dims[1]; j++)
      for (let i = 0; i < grid.dims[0]; i++)
        if (Math.hypot(i - 6, j - 5, k - 5) <= radius) voxels.push([i, j, k]);
  return voxels;
}

test('packing and unpacking gives the same mask', () => {
  fc.assert(
    fc.property(anyMask, (mask) => {
      expect(unpackMask(mask.box, packMask(mask))).toEqual(mask);
    }),
  );
});

test('a packed sphere takes less than a bit per voxel', () => {
  expect(packMask(maskOf(ballOf(4))).length).toBeLessThan((9 * 9 * 9) / 8);
});

test('damaged bytes and bytes of another box are refused as corrupt', () => {
  const mask = maskOf([
    [1, 1, 1],
    [9, 9, 9],
  ]);
  const packed = packMask(mask);
  const flipped = packed.slice();
  flipped[flipped.length - 1] ^= 1;
  for (const [box, bytes] of [
    [mask.box, flipped],
    [mask.box, packed.subarray(0, 5)],
    [[0, 0, 0, 1, 1, 1], packed],
    [[0, 0, 0, 11, 10, 9], packed],
  ] as const) {
    try {
      unpackMask(box, bytes);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(PrecedentError);
      expect(thrown).toMatchObject({ kind: 'corrupt' });
    }
  }
});

test('tightening keeps the voxels and leaves no empty face', () => {
  fc.assert(
    fc.property(anyMask, (mask) => {
      const tight = tightenMask(mask);
      const voxels = voxelsOf(mask);
      if (!tight) {
        expect(voxels.size).toBe(0);
        return;
      }
      expect(voxelsOf(tight)).toEqual(voxels);
      const places = [...voxels].map((v) => v.split(',').map(Number));
      for (const a of [0, 1, 2]) {
        expect(tight.box[a]).toBe(Math.min(...places.map((p) => p[a])));
        expect(tight.box[a + 3]).toBe(Math.max(...places.map((p) => p[a])));
      }
    }),
  );
});

test('joining, cutting and Dice agree with sets of voxels', () => {
  fc.assert(
    fc.property(anyMask, anyMask, (a, b) => {
      const [va, vb] = [voxelsOf(a), voxelsOf(b)];
      const total = va.size + vb.size;
      expect(dice(a, b)).toBeCloseTo(total === 0 ? 1 : (2 * va.intersection(vb).size) / total, 12);
    }),
  );
});

test('components touch by corners, come largest first, and tiny ones are reported', () => {
  const { masks, tiny } = connectedComponents(
    maskOf([
      [0, 0, 0],
      [5, 5, 5],
      [6, 6, 6],
      [7, 6, 6],
      [5, 8, 5],
      [5, 9, 5],
      [11, 10, 9],
    ]),
    2,
  );
  expect(masks.map((m) => [...voxelsOf(m)].sort())).toEqual([
    ['5,5,5', '6,6,6', '7,6,6'],
    ['5,8,5', '5,9,5'],
  ]);
  expect(masks[0].box).toEqual([5, 5, 5, 7, 6, 6]);
  expect(tiny).toEqual([1, 1]);
});

test('components are a partition into pieces that do not touch', () => {
  fc.assert(
    fc.property(anyMask, (mask) => {
      const pieces = connectedComponents(mask).masks.map(voxelsOf);
      expect(pieces.reduce((sum, p) => sum + p.size, 0)).toBe(voxelsOf(mask).size);
      const owner = new Map(pieces.flatMap((p, n) => [...p].map((v) => [v, n] as const)));
      for (const [voxel, n] of owner) {
        const [i, j, k] = voxel.split(',').map(Number);
        for (let d = 0; d < 27; d++) {
          const next = owner.get(
            `${i + (d % 3) - 1},${j + (Math.floor(d / 3) % 3) - 1},${k + Math.floor(d / 9) - 1}`,
          );
          expect(next ?? n).toBe(n);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a closed cavity is filled, an open one and what lies around are not', () => {
  const shell = ballOf(3).filter((voxel) => !ballOf(1).some((inner) => String(inner) === String(voxel)));
  const filled = fillHoles(maskOf(shell));
  expect(filled && voxelsOf(filled)).toEqual(voxelsOf(maskOf(ballOf(3))));
  const open = maskOf(shell.filter(([i, j]) => i !== 6 || j !== 5));
  expect(fillHoles(open)).toEqual(open);
});
