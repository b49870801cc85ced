import { describe, expect, it } from 'vitest';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { builtinRules, kindByRules, type RoiRule, roiKind } from '../../native/dicom/roiNames.ts';
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

  it('combines contours for XOR and leaves out points', () => {
    const outer = contour(0, square(1, 1, 21, 21), 'CLOSEDPLANAR_XOR');
    const inner = contour(0, square(5, 5, 10, 25), 'CLOSEDPLANAR_XOR');
    // 20·20 and 5·20 pixels of which 5·16 are in both.
    expect(count(filled(roi(outer, inner))?.mask.bits)).toBe(400 + 100 - 2 * 80);
    const point: Contour = { type: 'POINT', points: Float64Array.of(0, 10, 100) };
    expect(filled(roi(outer, point))?.warnings).toEqual(['single points were left out']);
    const said = new Set<string>();
    expect(rasterizeRoi(roi(point), grid, said)).toBeNull();
    expect([...said]).toEqual(['single points were left out']);
  });

  describe('contours on other planes', () => {
    const across = ['contours on planes across the slices were resampled to the nearest plane'];
    const cube: Grid = { ...grid, dims: [24, 24, 24], spacing: [1, 1, 1], origin: [0, 0, 0] };
    /** A rectangle from (a0, b0) to (a1, b1) on the plane at `at` of an axis; a and b are the two other axes. */
    const rectangle = (axis: 0 | 1, at: number, [a0, b0, a1, b1]: readonly number[]): Contour => {
      const corners = [
        [a0, b0],
        [a1, b0],
        [a1, b1],
        [a0, b1],
      ];
      const points = corners.flatMap(([a, b]) => (axis === 0 ? [at, a, b] : [a, at, b]));
      return { type: 'CLOSED_PLANAR', points: Float64Array.from(points) };
    };
    const voxels = (one: Roi) => {
      const result = rasterizeRoi(one, cube);
      return { box: result?.mask.box, count: count(result?.mask.bits), warnings: result?.warnings };
    };

    it.each([
      ['coronal', 1, [3, 8, 4, 12, 16, 14]],
      ['sagittal', 0, [8, 3, 4, 16, 12, 14]],
    ] as const)('fills %s ones on every voxel between the planes', (_, axis, box) => {
      // Planes at 9, 12, 15, each standing for three voxels: 8…16; edges between voxel centres.
      const contours = [12, 9, 15].map((at) => rectangle(axis, at, [2.5, 3.5, 12.5, 14.5]));
      expect(voxels(roi(...contours))).toEqual({ box, count: 10 * 9 * 11, warnings: across });
    });

    it('keeps holes and a missing plane open', () => {
      const contours = [6, 8, 12].map((at) => rectangle(1, at, [2.5, 3.5, 12.5, 14.5]));
      const hole = rectangle(1, 8, [4.5, 4.5, 6.5, 6.5]);
      const { count: found, warnings } = voxels(roi(...contours, hole));
      // Three planes of two voxels each, 10 by 11, less a hole of 2 by 2 through two voxels.
      expect(found).toBe(3 * 2 * 110 - 2 * 4);
      expect(warnings).toEqual(['slices between the first and the last contour without one: 1', ...across]);
    });

    it('finds the volume of a tilted box', () => {
      const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
      // Rectangles of 10 by 8 mm at distances of 2 mm along (0, −s, c): six planes stand for 12 mm.
      const contours = Array.from({ length: 6 }, (_, p): Contour => {
        const points = [
          [-5, -4],
          [5, -4],
          [5, 4],
          [-5, 4],
        ].flatMap(([x, y]) => [12 + x, 12 + y * c - (2 * p - 5) * s, 12 + y * s + (2 * p - 5) * c]);
        return { type: 'CLOSED_PLANAR', points: Float64Array.from(points) };
      });
      const { count: found } = voxels(roi(...contours));
      expect(Math.abs((found ?? 0) / 960 - 1)).toBeLessThan(0.02);
    });

    it('leaves out what has no regular planes, and what crosses contours on the slices', () => {
      const one = rectangle(1, 6, [2.5, 3.5, 12.5, 14.5]);
      const others = [7, 9.5].map((at) => rectangle(1, at, [2.5, 3.5, 12.5, 14.5]));
      const said = new Set<string>();
      expect(rasterizeRoi(roi(one), cube, said)).toBeNull();
      expect(rasterizeRoi(roi(one, ...others), cube, said)).toBeNull();
      expect([...said]).toEqual(['contours that are not parallel to the slices were left out']);
      const axial = Float64Array.of(1, 1, 5, 4, 1, 5, 4, 4, 5, 1, 4, 5);
      const both = rasterizeRoi(roi({ type: 'CLOSED_PLANAR', points: axial }, one, ...others), cube);
      expect(count(both?.mask.bits)).toBe(9);
      expect(both?.warnings).toEqual(['contours that are not parallel to the slices were left out']);
    });
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

  it('asks the rules that are given in their order', () => {
    const rules: RoiRule[] = [
      { kind: 'lesion', pattern: 'liver seg*|spot *' },
      { kind: 'ignored', pattern: '^old * gtv' },
      ...builtinRules,
    ];
    const kinds = [
      'Liver_Segment',
      'LIVER',
      'spot3',
      'my spot in lung',
      'old GTV',
      'the old GTV',
      'OldLungGTV2',
    ];
    expect(kinds.map((name) => roiKind(name, undefined, rules))).toEqual([
      'lesion',
      'organ',
      'lesion',
      'lesion',
      'ignored',
      'lesion',
      'ignored',
    ]);
  });

  it('has patterns that the table in the settings can show, and every one of them can fit', () => {
    for (const rule of builtinRules) {
      expect(rule.pattern.length).toBeLessThanOrEqual(200);
      for (const phrase of rule.pattern.split('|')) {
        expect(kindByRules(phrase.replaceAll('*', 'x').replace('^', ''), [rule]), phrase).toBe(rule.kind);
      }
    }
  });

  it('is not slowed down by many stars', () => {
    const rules: RoiRule[] = [{ kind: 'lesion', pattern: `${'a*'.repeat(900)}b` }];
    expect(kindByRules('a'.repeat(5000), rules)).toBeUndefined();
    expect(() => kindByRules('a', [{ kind: 'lesion', pattern: 'a'.repeat(3000) }])).toThrow('longer than');
    expect(kindByRules('anything', [{ kind: 'lesion', pattern: ' | ^ ' }])).toBeUndefined();
  });
});
