import { gunzipSync, gzipSync } from 'node:zlib';
import { readHeader } from 'nifti-reader-js';
import { describe, expect, it } from 'vitest';
import { readNifti, readNiftiLabels, readNiftiMask, writeNifti } from '../../native/nifti/nifti.ts';
import { type Grid, indexToWorld } from '../../native/volume/volume.ts';

const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
const oblique: Grid = {
  dims: [4, 3, 2],
  spacing: [0.7, 0.9, 2.5],
  origin: [-120.5, 33.25, 812],
  direction: [c, s, 0, -s, c, 0, 0, 0, 1],
};
const ramp = Int16Array.from({ length: 24 }, (_, n) => n * 100 - 1000);

/** The uncompressed file, changed by `edit`. */
function edited(
  edit: (file: Buffer) => void,
  grid = oblique,
  data: Int16Array | Float32Array | Uint8Array = ramp,
): Buffer {
  const file = Buffer.from(gunzipSync(writeNifti(grid, data)));
  edit(file);
  return file;
}

describe('writeNifti and readNifti', () => {
  it.each([
    ['int16', ramp],
    ['float32', Float32Array.from(ramp, (value) => value + 0.5)],
  ])('round-trips %s voxels and geometry', (_, data) => {
    const { volume, warnings } = readNifti(writeNifti(oblique, data));
    expect(warnings).toEqual([]);
    expect(volume.voxels).toEqual(data);
    expect(volume.dims).toEqual(oblique.dims);
    for (const key of ['spacing', 'origin', 'direction'] as const) {
      for (const [n, value] of volume[key].entries()) expect(value).toBeCloseTo(oblique[key][n], 5);
    }
    const again = readNifti(writeNifti(volume, volume.voxels)).volume;
    for (const [n, value] of again.origin.entries()) expect(value).toBe(volume.origin[n]);
  });

  it('agrees with an independent reader on the affine (RAS)', () => {
    const header = readHeader(new Uint8Array(gunzipSync(writeNifti(oblique, ramp))).buffer);
    const [x, y, z] = indexToWorld(oblique, [3, 2, 1]);
    const ras = header?.affine.slice(0, 3).map((row) => row[0] * 3 + row[1] * 2 + row[2] + row[3]);
    for (const [n, value] of [-x, -y, z].entries()) expect(ras?.[n]).toBeCloseTo(value, 4);
  });

  it('refuses data that does not fill the grid', () => {
    expect(() => writeNifti(oblique, new Int16Array(5))).toThrow('does not fill');
  });
});

describe('readNifti', () => {
  it.each([
    [2, 'writeUInt8', 1, [0, 1, 255]],
    [256, 'writeInt8', 1, [-128, 0, 127]],
    [4, 'writeInt16LE', 2, [-32768, 7, 32767]],
    [512, 'writeUInt16LE', 2, [0, 1, 32767]],
    [8, 'writeInt32LE', 4, [-1024, 0, 3000]],
    [768, 'writeUInt32LE', 4, [0, 5, 3000]],
    [16, 'writeFloatLE', 4, [-1000, 0, 400]],
    [64, 'writeDoubleLE', 8, [-1000, 0, 400]],
    [1024, 'writeIntLE', 8, [-1000, 0, 400]],
    [1280, 'writeIntLE', 8, [1000, 0, 400]],
  ] as const)('reads data type %i as Int16 where exact', (datatype, method, bytes, values) => {
    const header = edited(() => {}).subarray(0, 352);
    for (const [n, side] of [3, 1, 1].entries()) header.writeInt16LE(side, 42 + 2 * n);
    header.writeInt16LE(datatype, 70);
    const voxels = Buffer.alloc(3 * bytes);
    for (const [n, value] of values.entries()) {
      if (method === 'writeIntLE') voxels.writeBigInt64LE(BigInt(value), n * bytes);
      else voxels[method](value, n * bytes);
    }
    const { volume } = readNifti(Buffer.concat([header, voxels]));
    expect(volume.voxels).toEqual(Int16Array.from(values));
  });

  it('applies slope and intercept; a slope of 0 means none', () => {
    const scaled = (slope: number) =>
      readNifti(
        edited((file) => {
          file.writeFloatLE(slope, 112);
          file.writeFloatLE(-10, 116);
        }),
      ).volume.voxels;
    expect([...scaled(2).subarray(0, 2)]).toEqual([-2010, -1810]);
    expect(scaled(0.125)).toBeInstanceOf(Float32Array);
    expect(scaled(0)).toEqual(ramp);
  });

  it('reads big-endian files and lengths in metres', () => {
    const metres: Grid = { ...oblique, spacing: [0.007, 0.009, 0.025], origin: [0, 0, 0] };
    const file = edited((bytes) => {
      for (const [from, to, width] of [
        [0, 4, 4],
        [40, 56, 2],
        [70, 74, 2],
        [76, 120, 4],
        [252, 256, 2],
        [256, 328, 4],
        [352, bytes.length, 2],
      ]) {
        const part = bytes.subarray(from, to);
        if (width === 2) part.swap16();
        else part.swap32();
      }
      bytes.writeUInt8(1, 123);
    }, metres);
    const { volume } = readNifti(file);
    expect(volume.voxels).toEqual(ramp);
    expect(volume.spacing[0]).toBeCloseTo(7, 5);
  });

  it('takes the qform where there is no sform, and says when there is neither', () => {
    // A turn by 180° about z (quaternion d = 1) in RAS is the identity in LPS.
    const qform = edited((file) => {
      file.writeInt16LE(0, 254);
      file.writeInt16LE(1, 252);
      for (const [n, value] of [0, 0, 1, -5, -6, 7].entries()) file.writeFloatLE(value, 256 + 4 * n);
    });
    expect(readNifti(qform)).toMatchObject({
      volume: { origin: [5, 6, 7], spacing: [0.7, 0.9, 2.5], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
      warnings: [],
    });
    const neither = readNifti(edited((file) => file.writeInt16LE(0, 254)));
    expect(neither.volume.direction).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, 1]);
    expect(neither.warnings).toHaveLength(1);
  });

  it.each([
    [1, [0, 0, 1]],
    [0, [0, 0, 1]],
    [-1, [0, 0, -1]],
  ])('turns the third axis by qfac %i, of which 0 means 1', (qfac, third) => {
    const file = edited((bytes) => {
      bytes.writeInt16LE(0, 254);
      bytes.writeInt16LE(1, 252);
      bytes.writeFloatLE(qfac, 76);
      for (const [n, value] of [0, 0, 1, 0, 0, 0].entries()) bytes.writeFloatLE(value, 256 + 4 * n);
    });
    expect(readNifti(file).volume.direction).toEqual([1, 0, 0, 0, 1, 0, ...third]);
  });

  it('takes the sform before the qform, unless its axes are sheared', () => {
    const both = (edit: (bytes: Buffer) => void) =>
      readNifti(
        edited((bytes) => {
          bytes.writeInt16LE(1, 252);
          for (const [n, value] of [0, 0, 1, -5, -6, 7].entries()) bytes.writeFloatLE(value, 256 + 4 * n);
          edit(bytes);
        }),
      ).volume.origin;
    expect(both(() => {})).toEqual([-120.5, 33.25, 812]);
    expect(both((bytes) => bytes.writeFloatLE(0.5, 284))).toEqual([5, 6, 7]);
  });

  it('reads NIfTI-2', () => {
    const file = Buffer.alloc(544 + 48);
    file.writeInt32LE(540, 0);
    file.write('n+2\0', 4, 'latin1');
    file.writeInt16LE(4, 12);
    for (const [n, value] of [3, 4, 3, 2].entries()) file.writeBigInt64LE(BigInt(value), 16 + 8 * n);
    file.writeBigInt64LE(544n, 168);
    file.writeInt32LE(1, 348);
    for (const [n, value] of [-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 3, 30].entries())
      file.writeDoubleLE(value, 400 + 8 * n);
    Buffer.from(ramp.buffer).copy(file, 544);
    const { volume } = readNifti(file);
    expect(volume).toMatchObject({ dims: [4, 3, 2], spacing: [1, 1, 3], origin: [-10, -20, 30] });
    expect(volume.voxels).toEqual(ramp);
  });

  it('replaces values that are not finite by the lowest one', () => {
    const data = Float32Array.from(ramp);
    data[3] = Number.NaN;
    const { volume, warnings } = readNifti(writeNifti(oblique, data));
    expect(volume.voxels[3]).toBe(-1000);
    expect(warnings).toEqual(['1 voxels without a finite value were set to the lowest one']);
  });

  it.each([
    ['garbage', () => Buffer.from('garbage'.repeat(200)), /not a NIfTI file/],
    ['nothing', () => Buffer.alloc(0), /not a NIfTI file/],
    ['broken gzip', () => Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]), /gzip|not a NIfTI/],
    ['a file cut off', () => edited(() => {}).subarray(0, 380), /cut off inside its voxels/],
    ['a gzip cut off', () => gzipSync(edited(() => {})).subarray(0, -12), /cut off|damaged/],
    [
      'a time series',
      () => edited((file) => file.writeInt16LE(4, 40) && file.writeInt16LE(2, 48)),
      /three dimensions/,
    ],
    ['a colour type', () => edited((file) => file.writeInt16LE(128, 70)), /data type/],
    ['negative sides', () => edited((file) => file.writeInt16LE(-4, 42)), /impossible dimensions/],
    ['sheared axes', () => edited((file) => file.writeFloatLE(0.5, 284)), /sheared/],
    ['header and image apart', () => edited((file) => file.write('ni1', 344)), /single-file/],
    [
      'more than its header says',
      () => gzipSync(Buffer.concat([edited(() => {}), Buffer.alloc(8 * 2 ** 20)])),
      /inflates to more/,
    ],
  ])('refuses %s in one line', (_, file, reason) => {
    expect(() => readNifti(file())).toThrow(reason);
  });
});

describe('readNiftiMask', () => {
  const labels = new Uint8Array(24);
  labels[1 + 4 * 1] = 1;
  labels[2 + 4 * 1 + 12] = 1;
  labels[3 + 4 * 2 + 12] = 7;

  it('gives one mask for each label', () => {
    const { labels: found, warnings } = readNiftiMask(writeNifti(oblique, labels), oblique);
    expect(found).toEqual([
      { value: 1, mask: { box: [1, 1, 0, 2, 1, 1], bits: Uint8Array.of(1, 0, 0, 1) } },
      { value: 7, mask: { box: [3, 2, 1, 3, 2, 1], bits: Uint8Array.of(1) } },
    ]);
    expect(warnings).toEqual([]);
  });

  it('resamples a mask on another grid to the nearest voxel and says so', () => {
    const fine: Grid = { ...oblique, dims: [8, 3, 2], spacing: [0.35, 0.9, 2.5] };
    const double = new Uint8Array(48);
    double[2 + 8 * 1] = 1;
    const { labels: found, warnings } = readNiftiMask(writeNifti(fine, double), oblique);
    expect(found).toEqual([{ value: 1, mask: { box: [1, 1, 0, 1, 1, 0], bits: Uint8Array.of(1) } }]);
    expect(warnings).toHaveLength(1);
  });

  it('takes a mask without position for one on its image', () => {
    const bytes = edited((file) => file.writeInt16LE(0, 254), oblique, labels);
    const { labels: found, warnings } = readNiftiMask(bytes, oblique);
    expect(found.map(({ value }) => value)).toEqual([1, 7]);
    expect(warnings).toHaveLength(1);
  });

  it('refuses an image given as mask, and a mask elsewhere', () => {
    expect(() => readNiftiMask(writeNifti(oblique, ramp), oblique)).toThrow('not labels');
    const far: Grid = { ...oblique, origin: [5000, 0, 0] };
    expect(() => readNiftiMask(writeNifti(far, labels), oblique)).toThrow('outside its image');
  });

  it('is exact on the same voxels in another order and extent, and says what is cut off', () => {
    // Axes i and j exchanged and k reversed; one voxel more at the end of its first axis (j of the image).
    const [di, dj, dk] = [oblique.direction.slice(0, 3), oblique.direction.slice(3, 6), [0, 0, -1]];
    const [dx, dy, dz, dx2, dy2, dz2, dx3, dy3, dz3] = [...dj, ...di, ...dk];
    const turned: Grid = {
      dims: [4, 4, 2],
      spacing: [0.9, 0.7, 2.5],
      origin: indexToWorld(oblique, [0, 0, 1]),
      direction: [dx, dy, dz, dx2, dy2, dz2, dx3, dy3, dz3],
    };
    const data = new Uint8Array(32);
    data[2 + 4 * 3] = 5; // j = 2, i = 3, k = 1
    data[0 + 4 * 1 + 16] = 5; // j = 0, i = 1, k = 0
    const inside = readNiftiMask(writeNifti(turned, data), oblique);
    expect(inside.warnings).toEqual([]);
    expect(inside.labels).toHaveLength(1);
    const [{ value, mask }] = inside.labels;
    expect([value, mask.box]).toEqual([5, [1, 0, 0, 3, 2, 1]]);
    expect([...mask.bits.keys()].filter((n) => mask.bits[n] === 1)).toEqual([0, 17]);
    data[3] = 5; // j = 3
    expect(readNiftiMask(writeNifti(turned, data), oblique).warnings).toEqual([
      'a part of the mask lies outside its image',
    ]);
  });

  it('takes values between the labels for the nearest one and says so', () => {
    const soft = Float32Array.from(labels, (value) => (value === 7 ? 0.6 : value * 0.4));
    const { labels: found, warnings } = readNiftiMask(writeNifti(oblique, soft), oblique);
    expect(found).toEqual([{ value: 1, mask: { box: [3, 2, 1, 3, 2, 1], bits: Uint8Array.of(1) } }]);
    expect(warnings).toHaveLength(1);
  });

  it('finds the names in the extension that TotalSegmentator writes', () => {
    const file = edited(() => {}, oblique, labels);
    const xml =
      '<LabelTable><Label Key="1" Red="0"><![CDATA[liver]]></Label>\n<Label Key="7"><![CDATA[spleen]]></Label>';
    const extension = Buffer.alloc(512);
    extension.writeInt32LE(512, 0);
    extension.writeInt32LE(30, 4);
    extension.write(xml, 8);
    file.writeFloatLE(352 + 512, 108);
    const extended = Buffer.concat([file.subarray(0, 352), extension, file.subarray(352)]);
    const { names, values } = readNiftiLabels(extended);
    expect([...names]).toEqual([
      [1, 'liver'],
      [7, 'spleen'],
    ]);
    expect(values).toEqual(labels);
  });

  it('has no labels for an empty mask', () => {
    expect(readNiftiMask(writeNifti(oblique, new Uint8Array(24)), oblique).labels).toEqual([]);
  });
});
