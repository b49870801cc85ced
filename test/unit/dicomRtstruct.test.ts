import { describe, expect, it } from 'vitest';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { roiKind } from '../../native/dicom/roiNames.ts';
import { type Contour, type Roi, readRtstruct } from '../../native/dicom/rtstruct.ts';
import type { Grid } from '../../native/volume/volume.ts';
import { ctSlice, rtstruct, syntax } from '../support/dicomWriter.ts';

const grid: Grid = {
  dims: [40, 30, 5],
  spacing: [0.5, 0.8, 2],
  origin: [-3, 7, 100],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
/** Points in voxel indices of slice k → a contour in mm. */
function contour(k: number, points: readonly (readonly [number, number])[], type = 'CLOSED_PLANAR'): Contour {
  const mm = points.flatMap(([i, j]) => [-3 + 0.5 * i, 7 + 0.8 * j, 100 + 2 * k]);
  return { type, points: Float64Array.from(mm) };
}
const square = (i0: number, j0: number, i1: number, j1: number) =>
  [
    [i0, j0],
    [i1, j0],
    [i1, j1],
    [i0, j1],
  ] as const;
const roi = (...contours: Contour[]): Roi => ({
  number: 1,
  name: 'GTV',
  interpretedType: undefined,
  contours,
});
const count = (bits: Uint8Array | undefined) => bits?.reduce((sum, bit) => sum + bit, 0);
const filled = (one: Roi) => rasterizeRoi(one, grid);

describe('readRtstruct', () => {
  it.each(Object.values(syntax))('reads names, types, contours and references (%s)', (transferSyntax) => {
    const bytes = rtstruct(
      [
        { name: 'GTV größer', type: 'GTV', contours: [[0, 0, 1, 2.5, 0, 1, 2.5, -3, 1]] },
        { name: 'Lung', contours: [] },
      ],
      '1.2.3.2',
      { transferSyntax },
    );
    const read = readRtstruct(bytes);
    expect(read).toMatchObject({
      referencedSeriesUid: '1.2.3.2',
      frameOfReferenceUid: '1.2.3.3',
      warnings: [],
    });
    expect(read.rois).toEqual([
      {
        number: 1,
        name: 'GTV größer',
        interpretedType: 'GTV',
        contours: [{ type: 'CLOSED_PLANAR', points: Float64Array.of(0, 0, 1, 2.5, 0, 1, 2.5, -3, 1) }],
      },
      { number: 2, name: 'Lung', interpretedType: 'ORGAN', contours: [] },
    ]);
  });

  it('leaves out a contour whose points are not triples and says so', () => {
    const read = readRtstruct(rtstruct([{ name: 'A', contours: [[0, 0, 1, 2]] }]));
    expect(read.rois[0].contours).toEqual([]);
    expect(read.warnings).toEqual(['a contour with unreadable points was left out']);
  });

  it('refuses another object and a file that is cut off', () => {
    expect(() => readRtstruct(ctSlice())).toThrow('not an RT Structure Set');
    const bytes = rtstruct([{ name: 'A', contours: [[0, 0, 0, 1, 0, 0, 1, 1, 0]] }]);
    expect(() => readRtstruct(bytes.subarray(0, bytes.length - 60))).toThrow('damaged or cut off');
  });
});

describe('rasterizeRoi', () => {
  it('fills by voxel centres; a square with corners on centres counts exactly its area', () => {
    const result = filled(roi(contour(2, square(5, 6, 15, 10))));
    expect(result?.mask.box).toEqual([5, 6, 2, 14, 9, 2]);
    expect(count(result?.mask.bits)).toBe(40);
    expect(result?.warnings).toEqual([]);
  });

  it('finds a disc to within half a percent of its area', () => {
    const points = Array.from({ length: 180 }, (_, n): [number, number] => {
      const angle = (n / 180) * 2 * Math.PI;
      return [19.3 + (7 / 0.5) * Math.cos(angle), 15.2 + (7 / 0.8) * Math.sin(angle)];
    });
    const area = (count(filled(roi(contour(1, points)))?.mask.bits) ?? 0) * 0.5 * 0.8;
    expect(Math.abs(area / (Math.PI * 49) - 1)).toBeLessThan(0.005);
  });

  it('subtracts holes, adds islands, opens keyholes', () => {
    const outer = contour(0, square(1, 1, 21, 21));
    const hole = contour(0, square(5, 5, 10, 10));
    const island = contour(0, square(6, 6, 8, 8));
    expect(count(filled(roi(outer, hole))?.mask.bits)).toBe(400 - 25);
    expect(count(filled(roi(outer, hole, island))?.mask.bits)).toBe(400 - 25 + 4);
    const apart = contour(0, square(25, 1, 30, 6));
    expect(count(filled(roi(outer, apart))?.mask.bits)).toBe(425);
    const keyhole = contour(0, [...square(1, 1, 21, 21), [1, 1], [5, 5], [5, 10], [10, 10], [10, 5], [5, 5]]);
    expect(count(filled(roi(keyhole))?.mask.bits)).toBe(400 - 25);
  });

  it('does not let a contour that is there twice cancel itself', () => {
    const once = square(1, 1, 11, 11);
    const turned = [...once.slice(2), ...once.slice(0, 2)].reverse();
    expect(count(filled(roi(contour(0, once), contour(0, turned)))?.mask.bits)).toBe(100);
  });

  it('puts a contour on the nearest slice; between two planes for one slice the nearer stands', () => {
    expect(filled(roi(contour(2.3, square(1, 1, 4, 4))))?.mask.box[2]).toBe(2);
    const shared = filled(roi(contour(2.3, square(1, 1, 9, 9)), contour(1.9, square(1, 1, 4, 4))));
    expect(count(shared?.mask.bits)).toBe(9);
    expect(shared?.warnings).toEqual(['contours between the slices were left out']);
  });

  it('warns of slices without contour, of contours outside, tilted or open', () => {
    const gap = filled(roi(contour(0, square(1, 1, 4, 4)), contour(3, square(1, 1, 4, 4))));
    expect(gap?.warnings).toEqual(['slices between the first and the last contour without one: 2']);
    expect(filled(roi(contour(9, square(1, 1, 4, 4))))).toBeNull();
    expect(filled(roi(contour(1, square(100, 1, 104, 4))))).toBeNull();
    const tilted = Float64Array.of(0, 10, 100, 5, 10, 104, 5, 14, 108);
    expect(filled(roi({ type: 'CLOSED_PLANAR', points: tilted }))).toBeNull();
    const open = filled(roi(contour(0, square(1, 1, 4, 4)), contour(1, square(1, 1, 4, 4), 'OPEN_PLANAR')));
    expect(open?.warnings).toEqual(['contours that are not closed and planar were left out']);
  });

  it('clips what reaches over the edge of the grid', () => {
    const result = filled(roi(contour(1, square(-10, -10, 3, 2))));
    expect(result?.mask.box).toEqual([0, 0, 1, 2, 1, 1]);
    expect(count(result?.mask.bits)).toBe(6);
  });
});

describe('roiKind', () => {
  it.each([
    ['GTV_Mass_CT', 'lesion'],
    ['GTV-1', 'lesion'],
    ['GTVp', 'lesion'],
    ['Tumor left', 'lesion'],
    ['tumour', 'lesion'],
    ['Lesion_3', 'lesion'],
    ['LungNodule2', 'lesion'],
    ['liver mets', 'lesion'],
    ['Renal cyst', 'lesion'],
    ['MASS', 'lesion'],
    ['Haemangioma', 'lesion'],
    ['Lung-Left', 'organ'],
    ['Spinal-Cord', 'organ'],
    ['Masseter_L', 'organ'],
    ['Lungs-GTV', 'organ'],
    ['Lung_L-PTV2', 'organ'],
    ['Lung_GTV', 'lesion'],
    ['LiverGTV', 'lesion'],
    ['Tumour-GTV', 'lesion'],
    ['Lung_L minus GTV', 'organ'],
    ['Liver', 'organ'],
    ['BODY', 'ignored'],
    ['External', 'ignored'],
    ['CouchSurface', 'ignored'],
    ['PTV1', 'ignored'],
    ['CTV', 'ignored'],
    ['PTV minus GTV', 'ignored'],
    ['GTV minus cavity', 'lesion'],
    ['', 'organ'],
  ])('%s is %s', (name, kind) => expect(roiKind(name)).toBe(kind));

  it('asks the interpreted type only where the name says nothing', () => {
    expect(roiKind('ROI 7', 'GTV')).toBe('lesion');
    expect(roiKind('Contour', 'EXTERNAL')).toBe('ignored');
    expect(roiKind('GTV-1', 'ORGAN')).toBe('lesion');
  });
});
