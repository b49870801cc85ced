import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { isNrrd } from '../../native/nrrd/header.ts';
import { nrrdDataFile, readNrrd, readNrrdLabels } from '../../native/nrrd/nrrd.ts';

const ramp = Int16Array.from({ length: 24 }, (_, n) => n * 100 - 1000);
const plain = Buffer.from(ramp.buffer);
const fields: Readonly<Record<string, string>> = {
  type: 'short',
  dimension: '3',
  space: 'left-posterior-superior',
  sizes: '4 3 2',
  'space directions': '(0.7,0,0) (0,0.9,0) (0,0,2.5)',
  'space origin': '(-120.5,33.25,812)',
  endian: 'little',
  encoding: 'raw',
};
/** A file of these fields, some changed or, with null, left out. */
function nrrd(
  changes: Readonly<Record<string, string | null>> = {},
  data: Uint8Array = plain,
  extra = '',
): Buffer {
  const lines = Object.entries({ ...fields, ...changes }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}\n`],
  );
  return Buffer.concat([Buffer.from(`NRRD0005\n# a comment\n${lines.join('')}${extra}\n`), data]);
}

describe('readNrrd', () => {
  it.each([
    ['raw', plain],
    ['gzip', gzipSync(plain)],
    ['gz', gzipSync(plain)],
  ])('reads %s voxels and their place', (encoding, data) => {
    const { volume, warnings } = readNrrd(nrrd({ encoding }, data));
    expect(warnings).toEqual([]);
    expect(volume).toEqual({
      dims: [4, 3, 2],
      spacing: [0.7, 0.9, 2.5],
      origin: [-120.5, 33.25, 812],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      voxels: ramp,
    });
  });

  it.each([
    ['LPS', [-120.5, 33.25, 812], [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ['RAS', [120.5, -33.25, 812], [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['right-anterior-superior', [120.5, -33.25, 812], [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['left-anterior-superior', [-120.5, -33.25, 812], [1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['LPI', [-120.5, 33.25, -812], [1, 0, 0, 0, 1, 0, 0, 0, -1]],
  ])('turns %s into LPS', (space, origin, direction) => {
    expect(readNrrd(nrrd({ space })).volume).toMatchObject({ origin, direction });
  });

  it.each([
    ['uchar', Uint8Array.of(0, 1, 255), [0, 1, 255]],
    ['signed char', Int8Array.of(-128, 0, 127), [-128, 0, 127]],
    ['unsigned short', Uint16Array.of(0, 7, 32767), [0, 7, 32767]],
    ['signed short int', Int16Array.of(-32768, 0, 32767), [-32768, 0, 32767]],
    ['int', Int32Array.of(-1024, 0, 3000), [-1024, 0, 3000]],
    ['unsigned int', Uint32Array.of(0, 5, 3000), [0, 5, 3000]],
    ['long long int', BigInt64Array.of(-1000n, 0n, 3000n), [-1000, 0, 3000]],
    ['uint64_t', BigUint64Array.of(0n, 1n, 3000n), [0, 1, 3000]],
    ['float', Float32Array.of(-1000, 0, 400), [-1000, 0, 400]],
    ['double', Float64Array.of(-1000, 0, 400), [-1000, 0, 400]],
  ])('reads %s, of either byte order', (type, values, expected) => {
    const little = Buffer.from(values.buffer);
    const big = Buffer.from(little);
    const width = values.BYTES_PER_ELEMENT;
    for (let at = 0; at < big.length; at += width) big.subarray(at, at + width).reverse();
    const sizes = { type, sizes: '3 1 1' };
    expect(readNrrd(nrrd(sizes, little)).volume.voxels).toEqual(Int16Array.from(expected));
    expect(readNrrd(nrrd({ ...sizes, endian: 'big' }, big)).volume.voxels).toEqual(Int16Array.from(expected));
  });

  it('says when a file gives no orientation', () => {
    const { volume, warnings } = readNrrd(
      nrrd({ space: null, 'space directions': null, 'space origin': null, spacings: '0.5 0.6 3' }),
    );
    expect(volume).toMatchObject({ spacing: [0.5, 0.6, 3], origin: [0, 0, 0] });
    expect(warnings).toHaveLength(1);
  });

  it('skips lines and bytes before the voxels', () => {
    const data = Buffer.concat([Buffer.from('one\ntwo\nxyz'), plain]);
    expect(readNrrd(nrrd({ 'line skip': '2', 'byte skip': '3' }, data)).volume.voxels).toEqual(ramp);
    expect(readNrrd(nrrd({ 'byte skip': '-1' }, data)).volume.voxels).toEqual(ramp);
  });

  it('reads a detached header with its file, which must be beside it', () => {
    const detached = (name: string) => Buffer.from(nrrd({ 'data file': name }, Buffer.alloc(0)));
    expect(nrrdDataFile(detached('voxels.raw'))).toBe('voxels.raw');
    expect(nrrdDataFile(detached('./voxels.raw'))).toBe('voxels.raw');
    expect(nrrdDataFile(nrrd())).toBeUndefined();
    expect(readNrrd(detached('voxels.raw'), plain).volume.voxels).toEqual(ramp);
    expect(() => readNrrd(detached('voxels.raw'))).toThrow('without the file');
    for (const name of ['../other.raw', '/etc/passwd', 'a/b.raw', '..', 'C:\\x.raw', './../x']) {
      expect(() => nrrdDataFile(detached(name)), name).toThrow('outside its folder');
    }
    for (const name of ['LIST', 'slice%03d.raw 1 9 1']) {
      expect(() => nrrdDataFile(detached(name)), name).toThrow('several files');
    }
  });

  it.each([
    ['garbage', Buffer.from('garbage'), 'not a NRRD file'],
    ['nothing', Buffer.alloc(0), 'not a NRRD file'],
    ['a header without end', Buffer.from('NRRD0004\ntype: short\n'), 'no end'],
    ['a file cut off', nrrd().subarray(0, -1), 'cut off inside its voxels'],
    ['damaged gzip', nrrd({ encoding: 'gzip' }, deflateSync(plain)), 'damaged'],
    ['a bomb', nrrd({ encoding: 'gzip' }, gzipSync(Buffer.alloc(8 * 2 ** 20))), 'inflates to more'],
    ['another encoding', nrrd({ encoding: 'bzip2' }), 'raw or gzip'],
    ['a block type', nrrd({ type: 'block' }), 'data type'],
    ['negative sizes', nrrd({ sizes: '-4 3 2' }), 'impossible sizes'],
    ['sizes that are no numbers', nrrd({ sizes: '4 x 2' }), 'impossible sizes'],
    ['sizes of another dimension', nrrd({ sizes: '4 3' }), 'impossible sizes'],
    ['too many voxels', nrrd({ sizes: '30000 30000 30000' }), 'too many voxels'],
    [
      'two dimensions',
      nrrd({ dimension: '2', sizes: '4 3', 'space directions': '(1,0,0) (0,1,0)' }),
      'three dimensions',
    ],
    ['sheared axes', nrrd({ 'space directions': '(1,0,0) (0.5,1,0) (0,0,1)' }), 'sheared'],
    ['axes without length', nrrd({ 'space directions': '(0,0,0) (0,1,0) (0,0,1)' }), 'no usable length'],
  ])('refuses %s in one line', (_, bytes, reason) => {
    expect(() => readNrrd(bytes)).toThrow(reason);
  });

  it('never does worse than a reason with a header whose bytes are changed', () => {
    const file = nrrd({ encoding: 'gzip' }, gzipSync(plain));
    for (let at = 0; at < file.length; at++) {
      for (const change of [1, 0x10, 0x41]) {
        const changed = Buffer.from(file);
        changed[at] ^= change;
        try {
          const { volume } = readNrrd(changed);
          expect(volume.voxels.length).toBe(volume.dims[0] * volume.dims[1] * volume.dims[2]);
        } catch (error) {
          expect(error).toBeInstanceOf(PrecedentError);
        }
      }
    }
  });

  it('knows its files by their first line', () => {
    expect(isNrrd(nrrd())).toBe(true);
    expect(isNrrd(Buffer.from('NRRD'))).toBe(false);
  });
});

describe('readNrrdLabels', () => {
  it('reads a segmentation of 3D Slicer: layers, names, labels and codes', () => {
    // Two layers of 2×1×2 voxels, the layers side by side in each voxel.
    const data = Uint8Array.of(1, 0, 2, 1, 0, 1, 1, 0);
    const keys = [
      'Segment0_ID:=Segment_1',
      'Segment0_Name:=Liver tumor',
      'Segment0_Layer:=0',
      'Segment0_LabelValue:=1',
      'Segment0_Tags:=Segmentation.Status:inprogress|TerminologyEntry:Categories~SCT^49755003^Altered~SCT^4147007^Mass~^^~Regions~^^~^^|',
      'Segment1_ID:=Segment_2',
      'Segment1_Name:=Größe',
      'Segment1_Layer:=0',
      'Segment1_LabelValue:=2',
      'Segment2_ID:=Segment_3',
      'Segment2_Name:=Spleen',
      'Segment2_Layer:=1',
      'Segment2_LabelValue:=1',
    ];
    const file = nrrd(
      {
        type: 'unsigned char',
        dimension: '4',
        sizes: '2 2 1 2',
        'space directions': 'none (1,0,0) (0,1,0) (0,0,1)',
        kinds: 'list domain domain domain',
      },
      data,
      `${keys.join('\n')}\n`,
    );
    const { layers, layer, segments } = readNrrdLabels(file);
    expect(layers).toBe(2);
    expect(layer(0)).toMatchObject({ positioned: true, grid: { dims: [2, 1, 2] } });
    expect([...layer(0).values]).toEqual([1, 2, 0, 1]);
    expect([...layer(1).values]).toEqual([0, 1, 1, 0]);
    expect(segments).toEqual([
      {
        name: 'Liver tumor',
        layer: 0,
        value: 1,
        codes: [
          { scheme: 'SCT', value: '49755003' },
          { scheme: 'SCT', value: '4147007' },
        ],
      },
      { name: 'Größe', layer: 0, value: 2, codes: [] },
      { name: 'Spleen', layer: 1, value: 1, codes: [] },
    ]);
  });

  it('reads a plain mask, and refuses a segment on a layer that is not there', () => {
    const { layer, segments } = readNrrdLabels(nrrd({ type: 'uchar' }, new Uint8Array(24).fill(1)));
    expect(segments).toEqual([]);
    expect(layer(0).values).toEqual(new Uint8Array(24).fill(1));
    const keys = 'Segment0_ID:=a\nSegment0_Layer:=5\n';
    expect(() => readNrrdLabels(nrrd({ type: 'uchar' }, new Uint8Array(24), keys))).toThrow('not there');
  });
});
