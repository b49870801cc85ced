import { describe, expect, it } from 'vitest';
import { organContext } from '../../native/lesion/organContext.ts';
import type { Box, Grid, Mask } from '../../native/volume/volume.ts';

const grid: Grid = {
  dims: [100, 100, 100],
  spacing: [1, 1, 2],
  origin: [-50, -50, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
function block(box: Box): Mask {
  const voxels = (box[3] - box[0] + 1) * (box[4] - box[1] + 1) * (box[5] - box[2] + 1);
  return { box, bits: new Uint8Array(voxels).fill(1) };
}
const liver = { name: 'Liver', mask: block([10, 10, 10, 50, 50, 50]) };
const of = (lesion: Mask, organs: readonly { name: string; mask: Mask }[], on = grid) =>
  organContext(lesion, organs, on);

describe('organContext', () => {
  it('gives the part inside, the part of the organ and the place', () => {
    // 5·5·5 voxels around (15, 20, 45); the organ's middle is (30, 30, 30), its half sides are 20 voxels.
    const [found, ...others] = of(block([13, 18, 43, 17, 22, 47]), [liver]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ organ: 'Liver', inside: 1, where: 'right upper anterior' });
    expect(found.ofOrgan).toBeCloseTo(125 / 41 ** 3, 10);
    for (const [n, value] of [-0.75, -0.5, 0.75].entries()) expect(found.position[n]).toBeCloseTo(value, 10);
  });

  it.each([
    [[30, 30, 30], 'center'],
    [[45, 30, 30], 'left'],
    [[30, 45, 15], 'lower posterior'],
    [[15, 45, 30], 'right posterior'],
  ] as const)('says where %j is', ([i, j, k], where) => {
    expect(of(block([i, j, k, i, j, k]), [liver])[0].where).toBe(where);
  });

  it('takes the patient axes, not those of the storage', () => {
    // i runs to the back, j to the right, k downwards.
    const turned: Grid = { ...grid, direction: [0, 1, 0, -1, 0, 0, 0, 0, -1] };
    expect(of(block([45, 15, 15, 45, 15, 15]), [liver], turned)[0].where).toBe('left upper posterior');
  });

  it('names every organ that holds a part, the greatest first, and none that only lies near', () => {
    const lesion = block([48, 30, 30, 57, 30, 30]);
    const right = { name: 'Kidney', mask: block([51, 20, 20, 70, 40, 40]) };
    const near = { name: 'Spleen', mask: block([48, 31, 30, 57, 31, 30]) };
    const found = of(lesion, [liver, near, right]);
    expect(found.map(({ organ }) => organ)).toEqual(['Kidney', 'Liver']);
    expect(found.map(({ inside }) => inside)).toEqual([0.7, 0.3]);
  });

  it('names the nearest organ within 10 mm where none holds it', () => {
    const spleen = { name: 'Spleen', mask: block([60, 30, 30, 70, 40, 40]) };
    const far = { name: 'Heart', mask: block([55, 30, 56, 55, 30, 60]) };
    // 4 mm to the liver, 5 mm to the spleen.
    expect(of(block([54, 30, 30, 55, 30, 30]), [spleen, liver, far])).toMatchObject([
      { organ: 'Liver', inside: 0, where: '4 mm beside, left' },
    ]);
    // Slices are 2 mm apart: 5 of them are 10 mm, 6 are too far.
    expect(of(block([30, 30, 55, 30, 30, 55]), [liver])).toHaveLength(1);
    expect(of(block([30, 30, 56, 30, 30, 56]), [liver])).toEqual([]);
  });

  it('measures to the voxels, not to the box around them', () => {
    const mask = block([10, 10, 10, 50, 50, 50]);
    mask.bits.fill(0);
    mask.bits[0] = 1;
    mask.bits[mask.bits.length - 1] = 1;
    expect(of(block([30, 30, 30, 30, 30, 30]), [{ name: 'Ring', mask }])).toEqual([]);
    expect(of(block([47, 50, 52, 47, 50, 52]), [{ name: 'Ring', mask }])[0].where).toMatch(/^5 mm beside/);
  });
});
