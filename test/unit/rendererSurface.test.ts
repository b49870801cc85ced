/** Surfaces have the size and the place of the masks they are made of, however far apart the slices lie. */
import { describe, expect, test, vi } from 'vitest';
import { fittedScale, reachMm } from '../../renderer/surface/fit.ts';
import { type Mesh, surfaceOf } from '../../renderer/surface/mesh.ts';
import { edgesOf, standardViews, turned } from '../../renderer/surface/orientation.ts';
import type { Mask } from '../../renderer/viewer/contours.ts';
import { type Grid, indexToWorld, type Vec3 } from '../../renderer/viewer/grid.ts';

// vtk.js times its marching cubes on the console.
vi.spyOn(console, 'time').mockImplementation(() => {});
vi.spyOn(console, 'timeEnd').mockImplementation(() => {});

/** Where the middle of every phantom lies, in voxels. */
const middle: Vec3 = [60, 50, 40];

/** The voxels whose centres lie inside, by mm from the middle; `reach` is in mm. */
function phantom(spacing: Vec3, reach: number, inside: (mm: Vec3) => boolean) {
  const n = spacing.map((step) => Math.ceil(reach / step));
  const [ni, nj, nk] = n.map((half) => 2 * half + 1);
  const bits = new Uint8Array(ni * nj * nk);
  let voxels = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++)
        if (inside([(i - n[0]) * spacing[0], (j - n[1]) * spacing[1], (k - n[2]) * spacing[2]])) {
          bits[i + ni * (j + nj * k)] = 1;
          voxels++;
        }
  const low = middle.map((at, axis) => at - n[axis]);
  const high = middle.map((at, axis) => at + n[axis]);
  const mask: Mask = { box: [low[0], low[1], low[2], high[0], high[1], high[2]], bits };
  return { mask, ml: (voxels * spacing[0] * spacing[1] * spacing[2]) / 1000 };
}

function gridWith(spacing: Vec3, direction: readonly number[] = [1, 0, 0, 0, 1, 0, 0, 0, 1]): Grid {
  return { dims: [120, 100, 80], spacing, origin: [-50, 20, 300], direction };
}

function made(mask: Mask, grid: Grid): Mesh {
  const mesh = surfaceOf(mask, grid);
  if (!mesh) throw new Error('no surface');
  return mesh;
}

/** The points of a mesh from a place, in mm. */
function fromPlace({ points }: Mesh, place: Vec3): number[][] {
  return Array.from({ length: points.length / 3 }, (_, p) =>
    [0, 1, 2].map((c) => points[3 * p + c] - place[c]),
  );
}

const spacings: readonly Vec3[] = [
  [1, 1, 1],
  [0.7, 0.7, 5],
  [0.8, 0.8, 2.5],
  [3, 0.8, 0.8],
];

describe.each(spacings)('with voxels of %s × %s × %s mm', (...spacing) => {
  test.each([3, 6, 12])('a sphere of %s mm has the volume of its voxels within 2.5 percent', (radius) => {
    const { mask, ml } = phantom(spacing, radius, ([x, y, z]) => x * x + y * y + z * z <= radius ** 2);
    expect(Math.abs(made(mask, gridWith(spacing)).volumeMl / ml - 1)).toBeLessThan(0.025);
  });

  test.each([3, 6, 12])(
    'a box of %s mm half length has the volume of its voxels within 4 percent',
    (half) => {
      const { mask, ml } = phantom(
        spacing,
        half,
        ([x, y, z]) => Math.abs(x) <= half && Math.abs(y) <= half / 2 && Math.abs(z) <= half,
      );
      expect(Math.abs(made(mask, gridWith(spacing)).volumeMl / ml - 1)).toBeLessThan(0.04);
    },
  );

  test('a sphere lies where its voxels lie, and is round without steps', () => {
    const grid = gridWith(spacing);
    const { mask } = phantom(spacing, 15, ([x, y, z]) => x * x + y * y + z * z <= 225);
    const radii = fromPlace(made(mask, grid), indexToWorld(grid, middle)).map((at) => Math.hypot(...at));
    const mean = radii.reduce((sum, r) => sum + r, 0) / radii.length;
    const spread = Math.sqrt(radii.reduce((sum, r) => sum + (r - mean) ** 2, 0) / radii.length);
    expect(Math.abs(mean - 15)).toBeLessThan(0.4);
    // A staircase of 5 mm would spread by more than 1.4 mm.
    expect(spread).toBeLessThan(0.16 * Math.max(...spacing));
  });
});

test('a surface is closed, and its triangles and normals face outwards, on a left-handed grid too', () => {
  const spacing: Vec3 = [0.8, 0.8, 2.5];
  // i runs to the right, j obliquely to the front, k down.
  const grid = gridWith(spacing, [-1, 0, 0, 0, -0.8, 0.6, 0, 0.6, 0.8]);
  const { mask } = phantom(spacing, 10, ([x, y, z]) => x * x + y * y + z * z <= 100);
  const mesh = made(mask, grid);
  const edges = new Map<string, number>();
  const { triangles, points, normals } = mesh;
  for (let t = 0; t < triangles.length; t += 3)
    for (let n = 0; n < 3; n++) {
      const edge = `${triangles[t + n]} ${triangles[t + ((n + 1) % 3)]}`;
      edges.set(edge, (edges.get(edge) ?? 0) + 1);
    }
  for (const [edge, times] of edges) {
    const [from, to] = edge.split(' ');
    expect([times, edges.get(`${to} ${from}`)]).toEqual([1, 1]);
  }
  const centre = indexToWorld(grid, middle);
  for (const [p, at] of fromPlace(mesh, centre).entries())
    expect(at[0] * normals[3 * p] + at[1] * normals[3 * p + 1] + at[2] * normals[3 * p + 2]).toBeGreaterThan(
      0,
    );
  expect(points.every(Number.isFinite)).toBe(true);
});

test('an empty mask has no surface', () => {
  expect(surfaceOf({ box: [0, 0, 0, 2, 2, 2], bits: new Uint8Array(27) }, gridWith([1, 1, 1]))).toBeNull();
});

describe('the views', () => {
  const edgesByName = Object.fromEntries(
    standardViews.map((view) => {
      const { top, right, bottom, left } = edgesOf(view);
      return [view.name, `${top}${right}${bottom}${left}`];
    }),
  );
  test('have the patient as it is looked at from that side', () => {
    expect(edgesByName).toEqual({
      Anterior: 'SLIR',
      Posterior: 'SRIL',
      Left: 'SPIA',
      Right: 'SAIP',
      Superior: 'ARPL',
      Inferior: 'ALPR',
    });
  });

  test('a quarter turn to the right shows the side that was on the left', () => {
    const [anterior] = standardViews;
    // Seen from the front, the patient's right is on the left.
    expect(edgesOf(turned(anterior, Math.PI / 2, 0))).toEqual({
      top: 'S',
      right: 'A',
      bottom: 'I',
      left: 'P',
    });
    expect(edgesOf(turned(anterior, 0, Math.PI / 2))).toEqual({
      top: 'P',
      right: 'L',
      bottom: 'A',
      left: 'R',
    });
  });

  test('stay square after thousands of small turns', () => {
    let view = turned(standardViews[0], 0, 0);
    for (let n = 0; n < 5000; n++) view = turned(view, 0.01, n % 2 ? 0.02 : -0.013);
    const { direction, up } = view;
    expect(Math.hypot(...direction)).toBeCloseTo(1, 9);
    expect(Math.hypot(...up)).toBeCloseTo(1, 9);
    expect(direction[0] * up[0] + direction[1] * up[1] + direction[2] * up[2]).toBeCloseTo(0, 9);
  });
});

test('what is shown fits whole, measured from where it is turned about', () => {
  const grid = gridWith([1, 1, 2]);
  expect(reachMm([10, 10, 10, 29, 19, 14], grid, indexToWorld(grid, [20, 15, 12]))).toBe(10.5);
  expect(fittedScale(50, 400, 200)).toBeCloseTo(0.54, 9);
});
