/** What measurements say, against analytic phantoms, on isotropic, anisotropic and oblique grids. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { annotationKinds, annotationPoints, annotationShape } from '../../native/contract/annotations.ts';
import { type Plane, planeAxes, planes } from '../../native/contract/mark.ts';
import { measurementTable } from '../../native/engine/saveMeasurements.ts';
import {
  angleDegrees,
  distanceMm,
  ellipseAreaMm2,
  ellipseOf,
  moveHandle,
  type Point,
  pointsOfStroke,
  shift,
  within,
} from '../../renderer/measure/geometry.ts';
import { gripAt } from '../../renderer/measure/grip.ts';
import { linesOf } from '../../renderer/measure/kinds.ts';
import { ellipseStatistics } from '../../renderer/measure/statistics.ts';
import { type Grid, indexToWorld, type Vec3, worldToIndex } from '../../renderer/viewer/grid.ts';
import { gridCentre, indexToPixel, type PaneView, planeGeometry } from '../../renderer/viewer/planes.ts';

const lps: Grid = {
  dims: [80, 60, 40],
  spacing: [0.5, 0.8, 2.5],
  origin: [-100, 50, 900],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
/** Turned about x by 30° and then about z by 20°. */
const oblique: Grid = { ...lps, direction: turned() };
const sagittal: Grid = { ...lps, direction: [0, 1, 0, 0, 0, -1, -1, 0, 0] };
const grids = [lps, oblique, sagittal];

function turned(): number[] {
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const [cz, sz] = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)];
  const about = ([x, y, z]: readonly number[]) => [cz * x - sz * y, sz * x + cz * y, z];
  return [
    [1, 0, 0],
    [0, c, s],
    [0, -s, c],
  ].flatMap(about);
}

/** A grid with values by a function of the index. */
function filled(grid: Grid, value: (index: Vec3) => number | null) {
  return { grid, valueAt: (index: Vec3) => value([index[0], index[1], index[2]]) };
}

/** The ellipse that fills a box on a slice, from opposite corners. */
function ellipseIn([from, to]: readonly Point[], plane: Plane, grid: Grid) {
  return ellipseOf(pointsOfStroke('ellipse', plane, from, to, grid), plane, grid);
}

const anyGrid = fc.constantFrom(...grids);
const anyPlane = fc.constantFrom(...planes);
const part = fc.double({ min: 0.05, max: 0.95, noNaN: true });

/** A point of a slice, by parts of the grid's width. */
function onSlice(grid: Grid, plane: Plane, slice: number, u: number, v: number): Point {
  const { normal, inPlane } = planeAxes(grid.direction, plane);
  const point: Point = [0, 0, 0];
  point[normal] = slice;
  point[inPlane[0]] = u * (grid.dims[inPlane[0]] - 1);
  point[inPlane[1]] = v * (grid.dims[inPlane[1]] - 1);
  return point;
}

describe('lengths and angles', () => {
  test('are in mm of an anisotropic grid, whatever way it is turned', () => {
    for (const grid of grids) {
      expect(distanceMm([10, 10, 5], [18, 10, 5], grid)).toBeCloseTo(4, 9);
      // 6 mm along j and 8 mm across the planes.
      expect(distanceMm([10, 10, 5], [10, 17.5, 8.2], grid)).toBeCloseTo(10, 9);
    }
    expect(
      linesOf(
        {
          kind: 'length',
          plane: 'axial',
          points: [
            [0, 0, 0],
            [8, 0, 0],
          ],
        },
        lps,
        null,
      ),
    ).toEqual(['4.0 mm']);
  });

  test('an angle is one of the patient, not of the voxels', () => {
    // 4 mm along i and 4 mm along j, of 8 and 5 voxels: 45°, where the voxels would say 32°.
    for (const grid of grids) {
      expect(
        angleDegrees(
          [
            [20, 10, 5],
            [10, 10, 5],
            [18, 15, 5],
          ],
          grid,
        ),
      ).toBeCloseTo(45, 9);
      expect(
        angleDegrees(
          [
            [20, 10, 5],
            [10, 10, 5],
            [10, 10, 9],
          ],
          grid,
        ),
      ).toBeCloseTo(90, 9);
      expect(
        angleDegrees(
          [
            [20, 10, 5],
            [10, 10, 5],
            [0, 10, 5],
          ],
          grid,
        ),
      ).toBeCloseTo(180, 9);
    }
    expect(
      angleDegrees(
        [
          [20, 10, 5],
          [10, 10, 5],
          [10, 10, 5],
        ],
        lps,
      ),
    ).toBeNull();
  });
});

describe('two diameters', () => {
  test('the short one is perpendicular, crosses the long one in the middle and stays on the slice', () => {
    fc.assert(
      fc.property(anyGrid, anyPlane, part, part, part, part, (grid, plane, u0, v0, u1, v1) => {
        const [from, to] = [onSlice(grid, plane, 7, u0, v0), onSlice(grid, plane, 7, u1, v1)];
        fc.pre(distanceMm(from, to, grid) > 1);
        const points = pointsOfStroke('bidimensional', plane, from, to, grid);
        perpendicular(points, grid);
        expect(distanceMm(points[2], points[3], grid)).toBeCloseTo(distanceMm(from, to, grid) / 2, 6);
        const { normal } = planeAxes(grid.direction, plane);
        for (const point of points) expect(point[normal]).toBe(7);
      }),
    );
  });

  test('every handle keeps them perpendicular, and an end of the short one goes under the pointer where it can', () => {
    fc.assert(
      fc.property(
        anyGrid,
        anyPlane,
        fc.nat(3),
        part,
        part,
        part,
        part,
        (grid, plane, handle, u, v, u1, v1) => {
          const from = onSlice(grid, plane, 7, 0.3, 0.35);
          const points = pointsOfStroke('bidimensional', plane, from, onSlice(grid, plane, 7, u1, v1), grid);
          fc.pre(distanceMm(points[0], points[1], grid) > 1);
          const to = onSlice(grid, plane, 7, u, v);
          const moved = moveHandle({ kind: 'bidimensional', plane, points }, handle, to, grid);
          fc.pre(distanceMm(moved[0], moved[1], grid) > 1);
          perpendicular(moved, grid);
          if (handle < 2) expect(moved[handle]).toEqual(to);
          else expect(moved.slice(0, 2)).toEqual(points.slice(0, 2));
        },
      ),
    );
    const points = pointsOfStroke('bidimensional', 'axial', [10, 20, 5], [50, 20, 5], lps);
    const moved = moveHandle({ kind: 'bidimensional', plane: 'axial', points }, 2, [20, 30, 5], lps);
    expect(distanceMm(moved[2], [20, 30, 5], lps)).toBeCloseTo(0, 9);
    // The other end keeps its 5 mm below the line.
    expect(linesOf({ kind: 'bidimensional', plane: 'axial', points: moved }, lps, null)).toEqual([
      '20.0 × 13.0 mm',
    ]);
  });

  function perpendicular([a, b, c, d]: readonly Vec3[], grid: Grid): void {
    const [p, q, r, s] = [a, b, c, d].map((point) => indexToWorld(grid, point));
    const [long, short] = [p.map((x, n) => q[n] - x), r.map((x, n) => s[n] - x)];
    const dot = long.reduce((sum, x, n) => sum + x * short[n], 0);
    expect(Math.abs(dot) / (Math.hypot(...long) * (Math.hypot(...short) || 1))).toBeLessThan(1e-6);
  }
});

describe('the ellipse', () => {
  test('its area is π·a·b in mm², on every plane', () => {
    // 10 mm by 8 mm on the axial slice, and 10 mm by 20 mm along i and k.
    expect(
      ellipseAreaMm2(
        ellipseIn(
          [
            [10, 10, 5],
            [30, 20, 5],
          ],
          'axial',
          oblique,
        ),
      ),
    ).toBeCloseTo(Math.PI * 5 * 4, 9);
    expect(
      ellipseAreaMm2(
        ellipseIn(
          [
            [10, 10, 5],
            [30, 10, 13],
          ],
          'coronal',
          lps,
        ),
      ),
    ).toBeCloseTo(Math.PI * 5 * 10, 9);
  });

  test('of a uniform disc it says the disc’s value, and its voxels fill its area', () => {
    for (const grid of [lps, oblique]) {
      const ellipse = ellipseIn(
        [
          [10, 10, 5],
          [60, 50, 5],
        ],
        'axial',
        grid,
      );
      const found = ellipseStatistics(
        ellipse,
        filled(grid, () => 37),
      );
      expect(found).toMatchObject({ meanHu: 37, sdHu: 0, minHu: 37, maxHu: 37 });
      const voxelMm2 = grid.spacing[0] * grid.spacing[1];
      const filledPart = ((found?.voxels ?? 0) * voxelMm2) / ellipseAreaMm2(ellipse);
      expect(Math.abs(filledPart - 1)).toBeLessThan(0.01);
    }
  });

  test('of a ramp along i it has the mean of its middle and the deviation slope·a/2', () => {
    // x over a disc of radius a has variance a²/4.
    const ellipse = ellipseIn(
      [
        [10, 10, 5],
        [60, 50, 5],
      ],
      'axial',
      lps,
    );
    const found = ellipseStatistics(
      ellipse,
      filled(lps, ([i]) => 3 * i - 20),
    );
    expect(found?.meanHu).toBeCloseTo(3 * 35 - 20, 9);
    expect((found?.sdHu ?? 0) / ((3 * 25) / 2)).toBeCloseTo(1, 2);
    expect([found?.minHu, found?.maxHu]).toEqual([3 * 10 - 20, 3 * 60 - 20]);
  });

  test('counts exactly the voxels whose centres it holds', () => {
    const found = ellipseStatistics(
      ellipseIn(
        [
          [19, 29, 5],
          [21, 31, 5],
        ],
        'axial',
        lps,
      ),
      filled(lps, ([i, j, k]) => (k === 5 ? i * 100 + j : Number.NaN)),
    );
    const values = [2030, 1930, 2130, 2029, 2031];
    const mean = values.reduce((a, b) => a + b) / 5;
    expect(found).toEqual({
      voxels: 5,
      meanHu: mean,
      sdHu: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5),
      minHu: 1930,
      maxHu: 2130,
    });
  });

  test('smaller than a voxel it is that voxel, flat it is a line, and with a missing voxel it says nothing', () => {
    const ramp = filled(lps, ([i]) => Math.round(i));
    expect(
      ellipseStatistics(
        ellipseIn(
          [
            [20.2, 30.2, 5],
            [20.4, 30.4, 5],
          ],
          'axial',
          lps,
        ),
        ramp,
      ),
    ).toMatchObject({ voxels: 1, meanHu: 20 });
    expect(
      ellipseStatistics(
        ellipseIn(
          [
            [20, 30, 5],
            [24, 30, 5],
          ],
          'axial',
          lps,
        ),
        ramp,
      ),
    ).toMatchObject({ voxels: 5, meanHu: 22 });
    const missing = filled(lps, ([i]) => (i === 22 ? null : 1));
    expect(
      ellipseStatistics(
        ellipseIn(
          [
            [20, 28, 5],
            [24, 32, 5],
          ],
          'axial',
          lps,
        ),
        missing,
      ),
    ).toBeNull();
  });
});

describe('an ellipse that is turned', () => {
  test('keeps its middle and the length of its other axis, which stays perpendicular, whatever is moved', () => {
    fc.assert(
      fc.property(anyGrid, anyPlane, fc.nat(3), part, part, (grid, plane, handle, x, y) => {
        const points = pointsOfStroke(
          'ellipse',
          plane,
          onSlice(grid, plane, 5, 0.3, 0.2),
          onSlice(grid, plane, 5, 0.6, 0.7),
          grid,
        );
        const to = onSlice(grid, plane, 5, x, y);
        const before = ellipseOf(points, plane, grid);
        fc.pre(distanceMm(to, before.centre, grid) > 1e-3);
        const moved = moveHandle({ kind: 'ellipse', plane, points }, handle, to, grid);
        const after = ellipseOf(moved, plane, grid);
        after.centre.forEach((value, axis) => {
          expect(value).toBeCloseTo(before.centre[axis], 9);
        });
        moved[handle].forEach((value, axis) => {
          expect(value).toBeCloseTo(to[axis], 9);
        });
        const [a, b] = after.halves;
        expect(a[0] * b[0] + a[1] * b[1]).toBeCloseTo(0, 6);
        const other = handle < 2 ? 1 : 0;
        expect(Math.hypot(...after.halves[other])).toBeCloseTo(Math.hypot(...before.halves[other]), 9);
      }),
    );
  });

  test('by 30° of a ramp along i it has the deviation of its shadow on i', () => {
    // Over an ellipse x has the variance (a²cos² + b²sin²) / 4.
    const [a, b, angle] = [15, 6, Math.PI / 6];
    const centre: Vec3 = [40, 30, 5];
    const end = (mm: number, turn: number): Point => [
      centre[0] + (mm * Math.cos(turn)) / lps.spacing[0],
      centre[1] + (mm * Math.sin(turn)) / lps.spacing[1],
      5,
    ];
    const square = angle + Math.PI / 2;
    const points = [end(-a, angle), end(a, angle), end(-b, square), end(b, square)];
    const found = ellipseStatistics(
      ellipseOf(points, 'axial', lps),
      filled(lps, ([i]) => i * lps.spacing[0]),
    );
    const sd = Math.hypot(a * Math.cos(angle), b * Math.sin(angle)) / 2;
    expect((found?.sdHu ?? 0) / sd).toBeCloseTo(1, 1);
    const voxels = (Math.PI * a * b) / (lps.spacing[0] * lps.spacing[1]);
    expect((found?.voxels ?? 0) / voxels).toBeCloseTo(1, 1);
  });
});

describe('points', () => {
  test('a stroke gives as many as the contract asks for', () => {
    for (const kind of annotationKinds) {
      const points = pointsOfStroke(kind, 'axial', [10, 10, 5], [30, 20, 5], lps);
      expect(points).toHaveLength(annotationPoints[kind]);
      const shape = { id: 'a', volume: 'v', kind, plane: 'axial', label: '' };
      expect(annotationShape.safeParse({ ...shape, points }).success).toBe(true);
      expect(annotationShape.safeParse({ ...shape, points: points.slice(1) }).success).toBe(false);
    }
  });

  test('moved as a whole they keep their form and stay inside the volume', () => {
    const points: Point[] = [
      [10, 10, 5],
      [30, 20, 5],
    ];
    expect(shift(points, [5, -4, 0], lps.dims)).toEqual([
      [15, 6, 5],
      [35, 16, 5],
    ]);
    expect(shift(points, [500, -500, 0], lps.dims)).toEqual([
      [59.5, -0.5, 5],
      [79.5, 9.5, 5],
    ]);
    expect(within([-7, 99, 5], lps.dims)).toEqual([-0.5, 59.5, 5]);
  });

  test('go through the patient’s space and back', () => {
    const back = worldToIndex(oblique, indexToWorld(oblique, [12, 10, 5]));
    back.forEach((x, axis) => {
      expect(x).toBeCloseTo([12, 10, 5][axis], 9);
    });
  });
});

describe('under the pointer', () => {
  const view: PaneView = {
    geometry: planeGeometry(lps, 'axial'),
    slice: 5,
    centre: gridCentre(lps),
    pxPerMm: 10,
    size: [500, 500],
  };
  const length = {
    id: 'len',
    kind: 'length' as const,
    plane: 'axial' as const,
    points: [
      [10, 10, 5],
      [50, 10, 5],
    ] as Point[],
  };
  const ellipse = {
    id: 'ell',
    kind: 'ellipse' as const,
    plane: 'axial' as const,
    points: pointsOfStroke('ellipse', 'axial', [10, 20, 5], [50, 45, 5], lps),
  };
  const at = (index: Vec3, dx = 0, dy = 0): [number, number] => {
    const [x, y] = indexToPixel(view, lps, index);
    return [x + dx, y + dy];
  };
  const grip = (pixel: [number, number], shown = view) => gripAt([length, ellipse], shown, lps, pixel);

  test('an end is taken before the line, a line from nearby, nothing from afar', () => {
    expect(grip(at([50, 10, 5], 3, -3))).toEqual({ id: 'len', handle: 1 });
    expect(grip(at([30, 10, 5], 0, 4))).toEqual({ id: 'len', handle: null });
    expect(grip(at([30, 10, 5], 0, 12))).toBeNull();
  });

  test('an ellipse is taken by its outline, not by what it holds', () => {
    const diagonal = Math.SQRT1_2;
    expect(grip(at([30 + 20 * diagonal, 32.5 + 12.5 * diagonal, 5], 2, 0))).toEqual({
      id: 'ell',
      handle: null,
    });
    expect(grip(at([50, 32.5, 5], 2, 0))).toEqual({ id: 'ell', handle: 1 });
    expect(grip(at([30, 32.5, 5]))).toBeNull();
  });

  test('nothing of another slice or plane is taken', () => {
    expect(grip(at([50, 10, 5]), { ...view, slice: 6 })).toBeNull();
    expect(grip(at([50, 10, 5]), { ...view, geometry: planeGeometry(lps, 'coronal') })).toBeNull();
  });
});

test('a table has one row a measurement, empty where a kind has no such value, and no formula', () => {
  const row = {
    id: 'a',
    volume: 'vol-1',
    kind: 'length' as const,
    plane: 'axial' as const,
    points: [],
    slice: 6,
    label: '=1, "two"',
    author: 'ann',
    createdAt: '2026-01-02T03:04:05.000Z',
    values: { lengthMm: 12.25 },
  };
  const [head, first, second] = measurementTable([
    row,
    {
      ...row,
      kind: 'ellipse',
      label: '',
      values: { areaMm2: 3, meanHu: -4.5, sdHu: 0, minHu: -9, maxHu: 0, voxels: 2 },
    },
  ]).split('\r\n');
  expect(head).toBe(
    'kind,label,volume,plane,slice,lengthMm,shortMm,degrees,areaMm2,meanHu,sdHu,minHu,maxHu,voxels,hu,createdAt,use',
  );
  const end = '2026-01-02T03:04:05.000Z,"Research use, not for primary diagnosis."';
  expect(first).toBe(`length,"'=1, ""two""",vol-1,axial,6,12.25,,,,,,,,,,${end}`);
  expect(second).toBe(`ellipse,,vol-1,axial,6,,,,3,-4.5,0,-9,0,2,,${end}`);
});
