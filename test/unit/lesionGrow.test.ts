/** Growing a mark: synthetic lesions of known shape from every plane and shape of mark, and what happens when it cannot work. */
import { describe, expect, test } from 'vitest';
import { type Mark, markSchema } from '../../native/contract/mark.ts';
import { growLesion } from '../../native/lesion/grow.ts';
import { featureNames } from '../../native/lesion/growFeatures.ts';
import { cellCoordinate, cellsPerAxis, sampleField } from '../../native/lesion/growField.ts';
import { markEllipsoid, markRegion } from '../../native/lesion/markRegion.ts';
import { countVoxels, dice, tightenMask } from '../../native/lesion/mask.ts';
import { createRandom } from '../../native/random.ts';
import type { Mask, Vec3, Volume } from '../../native/volume/volume.ts';

interface Scene {
  readonly volume: Volume;
  readonly truth: Mask;
}

/** A sphere in a uniform background with noise, and whatever `extra` paints over the background (index, mm from the centre). */
function scene(options: {
  readonly radius: number;
  readonly lesion: number;
  readonly background: number;
  readonly spacing?: Vec3;
  readonly noise?: number;
  readonly extra?: (x: number, y: number, z: number) => number | null;
}): Scene {
  const { radius, lesion, background, spacing = [1, 1, 1], noise = 15, extra } = options;
  const dims = spacing.map((s) => 2 * Math.ceil((2.6 * radius) / s) + 1) as unknown as Vec3;
  const random = createRandom(3, 'scene');
  const voxels = new Int16Array(dims[0] * dims[1] * dims[2]);
  const labels = new Uint8Array(voxels.length);
  for (let v = 0; v < voxels.length; v++) {
    const at = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
    const [x, y, z] = at.map((c, a) => (c - (dims[a] - 1) / 2) * spacing[a]);
    const inside = x * x + y * y + z * z <= radius * radius;
    if (inside) labels[v] = 1;
    voxels[v] = Math.round((inside ? lesion : (extra?.(x, y, z) ?? background)) + random.normal(0, noise));
  }
  const truth = tightenMask({ box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits: labels });
  if (!truth) throw new Error('the sphere holds no voxel');
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  return { volume: { dims, spacing, origin: [0, 0, 0], direction, voxels }, truth };
}

/** An ellipse around the centre, `wide` times as large as the sphere and shifted by a share of its radius. */
function ellipse({ volume }: Scene, plane: Mark['plane'], radius: number, wide = 1.1, shift = 0.1): Mark {
  const { normal, inPlane } = markRegionAxes(plane);
  const center = volume.dims.map((d) => (d - 1) / 2);
  const half = inPlane.map((a) => (wide * radius) / volume.spacing[a]);
  const middle = inPlane.map((a) => center[a] + (shift * radius) / volume.spacing[a]);
  const corners = [
    [middle[0] - half[0], middle[1] - half[1]],
    [middle[0] + half[0], middle[1] + half[1]],
  ] as const;
  return { plane, slice: Math.round(center[normal]), shape: { kind: 'ellipse', corners } };
}

function markRegionAxes(plane: Mark['plane']) {
  return {
    axial: { normal: 2, inPlane: [0, 1] },
    coronal: { normal: 1, inPlane: [0, 2] },
    sagittal: { normal: 0, inPlane: [1, 2] },
  }[plane];
}

describe('a solid nodule in lung', () => {
  const radius = 9;
  const s = scene({ radius, lesion: 20, background: -820, noise: 30 });

  test.each(['axial', 'coronal', 'sagittal'] as const)('from an ellipse on a %s slice', (plane) => {
    const { mask, notes } = growLesion(s.volume, ellipse(s, plane, radius));
    expect(dice(mask, s.truth)).toBeGreaterThan(0.85);
    expect(notes).toEqual([]);
  });

  test('from a rectangle, a freehand outline and a sphere', () => {
    const base = ellipse(s, 'axial', radius);
    if (base.shape.kind !== 'ellipse') throw new Error('not an ellipse');
    const c = (s.volume.dims[0] - 1) / 2;
    const points = Array.from({ length: 40 }, (_, n) => {
      const angle = (2 * Math.PI * n) / 40;
      return [c + 1.1 * radius * Math.cos(angle), c + 1.1 * radius * Math.sin(angle)] as const;
    });
    const shapes: Mark['shape'][] = [
      { kind: 'rectangle', corners: base.shape.corners },
      { kind: 'polygon', points },
      { kind: 'sphere', centerIjk: [c + 1, c, c - 1], radiusMm: 10 },
    ];
    for (const shape of shapes) {
      expect(dice(growLesion(s.volume, { ...base, shape }).mask, s.truth)).toBeGreaterThan(0.85);
    }
  });

  test('does not run along a vessel that leaves it', () => {
    const vessel = (_x: number, y: number, z: number) => (y * y + z * z < 2.5 ** 2 ? 20 : null);
    const attached = scene({ radius, lesion: 20, background: -820, noise: 30, extra: vessel });
    const { mask } = growLesion(attached.volume, ellipse(attached, 'axial', radius));
    expect(dice(mask, attached.truth)).toBeGreaterThan(0.85);
    const [i0, , , i1] = attached.truth.box;
    expect(mask.box[0]).toBeGreaterThan(i0 - radius);
    expect(mask.box[3]).toBeLessThan(i1 + radius);
  });

  test('does not run into the wall it sits on', () => {
    const wall = (_x: number, y: number) => (y > 0.7 * radius ? 30 : null);
    const attached = scene({ radius, lesion: 20, background: -820, noise: 30, extra: wall });
    const { mask } = growLesion(attached.volume, ellipse(attached, 'axial', radius));
    expect(dice(mask, attached.truth)).toBeGreaterThan(0.78);
  });
});

test.each([
  ['hypodense mass in liver', 28, 60, 110, [0.9, 0.9, 3]],
  ['hyperdense mass', 15, 140, 60, [0.7, 0.7, 1.25]],
] as const)('a %s', (_, radius, lesion, background, spacing) => {
  const s = scene({ radius, lesion, background, spacing });
  const mark = ellipse(s, 'axial', radius, 1.15, 0.15);
  const grown = dice(growLesion(s.volume, mark).mask, s.truth);
  const ellipsoid = markEllipsoid(s.volume, mark);
  expect(grown).toBeGreaterThan(0.85);
  expect(grown).toBeGreaterThan(ellipsoid ? dice(ellipsoid, s.truth) : 0);
});

test('where nothing can be seen the mark’s own shape decides', () => {
  const s = scene({ radius: 10, lesion: 50, background: 50 });
  const mark = ellipse(s, 'axial', 10, 1, 0);
  const ellipsoid = markEllipsoid(s.volume, mark);
  expect(ellipsoid && dice(growLesion(s.volume, mark).mask, ellipsoid)).toBeGreaterThan(0.7);
});

test('a model that is less sure than even of every cell still gives the shape it leans on', () => {
  const s = scene({ radius: 12, lesion: 50, background: 50 });
  const mark = ellipse(s, 'axial', 12, 1, 0);
  // Log-odds −0.6 up to the mark's outline, and steeply less beyond it.
  const beyond = { bias: [-1], weights: featureNames.map((name) => [name === 'radius' ? 1 : 0]) };
  const { mask, notes } = growLesion(s.volume, mark, [beyond, { bias: [-0.6], weights: [[-20]] }]);
  const ellipsoid = markEllipsoid(s.volume, mark);
  expect(notes).toEqual([]);
  expect(ellipsoid && dice(mask, ellipsoid)).toBeGreaterThan(0.9);
});

test('a mass in lung, lobed and against the chest wall, is told from the air within the mark', () => {
  const soft = 30;
  const lobe = (x: number, y: number, z: number) => Math.hypot(x - 14, y + 2, z) < 13;
  const wall = (y: number) => y > 16;
  const extra = (x: number, y: number, z: number) => (lobe(x, y, z) || wall(y) ? soft : null);
  const s = scene({ radius: 20, lesion: soft, background: -820, noise: 25, extra });
  const { dims } = s.volume;
  const middle = (dims[0] - 1) / 2;
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let v = 0; v < bits.length; v++) {
    const at = [v % dims[0], Math.floor(v / dims[0]) % dims[1], Math.floor(v / (dims[0] * dims[1]))];
    const [x, y, z] = at.map((c) => c - middle);
    if ((Math.hypot(x, y, z) <= 20 || lobe(x, y, z)) && !wall(y)) bits[v] = 1;
  }
  const truth: Mask = { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits };
  const corners = [
    [middle - 23, middle - 24],
    [middle + 28, middle + 18],
  ] as const;
  const mark: Mark = { plane: 'axial', slice: Math.round(middle), shape: { kind: 'ellipse', corners } };
  const ellipsoid = markEllipsoid(s.volume, mark);
  const grown = dice(growLesion(s.volume, mark).mask, truth);
  expect(grown).toBeGreaterThan(0.8);
  expect(grown).toBeGreaterThan(ellipsoid ? dice(ellipsoid, truth) + 0.05 : 0);
});

test('the same mark gives the same lesion, inside the volume, in one box', () => {
  const s = scene({ radius: 6, lesion: 30, background: -800 });
  const mark: Mark = {
    plane: 'axial',
    slice: 0,
    shape: {
      kind: 'ellipse',
      corners: [
        [-3, -3],
        [5, 5],
      ],
    },
  };
  const first = growLesion(s.volume, mark);
  expect(growLesion(s.volume, mark)).toEqual(first);
  expect(countVoxels(first.mask)).toBeGreaterThan(0);
  for (const a of [0, 1, 2]) {
    expect(first.mask.box[a]).toBeGreaterThanOrEqual(0);
    expect(first.mask.box[a + 3]).toBeLessThan(s.volume.dims[a]);
  }
  expect(first.notes.join()).toContain('edge of the volume');
});

test('a mark smaller than a voxel still gives a lesion', () => {
  const s = scene({ radius: 6, lesion: 30, background: -800 });
  const shape = { kind: 'sphere', centerIjk: [16, 16, 16], radiusMm: 0.2 } as const;
  expect(countVoxels(growLesion(s.volume, { plane: 'axial', slice: 16, shape }).mask)).toBeGreaterThan(0);
});

test('marks that miss the volume or enclose nothing are refused', () => {
  const { volume } = scene({ radius: 4, lesion: 30, background: -800 });
  const refused: Mark[] = [
    {
      plane: 'axial',
      slice: 999,
      shape: {
        kind: 'ellipse',
        corners: [
          [1, 1],
          [5, 5],
        ],
      },
    },
    {
      plane: 'axial',
      slice: 3,
      shape: {
        kind: 'rectangle',
        corners: [
          [1, 1],
          [1, 5],
        ],
      },
    },
    {
      plane: 'axial',
      slice: 3,
      shape: {
        kind: 'polygon',
        points: [
          [1, 1],
          [3, 3],
          [5, 5],
        ],
      },
    },
    { plane: 'axial', slice: 3, shape: { kind: 'sphere', centerIjk: [-40, 2, 2], radiusMm: 5 } },
  ];
  for (const mark of refused) {
    expect(() => growLesion(volume, mark)).toThrow(expect.objectContaining({ kind: 'usage' }));
  }
});

test('the schema takes every shape and refuses what is no number', () => {
  const corners = [
    [1, 2],
    [3, 4.5],
  ];
  const mark = (shape: unknown) => markSchema.safeParse({ plane: 'coronal', slice: 7, shape }).success;
  expect(mark({ kind: 'ellipse', corners })).toBe(true);
  expect(mark({ kind: 'rectangle', corners })).toBe(true);
  expect(mark({ kind: 'polygon', points: [...corners, [0, 9]] })).toBe(true);
  expect(mark({ kind: 'sphere', centerIjk: [1, 2, 3], radiusMm: 4 })).toBe(true);
  expect(mark({ kind: 'sphere', centerIjk: [1, 2, 3], radiusMm: 0 })).toBe(false);
  expect(
    mark({
      kind: 'ellipse',
      corners: [
        [1, 2],
        [3, Number.NaN],
      ],
    }),
  ).toBe(false);
  expect(mark({ kind: 'polygon', points: corners })).toBe(false);
  expect(mark({ kind: 'star', points: corners })).toBe(false);
});

test('the cube samples a linear field exactly, whatever the spacing', () => {
  const dims = [60, 50, 40] as const;
  const spacing = [0.8, 1.1, 1.7] as const;
  const voxels = new Float32Array(dims[0] * dims[1] * dims[2]);
  for (let v = 0; v < voxels.length; v++) {
    voxels[v] =
      3 * (v % dims[0]) - 2 * (Math.floor(v / dims[0]) % dims[1]) + 5 * Math.floor(v / (dims[0] * dims[1]));
  }
  const volume: Volume = { dims, spacing, origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1], voxels };
  const shape = { kind: 'sphere', centerIjk: [30, 25, 20], radiusMm: 9 } as const;
  const region = markRegion(volume, { plane: 'coronal', slice: 25, shape });
  const field = sampleField(volume, region);
  const n = cellsPerAxis;
  for (const [u, w, t] of [
    [n / 2, n / 2, n / 2],
    [8, 22, 15],
    [n - 6, 9, n - 11],
  ]) {
    const at = (cell: number, axis: number) =>
      shape.centerIjk[axis] + (cellCoordinate(cell) * 9) / spacing[axis];
    const expected = 3 * at(u, 0) - 2 * at(t, 1) + 5 * at(w, 2);
    expect(field[u + n * (w + n * t)]).toBeCloseTo(expected, 0);
  }
});
