import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSeries } from '../../native/dicom/volume.ts';
import { indexToWorld, type Vec3, type Volume } from '../../native/volume/volume.ts';
import {
  type Field,
  type FieldSlices,
  fieldSlices,
  pixelPosition,
  writeSlices,
} from '../support/dicomSeries.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-resample-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Linear interpolation gives a linear field back exactly, wherever it interpolates. */
const ramp: Field = (x, y, z) => -500 + 7 * x - 5 * y + 3 * z;
const slope = 1 / 64;
const columns = 12;
const rows = 10;
const spacing = [0.5, 0.8] as const;

async function read(slices: FieldSlices) {
  return readSeries(await writeSlices(folder, fieldSlices(slices)));
}

const axial = [1, 0, 0, 0, 1, 0];
const along = (o: readonly number[]): Vec3 => [
  o[1] * o[5] - o[2] * o[4],
  o[2] * o[3] - o[0] * o[5],
  o[0] * o[4] - o[1] * o[3],
];
const inner = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Compares a resampled volume with the field, voxel by voxel, from where the source's slices lay. */
function compare(volume: Volume, { positions, orientation = axial, field }: FieldSlices) {
  const normal = along(orientation);
  const slices = positions
    .map((position) => ({ position, distance: inner(position, normal) }))
    .sort((a, b) => a.distance - b.distance);
  const count = { covered: 0, outside: 0, worst: 0, outsideHus: new Set<number>() };
  const [ni, nj, nk] = volume.dims;
  for (let n = 0; n < ni * nj * nk; n++) {
    const [i, j, k] = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    const world = indexToWorld(volume, [i, j, k]);
    const distance = inner(world, normal);
    const below = slices.filter((slice) => slice.distance <= distance + 1e-6).at(-1);
    const above = slices.find((slice) => slice.distance >= distance - 1e-6);
    const pixels = [below, above].flatMap((slice) => {
      if (!slice) return [];
      const d = world.map((value, axis) => value - slice.position[axis]);
      return [[inner(d, orientation.slice(0, 3)) / spacing[0], inner(d, orientation.slice(3)) / spacing[1]]];
    });
    const within = (margin: number) =>
      pixels.map(
        ([x, y]) => x >= margin && x <= columns - 1 - margin && y >= margin && y <= rows - 1 - margin,
      );
    if (pixels.length === 2 && within(1e-6).every(Boolean)) {
      count.covered++;
      count.worst = Math.max(count.worst, Math.abs(volume.voxels[n] - field(...world)));
    } else if (!within(-0.51).some(Boolean)) {
      count.outside++;
      count.outsideHus.add(volume.voxels[n]);
    }
  }
  return count;
}

/** Every pixel of every slice lies inside the outer edges of the grid's voxels. */
function holdsAll(volume: Volume, { positions, orientation = axial }: FieldSlices): boolean {
  return positions.every((position) =>
    [
      [0, 0],
      [columns - 1, rows - 1],
    ].every(([i, j]) => {
      const p = pixelPosition(position, orientation, spacing, i, j);
      const d = p.map((value, axis) => value - volume.origin[axis]);
      return [0, 1, 2].every((axis) => {
        const at = inner(d, volume.direction.slice(3 * axis, 3 * axis + 3)) / volume.spacing[axis];
        return at > -0.51 && at < volume.dims[axis] - 0.49;
      });
    }),
  );
}

const [c, s] = [Math.cos(0.35), Math.sin(0.35)];
const table = (n: number): Vec3 => [3, -4, 10 + 2 * n];

describe('gantry tilt', () => {
  it.each([
    ['along the columns', [1, 0, 0, 0, c, s], table, /tilt of 20\.1°/],
    ['against the columns', [1, 0, 0, 0, c, -s], table, /tilt of 20\.1°/],
    ['along the rows', [c, 0, s, 0, 1, 0], table, /tilt of 20\.1°/],
    ['in both directions', [c, 0, -s, s * s, c, s * c], table, /tilt of 28\.1°/],
    ['coronal', [1, 0, 0, 0, 0, -1], (n: number): Vec3 => [0.3 * n, 1.5 * n, 0.2 * n], /tilt of 13\.5°/],
    [
      'of a jerky table',
      axial,
      (n: number): Vec3 => [n % 2 ? 1.3 : 0, n === 2 ? 0.9 : 0, n],
      /shifted sideways/,
    ],
  ] satisfies [string, number[], (n: number) => Vec3, RegExp][])(
    '%s is taken out: the ramp stays where it is in the patient',
    async (_, orientation, position, says) => {
      const phantom = { field: ramp, orientation, slope, positions: [0, 1, 2, 3, 4].map(position) };
      const { volumes, skipped } = await read(phantom);
      expect(skipped).toEqual([]);
      const [{ volume, interpolated, warnings }] = volumes;
      expect(interpolated).toBe(true);
      expect(warnings).toEqual([expect.stringMatching(says)]);
      expect(warnings[0]).toContain('resampled onto a rectangular grid');
      expect(volume.dims[2]).toBe(5);
      for (const [n, value] of [...orientation, ...along(orientation)].entries())
        expect(volume.direction[n]).toBeCloseTo(value, 6);
      const { covered, outside, worst, outsideHus } = compare(volume, phantom);
      expect(covered).toBeGreaterThan(300);
      expect(worst).toBeLessThan(1.01 * slope);
      expect(outside).toBeGreaterThan(10);
      expect([...outsideHus]).toEqual([-1024]);
      expect(holdsAll(volume, phantom)).toBe(true);
    },
  );

  it('by whole pixels moves values without interpolating them', async () => {
    const positions = [0, 1, 2].map((n): Vec3 => [1.5 * n, -1.6 * n, n]);
    const { volumes } = await read({ field: (x, y, z) => Math.sin(9 * x + 5 * y) * 500 + z, positions });
    const [{ volume, interpolated }] = volumes;
    expect(interpolated).toBe(false);
    expect(volume.dims).toEqual([columns + 6, rows + 4, 3]);
    expect(volume.origin).toEqual([0, -3.2, 0]);
    const stored = fieldSlices({ field: (x, y, z) => Math.sin(9 * x + 5 * y) * 500 + z, positions });
    const at = (i: number, j: number, k: number) => volume.voxels[i + (columns + 6) * (j + (rows + 4) * k)];
    for (let k = 0; k < 3; k++)
      for (let j = 0; j < rows; j++)
        for (let i = 0; i < columns; i++)
          expect(at(i + 3 * k, j + 4 - 2 * k, k)).toBe((stored[k].stored?.[i + columns * j] ?? 0) - 1024);
  });

  it('fills with the padding where that is below −1024, and rounds to whole HU in Int16', async () => {
    const positions = [0, 1, 2].map((n): Vec3 => [0, 0.5 * n, n]);
    const phantom = { field: ramp, positions, elements: { '00280120': ['US', 24] } as const };
    const near = (await read(phantom)).volumes[0];
    expect(near.volume.voxels).toBeInstanceOf(Int16Array);
    const rounded = compare(near.volume, phantom);
    expect([...rounded.outsideHus]).toEqual([-1024]);
    expect(rounded.worst).toBeLessThan(1.01);
    const lower = { ...phantom.elements, '00281052': ['DS', '-2024'] } as const;
    const { volume: low } = (await read({ ...phantom, elements: lower })).volumes[0];
    const [ni, nj] = low.dims;
    expect(low.voxels[ni * (nj - 1)]).toBe(-2000);
    expect(low.voxels[0]).toBe(near.volume.voxels[0] - 1000);
  });

  it('that would need too large a grid is refused', async () => {
    const positions = [0, 1, 2].map((n): Vec3 => [0, 300_000 * n, n]);
    const { volumes, skipped } = await read({ field: ramp, positions });
    expect(volumes).toEqual([]);
    expect(skipped[0].reason).toBe('the series has too many voxels (3 slices)');
  });
});

describe('spacing', () => {
  const zs = (...values: number[]): Vec3[] => values.map((z) => [0, 0, z]);

  it('uneven: onto the median, the ramp stays', async () => {
    const phantom = { field: ramp, slope, positions: zs(0, 2, 4, 7.1, 9.1, 11.2, 13.2, 14.5) };
    const [{ volume, interpolated, warnings }] = (await read(phantom)).volumes;
    expect(interpolated).toBe(true);
    expect(volume.spacing[2]).toBeCloseTo(2, 9);
    // 14.5 mm are 7.25 spacings: the last slice of the grid lies at 14 mm.
    expect(volume.dims[2]).toBe(8);
    expect(warnings).toEqual(['uneven slice spacing: 5 of 8 slices interpolated onto 2.00 mm']);
    const { covered, worst } = compare(volume, phantom);
    expect(covered).toBe(columns * rows * 8 - edgePixels() * 8);
    expect(worst).toBeLessThan(1.01 * slope);
  });

  it('uneven and ending more than half a spacing late: the last slice is repeated, not lost', async () => {
    const [{ volume }] = (
      await read({ field: (_x, _y, z) => 10 * z, positions: zs(0, 2, 4, 6.5, 8.5, 11.2) })
    ).volumes;
    // Median 2, extent 5.6 spacings: k = 6 at 12 mm repeats the slice at 11.2 mm.
    expect(volume.dims[2]).toBe(7);
    expect(volume.voxels[6 * columns * rows]).toBe(112);
    expect(volume.voxels[5 * columns * rows]).toBe(100);
  });

  it('with missing slices: the others unaltered, those between interpolated', async () => {
    const field: Field = (x, y, z) => 100 * Math.sin(x + 3 * y + z * z);
    const positions = zs(0, 1.5, 3, 7.5, 9, 12);
    const [{ volume, interpolated, warnings }] = (await read({ field, positions })).volumes;
    expect(interpolated).toBe(true);
    expect(volume.dims[2]).toBe(9);
    expect(volume.spacing[2]).toBeCloseTo(1.5, 9);
    expect(warnings).toEqual(['3 slices are missing (spacing 1.50 mm): interpolated between the neighbours']);
    const slices = fieldSlices({ field, positions }).map(({ stored = [] }) => stored.map((v) => v - 1024));
    const slice = (k: number) => [...volume.voxels.subarray(k * columns * rows, (k + 1) * columns * rows)];
    for (const [n, k] of [0, 1, 2, 5, 6, 8].entries()) expect(slice(k)).toEqual(slices[n]);
    const between = (a: number, b: number, weight: number) =>
      slices[a].map((hu, n) => Math.round(hu + (slices[b][n] - hu) * weight) + 0);
    expect(slice(3)).toEqual(between(2, 3, 1 / 3));
    expect(slice(4)).toEqual(between(2, 3, 2 / 3));
    expect(slice(7)).toEqual(between(4, 5, 1 / 2));
  });

  it('uneven under a tilted gantry: both at once', async () => {
    const orientation = [1, 0, 0, 0, c, s];
    const positions = [0, 1, 2, 3.4, 4.4, 5.4].map((z): Vec3 => [0, 0, 2 * z]);
    const phantom = { field: ramp, slope, positions, orientation };
    const [{ volume, warnings }] = (await read(phantom)).volumes;
    expect(warnings).toHaveLength(2);
    const { covered, worst } = compare(volume, phantom);
    expect(covered).toBeGreaterThan(300);
    expect(worst).toBeLessThan(1.01 * slope);
  });
});

/** Pixels of a slice that `compare` leaves out for lying on its edge, whatever rounding says of them. */
function edgePixels(): number {
  return 2 * (columns + rows) - 4;
}
