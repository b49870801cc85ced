/** The reading tools' own arithmetic: what the magnifier shows, which rows a search of elements keeps, the table of corners. */
import { describe, expect, test } from 'vitest';
import type { HeaderRow } from '../../native/contract/originalHeader.ts';
import { rowsWith } from '../../renderer/tags/tagRows.ts';
import { corners, cornersSchema } from '../../renderer/viewer/corners.ts';
import type { Grid } from '../../renderer/viewer/grid.ts';
import { magnifiedGreys } from '../../renderer/viewer/magnified.ts';
import { type PaneView, planeGeometry } from '../../renderer/viewer/planes.ts';

const grid: Grid = {
  dims: [40, 30, 20],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('the magnifier', () => {
  /** Voxels by a function of their index. */
  const voxelsOf = (value: (i: number, j: number, k: number) => number) => {
    const data = new Float32Array(40 * 30 * 20);
    for (let n = 0; n < data.length; n++)
      data[n] = value(n % 40, Math.floor(n / 40) % 30, Math.floor(n / 1200));
    return { grid, data };
  };
  const view = (plane: 'axial' | 'coronal', change: Partial<PaneView> = {}): PaneView => ({
    geometry: planeGeometry(grid, plane),
    slice: 10,
    centre: [20, 15, 10],
    pxPerMm: 10,
    size: [100, 100],
    ...change,
  });
  const look = { window: { width: 400, center: 0 }, inverted: false, slabMm: null };
  const at = (greys: Uint8ClampedArray, x: number, y: number) => greys[x + 100 * y];

  test('shows a ramp as a ramp, in the middle what lies in its middle', () => {
    const ramp = voxelsOf((i) => 10 * (i - 20));
    const greys = magnifiedGreys({ voxels: ramp, ...look }, view('axial'), 100, 100);
    // 10 px are 1 mm, a voxel, which is 10 HU of 400.
    for (const x of [5, 50, 95]) {
      const hu = 10 * ((x + 0.5 - 50) / 10);
      expect(Math.abs(at(greys, x, 50) - 255 * (hu / 400 + 0.5))).toBeLessThan(1);
    }
  });

  test('is black beside the volume and inverts only what is inside', () => {
    const bright = voxelsOf(() => 1000);
    const edge = view('axial', { centre: [0, 15, 10] });
    const greys = magnifiedGreys({ voxels: bright, ...look }, edge, 100, 100);
    expect([at(greys, 10, 50), at(greys, 90, 50)]).toEqual([0, 255]);
    const inverted = magnifiedGreys({ voxels: bright, ...look, inverted: true }, edge, 100, 100);
    expect([at(inverted, 10, 50), at(inverted, 90, 50)]).toEqual([0, 0]);
  });

  test('shows the head up on a coronal plane, and the highest value of a slab', () => {
    const up = voxelsOf((_i, _j, k) => 40 * (k - 10));
    const greys = magnifiedGreys({ voxels: up, ...look }, view('coronal', { slice: 15 }), 100, 100);
    expect(at(greys, 50, 10)).toBeGreaterThan(at(greys, 50, 90));
    const spot = voxelsOf((_i, _j, k) => (k === 12 ? 200 : -200));
    expect(at(magnifiedGreys({ voxels: spot, ...look }, view('axial'), 100, 100), 50, 50)).toBe(0);
    const slab = magnifiedGreys({ voxels: spot, ...look, slabMm: 10 }, view('axial'), 100, 100);
    expect(at(slab, 50, 50)).toBe(255);
  });
});

test('a search of elements keeps what holds all its words, and the sequences around it', () => {
  const row = (path: string, tag: string, name: string, value: string): HeaderRow => ({
    path,
    depth: 0,
    tag,
    name,
    vr: 'UI',
    value,
    cut: false,
    private: false,
    identifying: false,
  });
  const rows = [
    row('00080060', '(0008,0060)', 'Modality', 'CT'),
    row('00081140', '(0008,1140)', 'ReferencedImageSequence', '2 items'),
    row('00081140.0', '', 'Item 1', ''),
    row('00081140.0.00081155', '(0008,1155)', 'ReferencedSOPInstanceUID', '1.2.3'),
    row('00081140.1', '', 'Item 2', ''),
    row('00081140.1.00081155', '(0008,1155)', 'ReferencedSOPInstanceUID', '1.2.4'),
  ];
  const found = (words: string) => rowsWith(rows, words).map(({ path }) => path);
  expect(found('')).toHaveLength(6);
  expect(found('1.2.4')).toEqual(['00081140', '00081140.1', '00081140.1.00081155']);
  expect(found('modality ct')).toEqual(['00080060']);
  expect(found('00080060')).toEqual(['00080060']);
  expect(found('(0008,0060')).toEqual(['00080060']);
  expect(found('modality mr')).toEqual([]);
});

test('the table of corners names what a picture may not be read without, once, and no field that there is not', () => {
  const named = Object.values(corners).flatMap((lines) => lines.flatMap(({ fields }) => fields));
  expect(named).toEqual(expect.arrayContaining(['marks', 'slab', 'window', 'slice', 'patient']));
  expect(new Set(named).size).toBe(named.length);
  const { topLeft } = corners;
  expect(cornersSchema.safeParse({ ...corners, topLeft: [{ fields: ['mood'] }] }).success).toBe(false);
  expect(cornersSchema.safeParse({ topLeft }).success).toBe(false);
});
