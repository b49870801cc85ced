/** How planes lie on the screen: the patient's directions at the edges, pixels and indices, and what the tools make of a stroke. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planes } from '../../native/contract/mark.ts';
import { sliceAtOffset, stepOffset } from '../../renderer/compare/linkedScroll.ts';
import { markBox, markOfStroke } from '../../renderer/query/marks.ts';
import { sliceContour } from '../../renderer/viewer/contours.ts';
import { type Grid, growBox, indexToWorld, subGrid, worldToIndex } from '../../renderer/viewer/grid.ts';
import { actionOf, keyBindings } from '../../renderer/viewer/keys.ts';
import {
  edgeLetters,
  fitPxPerMm,
  gridCentre,
  indexToPixel,
  type PaneView,
  pixelToIndex,
  planeGeometry,
  screenVectors,
} from '../../renderer/viewer/planes.ts';
import { windowPresets, windowRange } from '../../renderer/viewer/presets.ts';

const lps: Grid = {
  dims: [40, 30, 20],
  spacing: [0.7, 0.8, 2.5],
  origin: [-100, 50, 900],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
/** NIfTI in RAS order: i towards the right is falling x in LPS, j falling y. */
const ras: Grid = { ...lps, direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] };
/** Sagittal slices: i runs back, j runs down, k runs from the patient's left to the right. */
const sagittal: Grid = { ...lps, direction: [0, 1, 0, 0, 0, -1, -1, 0, 0] };
/** Tilted by 30° about x. */
const c30 = Math.cos(Math.PI / 6);
const tilted: Grid = { ...lps, direction: [1, 0, 0, 0, c30, 0.5, 0, -0.5, c30] };

describe('planes on the screen', () => {
  test.each([
    ['LPS', lps],
    ['RAS', ras],
    ['sagittal', sagittal],
  ])('%s volumes show the radiological directions at the edges', (_name, grid) => {
    expect(edgeLetters(grid, planeGeometry(grid, 'axial'))).toEqual({
      left: 'R',
      right: 'L',
      top: 'A',
      bottom: 'P',
    });
    expect(edgeLetters(grid, planeGeometry(grid, 'coronal'))).toEqual({
      left: 'R',
      right: 'L',
      top: 'S',
      bottom: 'I',
    });
    expect(edgeLetters(grid, planeGeometry(grid, 'sagittal'))).toEqual({
      left: 'A',
      right: 'P',
      top: 'S',
      bottom: 'I',
    });
  });

  test('an oblique axis is named by both directions', () => {
    expect(edgeLetters(tilted, planeGeometry(tilted, 'axial')).bottom).toBe('PS');
  });

  test('the three planes share out the three index axes', () => {
    for (const grid of [lps, ras, sagittal, tilted]) {
      expect(planes.map((plane) => planeGeometry(grid, plane).normal).sort()).toEqual([0, 1, 2]);
      for (const plane of planes) {
        const { normal, right, down } = planeGeometry(grid, plane);
        expect([normal, right, down].sort()).toEqual([0, 1, 2]);
      }
    }
  });

  test('the viewer looks along the slice normal: axial from the feet, coronal from the front, sagittal from the left', () => {
    for (const grid of [lps, ras, sagittal]) {
      const towards = (plane: (typeof planes)[number]) =>
        screenVectors(grid, planeGeometry(grid, plane)).towardsViewer.map((x) => Math.round(x) + 0);
      expect(towards('axial')).toEqual([0, 0, -1]);
      expect(towards('coronal')).toEqual([0, -1, 0]);
      expect(towards('sagittal')).toEqual([1, 0, 0]);
    }
  });

  test('pixels and indices are each other’s inverse, and mm are to scale', () => {
    const views = fc.record({
      grid: fc.constantFrom(lps, ras, sagittal, tilted),
      plane: fc.constantFrom(...planes),
      x: fc.integer({ min: 0, max: 500 }),
      y: fc.integer({ min: 0, max: 400 }),
      pxPerMm: fc.double({ min: 0.2, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(views, ({ grid, plane, x, y, pxPerMm }) => {
        const geometry = planeGeometry(grid, plane);
        const view: PaneView = { geometry, slice: 3, centre: gridCentre(grid), pxPerMm, size: [500, 400] };
        const index = pixelToIndex(view, grid, [x, y]);
        const [px, py] = indexToPixel(view, grid, index);
        expect(px).toBeCloseTo(x, 6);
        expect(py).toBeCloseTo(y, 6);
        expect(index[geometry.normal]).toBe(3);
        const a = indexToWorld(grid, index);
        const b = indexToWorld(grid, pixelToIndex(view, grid, [x + 30, y - 40]));
        expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeCloseTo(50 / pxPerMm, 6);
      }),
    );
  });

  test('fitting shows the whole slice', () => {
    const geometry = planeGeometry(lps, 'axial');
    expect(fitPxPerMm(lps, geometry, [280, 1000])).toBeCloseTo(10, 9);
    expect(fitPxPerMm(lps, geometry, [2800, 240])).toBeCloseTo(10, 9);
  });

  test('positions and indices are each other’s inverse, also of a part', () => {
    for (const grid of [lps, ras, sagittal, tilted]) {
      const box = growBox([10, 8, 4, 14, 12, 6], 4, grid);
      const part = subGrid(grid, box);
      const world = indexToWorld(grid, [12, 10, 5]);
      worldToIndex(grid, world).forEach((x, axis) => {
        expect(x).toBeCloseTo([12, 10, 5][axis], 9);
      });
      worldToIndex(part, world).forEach((x, axis) => {
        expect(x).toBeCloseTo([12, 10, 5][axis] - box[axis], 9);
      });
    }
  });
});

describe('strokes of the region tools', () => {
  test('an ellipse on the coronal plane is given in [i, k]', () => {
    const mark = markOfStroke(
      'ellipse',
      'coronal',
      7,
      [
        [10, 7, 4],
        [20, 7, 9],
      ],
      lps,
    );
    expect(mark).toEqual({
      plane: 'coronal',
      slice: 7,
      shape: {
        kind: 'ellipse',
        corners: [
          [10, 4],
          [20, 9],
        ],
      },
    });
  });

  test('a sphere’s radius is in mm', () => {
    const mark = markOfStroke(
      'sphere',
      'axial',
      4,
      [
        [10, 10, 4],
        [10, 20, 4],
      ],
      lps,
    );
    expect(mark?.shape).toEqual({ kind: 'sphere', centerIjk: [10, 10, 4], radiusMm: 8 });
  });

  test('a slip of the hand is no mark', () => {
    expect(
      markOfStroke(
        'rectangle',
        'axial',
        4,
        [
          [10, 10, 4],
          [11, 11, 4],
        ],
        lps,
      ),
    ).toBeNull();
    expect(markOfStroke('freehand', 'axial', 4, [[10, 10, 4]], lps)).toBeNull();
  });

  test('a long outline keeps its shape with fewer points', () => {
    const points = Array.from({ length: 9000 }, (_, n): [number, number, number] => [
      20 + 8 * Math.cos((n * 2 * Math.PI) / 9000),
      15 + 8 * Math.sin((n * 2 * Math.PI) / 9000),
      4,
    ]);
    const mark = markOfStroke('freehand', 'axial', 4, points, lps);
    if (mark?.shape.kind !== 'polygon') throw new Error('no polygon');
    expect(mark.shape.points.length).toBeLessThanOrEqual(2000);
    expect(mark.shape.points.length).toBeGreaterThan(1000);
  });

  test('the box of a mark is as deep as the mark is wide, and inside the volume', () => {
    const mark = markOfStroke(
      'ellipse',
      'axial',
      10,
      [
        [10, 10, 10],
        [20, 18.75, 10],
      ],
      lps,
    );
    if (!mark) throw new Error('no mark');
    // 7 mm by 7 mm: 7 mm deep at 2.5 mm slices is 1.4 slices to either side.
    expect(markBox(mark, lps)).toEqual([10, 10, 9, 20, 19, 11]);
    const edge = markOfStroke(
      'sphere',
      'axial',
      0,
      [
        [1, 1, 0],
        [1, 11, 0],
      ],
      lps,
    );
    if (!edge) throw new Error('no mark');
    expect(markBox(edge, lps)).toEqual([0, 0, 0, 12, 11, 3]);
  });
});

describe('outlines', () => {
  test('one voxel is a closed diamond around its centre', () => {
    const mask = { box: [5, 6, 7, 5, 6, 7] as const, bits: Uint8Array.of(1) };
    const segments = sliceContour(mask, 2, 0, 1, 7);
    expect(segments.length).toBe(16);
    const ends = new Map<string, number>();
    for (let n = 0; n < segments.length; n += 2) {
      const end = `${segments[n]},${segments[n + 1]}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect([...ends.keys()].sort()).toEqual(['4.5,6', '5,5.5', '5,6.5', '5.5,6']);
    expect([...ends.values()]).toEqual([2, 2, 2, 2]);
    expect(sliceContour(mask, 2, 0, 1, 8).length).toBe(0);
  });

  test('every outline is closed, on every plane', () => {
    const random = fc.uint8Array({ minLength: 60, maxLength: 60, max: 1 });
    const axes = fc.constantFrom([2, 0, 1] as const, [1, 0, 2] as const, [0, 1, 2] as const);
    fc.assert(
      fc.property(random, axes, fc.nat(4), (bits, [normal, a, b], slice) => {
        const segments = sliceContour({ box: [1, 2, 3, 5, 5, 5], bits }, normal, a, b, slice + 1);
        const ends = new Map<string, number>();
        for (let n = 0; n < segments.length; n += 2) {
          const end = `${segments[n]},${segments[n + 1]}`;
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
        for (const times of ends.values()) expect(times % 2).toBe(0);
      }),
    );
  });
});

describe('linked scrolling', () => {
  const fine: Grid = { ...lps, dims: [51, 51, 51], spacing: [1, 1, 1] };
  const geometry = planeGeometry(lps, 'axial');

  test('both panes stand at the same distance from their lesions, in the same sense of the body', () => {
    expect(sliceAtOffset(lps, geometry, 10, -5)).toBe(8);
    expect(sliceAtOffset(fine, planeGeometry(fine, 'axial'), 25, -5)).toBe(20);
    const feetFirst: Grid = { ...fine, direction: [1, 0, 0, 0, -1, 0, 0, 0, -1] };
    expect(sliceAtOffset(feetFirst, planeGeometry(feetFirst, 'axial'), 25, -5)).toBe(30);
  });

  test('a step moves both, and ends where the longer of the two ends', () => {
    const sides = [
      { grid: lps, geometry, centreIndex: 10 },
      { grid: fine, geometry: planeGeometry(fine, 'axial'), centreIndex: 25 },
    ];
    expect(stepOffset(0, 1, sides)).toBe(2.5);
    expect(stepOffset(0, -100, sides)).toBe(-25);
    expect(stepOffset(0, 100, sides)).toBe(25);
    expect(sliceAtOffset(lps, geometry, 10, 25)).toBe(19);
  });
});

describe('tables', () => {
  test('no key names two actions, and every preset has a key that selects it', () => {
    const keys = keyBindings.flatMap((binding) => (binding.action ? binding.keys : []));
    expect(new Set(keys).size).toBe(keys.length);
    for (const preset of windowPresets)
      expect(actionOf({ key: preset.key, mod: false, shift: false })).toEqual({
        do: 'preset',
        preset: preset.name,
      });
  });

  test('Ctrl and Shift are told apart where they matter', () => {
    expect(actionOf({ key: 'z', mod: true, shift: false })).toEqual({ do: 'undo' });
    expect(actionOf({ key: 'Z', mod: true, shift: true })).toEqual({ do: 'redo' });
    expect(actionOf({ key: '?', mod: false, shift: true })).toEqual({ do: 'help' });
    expect(actionOf({ key: 'F', mod: false, shift: false })).toEqual({ do: 'find' });
    expect(actionOf({ key: 'f', mod: true, shift: false })).toBeNull();
  });

  test('a window is centred on its centre', () => {
    expect(windowRange({ width: 1500, center: -600 })).toEqual({ lower: -1350, upper: 150 });
  });
});
