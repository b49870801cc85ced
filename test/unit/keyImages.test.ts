/** Key images: kept in the catalog, drawn as pictures. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import { integrityProblems, migrate, openDatabase } from '../../native/catalog/database.ts';
import { catalogKeyImages } from '../../native/catalog/keyImages.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { KeyImageShape } from '../../native/contract/keyImages.ts';
import { keyPicture } from '../../native/takeaway/keyPicture.ts';
import { type Grid, indexToWorld, type Vec3, type VoxelSource } from '../../native/volume/volume.ts';
import { volume } from '../support/catalogRows.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-key-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const view: KeyImageShape['view'] = {
  focus: [3, 4, 1],
  zoom: 2,
  centre: [3, 4, 1],
  window: { width: 400, center: 40 },
  inverted: false,
  slabMm: null,
};

test('migration 7 keeps key images by study with author and time, and drops them with their volume', () => {
  const path = join(folder, 'catalog.sqlite');
  const raw = new Sqlite(path);
  migrate(raw, 6);
  raw.close();
  const db = openDatabase(path);
  const [first, other] = [volume('A', 'one', []), volume('B', 'two', [])];
  for (const each of [first, other]) catalogWrites(db).addVolume(each);
  const images = catalogKeyImages(db);
  const one: KeyImageShape = { id: 'k-1', volume: first.uid, plane: 'axial', slice: 1, view, note: '' };
  const before = catalogContentHash(db);
  images.save(one, 'ann');
  expect(catalogContentHash(db)).not.toBe(before);
  images.save({ ...one, note: 'portal vein', view: { ...view, zoom: 3 } }, 'bob');
  expect(images.ofStudy(first.uid)).toEqual([
    {
      ...one,
      note: 'portal vein',
      view: { ...view, zoom: 3 },
      author: 'ann',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  expect(() => images.save({ ...one, slice: 2 }, 'ann')).toThrow(/belongs elsewhere/);
  expect(() => images.save({ ...one, id: 'k-2', volume: 'none' }, 'ann')).toThrow(/no such volume/);
  expect(images.ofStudy(other.uid)).toEqual([]);
  db.exec(`DELETE FROM volume WHERE uid = '${first.uid}'`);
  expect(db.prepare('SELECT count(*) FROM key_image').pluck().get()).toBe(0);
  expect(integrityProblems(db)).toEqual([]);
  db.close();
});

/** A volume in memory whose values are a function of the place in the patient. */
function inMemory(grid: Grid, value: (at: Vec3) => number): VoxelSource {
  return {
    grid,
    readBox: async ([i0, j0, k0, i1, j1, k1]) => {
      const voxels: number[] = [];
      for (let k = k0; k <= k1; k++)
        for (let j = j0; j <= j1; j++)
          for (let i = i0; i <= i1; i++) voxels.push(value(indexToWorld(grid, [i, j, k])));
      return {
        dims: [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1],
        spacing: grid.spacing,
        origin: indexToWorld(grid, [i0, j0, k0]),
        direction: grid.direction,
        voxels: Float32Array.from(voxels),
      };
    },
  };
}

describe('the picture of a key image', () => {
  // Stored from left to right, back to front, head to feet: against the screen on every axis.
  const grid: Grid = {
    dims: [16, 12, 10],
    spacing: [2, 2, 4],
    origin: [16, 12, 20],
    direction: [-1, 0, 0, 0, -1, 0, 0, 0, -1],
  };
  const greyAt = async (
    plane: KeyImageShape['plane'],
    value: (at: Vec3) => number,
    slabMm: number | null,
  ) => {
    const shape: KeyImageShape = {
      id: 'k',
      volume: 'v',
      plane,
      slice: 5,
      view: { ...view, window: { width: 200, center: 0 }, slabMm },
      note: '',
    };
    const { width, height, data } = decode(await keyPicture(inMemory(grid, value), shape));
    return {
      width,
      height,
      at: (x: number, y: number) => data[Math.floor(x * width) + width * Math.floor(y * height)],
    };
  };

  test.each([
    ['axial', 0, 1],
    ['coronal', 0, -1],
    ['sagittal', 1, -1],
  ] as const)('%s is seen as on the screen, with square pixels', async (plane, right, downSense) => {
    const across = await greyAt(plane, (at) => 4 * at[right], null);
    expect(across.at(0.9, 0.5)).toBeGreaterThan(across.at(0.1, 0.5) + 50);
    const downAxis = plane === 'axial' ? 1 : 2;
    const down = await greyAt(plane, (at) => downSense * 4 * at[downAxis], null);
    expect(down.at(0.5, 0.9)).toBeGreaterThan(down.at(0.5, 0.1) + 50);
    const mm = { axial: [32, 24], coronal: [32, 40], sagittal: [24, 40] }[plane];
    expect(across.width / across.height).toBeCloseTo(mm[0] / mm[1], 2);
  });

  test('a slab shows the highest value within it', async () => {
    const [, , z] = indexToWorld(grid, [0, 0, 7]);
    const bright = (at: Vec3) => (Math.abs(at[2] - z) < 1 ? 100 : -100);
    expect((await greyAt('axial', bright, null)).at(0.5, 0.5)).toBe(0);
    expect((await greyAt('axial', bright, 20)).at(0.5, 0.5)).toBe(255);
  });
});
