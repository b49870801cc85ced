import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Box, boxDims, indexToWorld, type Volume } from '../../native/volume/volume.ts';
import { createVoxelFile, openVoxelFile, writeVoxelFile } from '../../native/volume/voxelFile.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-voxels-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function volume(kind: 'int16' | 'float32'): Volume {
  const dims = [7, 5, 4] as const;
  const values = Array.from(
    { length: 140 },
    (_, n) => ((n * 7919) % 4096) - 1024 + (kind === 'float32' ? 0.5 : 0),
  );
  return {
    dims,
    spacing: [0.7, 0.8, 3],
    origin: [-10, 20, 5],
    direction: [1, 0, 0, 0, 0, 1, 0, -1, 0],
    voxels: kind === 'int16' ? Int16Array.from(values) : Float32Array.from(values),
  };
}

function crop(original: Volume, box: Box): Volume {
  const [i0, j0, k0] = box;
  const [di, dj] = original.dims;
  const inside = (n: number) => {
    const [i, j, k] = [n % di, Math.floor(n / di) % dj, Math.floor(n / (di * dj))];
    return i >= i0 && j >= j0 && k >= k0 && i <= box[3] && j <= box[4] && k <= box[5];
  };
  const voxels = original.voxels.filter((_, n) => inside(n));
  return { ...original, dims: boxDims(box), origin: indexToWorld(original, [i0, j0, k0]), voxels };
}

test.each(['int16', 'float32'] as const)(
  'a %s volume is read back as it was, whole, by slice and by box',
  async (kind) => {
    const path = join(folder, 'a.vox');
    const original = volume(kind);
    await writeVoxelFile(path, original);
    const file = await openVoxelFile(path);
    expect(await file.readAll()).toEqual(original);
    expect(await file.readSlice(2)).toEqual(original.voxels.subarray(70, 105));
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.nat(6), fc.nat(6), fc.nat(4), fc.nat(4), fc.nat(3), fc.nat(3)),
        async ([a, b, c, d, e, f]) => {
          const box = [
            Math.min(a, b),
            Math.min(c, d),
            Math.min(e, f),
            Math.max(a, b),
            Math.max(c, d),
            Math.max(e, f),
          ] as const;
          expect(await file.readBox(box)).toEqual(crop(original, box));
        },
      ),
      { numRuns: 50 },
    );
    await file.close();
  },
);

test('a slice of one voxel comes back', async () => {
  const path = join(folder, 'a.vox');
  const tiny = { ...volume('int16'), dims: [1, 1, 2] as const, voxels: Int16Array.of(-7, 300) };
  await writeVoxelFile(path, tiny);
  const file = await openVoxelFile(path);
  expect((await file.readAll()).voxels).toEqual(tiny.voxels);
  await file.close();
});

test('boxes are the same when slices are kept between them, whether all, few or none fit', async () => {
  const original = volume('int16');
  const path = join(folder, 'a.vox');
  await writeVoxelFile(path, original);
  const sliceBytes = 2 * original.dims[0] * original.dims[1];
  const boxes: Box[] = [[0, 0, 0, 6, 4, 3], [1, 1, 1, 3, 3, 2], [2, 0, 3, 6, 4, 3], [0, 0, 0, 6, 4, 3]]; // biome-ignore format: pairs
  for (const bytes of [100 * sliceBytes, 2 * sliceBytes, 0]) {
    const file = await openVoxelFile(path);
    file.keepSlices(bytes);
    for (const box of boxes) expect(await file.readBox(box)).toEqual(crop(original, box));
    await file.close();
  }
});

test('a box or slice outside the volume is refused', async () => {
  const path = join(folder, 'a.vox');
  await writeVoxelFile(path, volume('int16'));
  const file = await openVoxelFile(path);
  await expect(file.readBox([0, 0, 0, 7, 4, 3])).rejects.toMatchObject({ kind: 'usage' });
  await expect(file.readBox([-1, 0, 0, 1, 1, 1])).rejects.toMatchObject({ kind: 'usage' });
  await expect(file.readSlice(4)).rejects.toMatchObject({ kind: 'usage' });
  await file.close();
});

test('every flipped bit and every truncation is noticed before a voxel is handed out', async () => {
  const path = join(folder, 'a.vox');
  const original = volume('int16');
  await writeVoxelFile(path, original);
  const bytes = await readFile(path);
  const readThrough = async (): Promise<Volume> => {
    const file = await openVoxelFile(path);
    try {
      return await file.readAll();
    } finally {
      await file.close();
    }
  };
  for (let bit = 0; bit < bytes.length * 8; bit += 11) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(path, damaged);
    await expect(readThrough(), `bit ${bit}`).rejects.toMatchObject({ kind: 'corrupt' });
  }
  for (let length = 0; length < bytes.length; length += 17) {
    await writeFile(path, bytes.subarray(0, length));
    await expect(readThrough(), `length ${length}`).rejects.toMatchObject({ kind: 'corrupt' });
  }
});

test('a file written slice by slice is the same as one written whole, and there only when it is whole', async () => {
  const [whole, path] = [join(folder, 'whole.vox'), join(folder, 'slices.vox')];
  const original = volume('float32');
  await writeVoxelFile(whole, original);
  const writer = await createVoxelFile(path, original, 'float32');
  for (let k = 0; k < 4; k++) {
    await expect(openVoxelFile(path)).rejects.toMatchObject({ kind: 'not-found' });
    await writer.writeSlice(original.voxels.subarray(35 * k, 35 * (k + 1)));
  }
  await writer.commit();
  expect(await readFile(path)).toEqual(await readFile(whole));
  await writer.abandon();
  expect(await readdir(folder)).toEqual(['slices.vox', 'whole.vox']);
});

test('an abandoned file leaves nothing, and what it was to replace stays', async () => {
  const path = join(folder, 'a.vox');
  const writer = await createVoxelFile(path, volume('int16'), 'int16');
  await writer.writeSlice(new Int16Array(35));
  await writer.abandon();
  expect(await readdir(folder)).toEqual([]);
  await writeVoxelFile(path, volume('int16'));
  const again = await createVoxelFile(path, volume('int16'), 'int16');
  await again.abandon();
  const file = await openVoxelFile(path);
  expect(await file.readAll()).toEqual(volume('int16'));
  await file.close();
});

test('slices of another size or type, too many and too few are refused', async () => {
  const writer = await createVoxelFile(join(folder, 'a.vox'), volume('int16'), 'int16');
  await expect(writer.writeSlice(new Int16Array(34))).rejects.toMatchObject({ kind: 'internal' });
  await expect(writer.writeSlice(new Float32Array(35))).rejects.toMatchObject({ kind: 'internal' });
  for (let k = 0; k < 3; k++) await writer.writeSlice(new Int16Array(35));
  await expect(writer.commit()).rejects.toMatchObject({ kind: 'internal' });
  await writer.writeSlice(new Int16Array(35));
  await expect(writer.writeSlice(new Int16Array(35))).rejects.toMatchObject({ kind: 'internal' });
  await writer.abandon();
  expect(await readdir(folder)).toEqual([]);
});
