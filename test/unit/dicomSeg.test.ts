import { describe, expect, it } from 'vitest';
import { readSeg, readSegReferences, segMasks } from '../../native/dicom/seg.ts';
import { kindByCodes } from '../../native/dicom/segmentCodes.ts';
import { reboxMask } from '../../native/lesion/mask.ts';
import { type Grid, indexToWorld } from '../../native/volume/volume.ts';
import { ctSlice, syntax } from '../support/dicomWriter.ts';
import { dicomSeg, type TestFrame, type TestSeg } from '../support/segWriter.ts';

const grid: Grid = {
  dims: [5, 3, 4],
  spacing: [1, 1, 2],
  origin: [10, 20, 30],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
/** A frame of `grid`'s slice k with some pixels [x, y] set. */
function frame(segment: number, k: number, ...set: readonly (readonly [number, number])[]): TestFrame {
  const pixels = new Array(15).fill(0);
  for (const [x, y] of set) pixels[x + 5 * y] = 1;
  return { segment, position: [10, 20, 30 + 2 * k], pixels };
}
const one = [{ number: 1, label: 'Tumour' }];
const base: Pick<TestSeg, 'rows' | 'columns' | 'segments' | 'sliceSpacing'> = {
  rows: 3,
  columns: 5,
  segments: one,
  sliceSpacing: 2,
};

/** Label → the marked voxels as "i,j,k", and the warnings. */
async function masks(bytes: Uint8Array, on: Grid = grid) {
  const seg = readSeg(bytes);
  const warnings = [...seg.warnings];
  const found: Record<string, string[]> = {};
  for await (const { segment, mask } of segMasks(seg, on, warnings)) {
    const [ni, nj, nk] = on.dims;
    const { bits } = reboxMask(mask, [0, 0, 0, ni - 1, nj - 1, nk - 1]);
    found[segment.label] = [...bits.keys()]
      .filter((n) => bits[n] === 1)
      .map((n) => `${n % ni},${Math.floor(n / ni) % nj},${Math.floor(n / (ni * nj))}`);
  }
  return { found, warnings };
}

describe('readSegReferences', () => {
  it('says which series and frame of reference it was drawn on', () => {
    expect(readSegReferences(dicomSeg({ ...base, frames: [frame(1, 0)] }))).toEqual({
      sopInstanceUid: '1.2.3.10',
      studyUid: '1.2.3.1',
      referencedSeriesUid: '1.2.3.2',
      frameOfReferenceUid: '1.2.3.3',
    });
  });
});

describe('segMasks on the grid of the image', () => {
  const overlapping: TestSeg = {
    ...base,
    segments: [...one, { number: 7, label: 'Léber' }, { number: 9, label: 'empty' }],
    frames: [
      frame(7, 2, [4, 2]),
      frame(1, 2, [4, 2], [0, 0]),
      frame(7, 0, [1, 1], [2, 1]),
      frame(1, 1, [3, 0]),
    ],
  };
  const expected = { Tumour: ['3,0,1', '0,0,2', '4,2,2'], Léber: ['1,1,0', '2,1,0', '4,2,2'] };

  it.each([syntax.explicit, syntax.implicit, syntax.deflated])(
    'takes bits across frames, frames in any order, overlapping segments (%s)',
    async (transferSyntax) => {
      const read = await masks(dicomSeg(overlapping, { transferSyntax }));
      expect(read).toEqual({ found: expected, warnings: [] });
    },
  );

  it('takes orientation and pixel measures from the frames where they are not shared', async () => {
    expect(await masks(dicomSeg({ ...overlapping, perFrame: true }))).toEqual({
      found: expected,
      warnings: [],
    });
  });

  it('is exact for frames that run the other way and hold a part of the slice', async () => {
    // Row direction −x, column direction −y: pixel (x, y) is voxel (3 − x, 2 − y) of slice 1.
    const seg = dicomSeg({
      ...base,
      rows: 2,
      columns: 3,
      orientation: [-1, 0, 0, 0, -1, 0],
      frames: [{ segment: 1, position: [13, 22, 32], pixels: [1, 0, 0, 0, 0, 1] }],
    });
    expect(await masks(seg)).toEqual({ found: { Tumour: ['1,1,1', '3,2,1'] }, warnings: [] });
  });

  it('is exact for coronal frames of the same voxels', async () => {
    const seg = dicomSeg({
      ...base,
      rows: 4,
      columns: 5,
      orientation: [1, 0, 0, 0, 0, 1],
      pixelSpacing: [2, 1],
      sliceSpacing: 1,
      frames: [
        {
          segment: 1,
          position: [10, 21, 30],
          pixels: Array.from({ length: 20 }, (_, n) => (n === 13 ? 1 : 0)),
        },
      ],
    });
    expect(await masks(seg)).toEqual({ found: { Tumour: ['3,1,2'] }, warnings: [] });
  });

  it('does not fill the slices between two drawn ones where no spacing is given', async () => {
    const seg = dicomSeg({
      ...base,
      sliceSpacing: undefined,
      frames: [frame(1, 0, [2, 1]), frame(1, 3, [2, 1])],
    });
    expect(await masks(seg)).toEqual({ found: { Tumour: ['2,1,0', '2,1,3'] }, warnings: [] });
  });

  it('joins two frames of one segment at one position', async () => {
    const seg = dicomSeg({ ...base, frames: [frame(1, 1, [0, 0]), frame(1, 1, [4, 2])] });
    expect((await masks(seg)).found).toEqual({ Tumour: ['0,0,1', '4,2,1'] });
  });

  it('says what lies outside', async () => {
    const away = { ...frame(1, 0, [0, 0]), position: [10, 20, 300] as const };
    expect(await masks(dicomSeg({ ...base, frames: [away] }))).toEqual({
      found: {},
      warnings: ['Tumour: lies outside the volume'],
    });
    const half = { ...frame(1, 0, [0, 0], [4, 0]), position: [7, 20, 30] as const };
    expect(await masks(dicomSeg({ ...base, frames: [half] }))).toEqual({
      found: { Tumour: ['1,0,0'] },
      warnings: ['Tumour: a part lies outside the volume'],
    });
  });
});

describe('segMasks on another grid', () => {
  const resampled = ['Tumour: drawn on another grid and resampled to the nearest voxel'];

  it('gives each voxel the pixel that it lies in', async () => {
    // Pixels of 2 mm whose first one covers voxels 0 and 1 of both axes.
    const seg = dicomSeg({
      ...base,
      rows: 1,
      columns: 2,
      pixelSpacing: [2, 2],
      frames: [{ segment: 1, position: [10.5, 20.5, 34], pixels: [0, 1] }],
    });
    expect(await masks(seg)).toEqual({
      found: { Tumour: ['2,0,2', '3,0,2', '2,1,2', '3,1,2'] },
      warnings: resampled,
    });
  });

  it('fills the slices that a thicker plane stands for', async () => {
    const seg = dicomSeg({ ...base, sliceSpacing: 6, frames: [frame(1, 1, [2, 2])] });
    expect(await masks(seg)).toEqual({ found: { Tumour: ['2,2,0', '2,2,1', '2,2,2'] }, warnings: resampled });
  });

  it('takes planes that are tilted against the image', async () => {
    const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
    const fine: Grid = { ...grid, dims: [30, 30, 10], spacing: [1, 1, 1], origin: [0, 0, 0] };
    // Planes turned about x: pixel (x, y) of plane p lies at o + x·(1,0,0) + y·(0,c,s) + 2p·(0,−s,c).
    const o = [5, 8, 2] as const;
    const frames = [0, 1, 2].map((p) => ({
      segment: 1,
      position: [o[0], o[1] - 2 * p * s, o[2] + 2 * p * c] as const,
      pixels: Array.from({ length: 80 }, (_, n) => (n % 3 === p ? 0 : 1)),
    }));
    const seg = { ...base, rows: 8, columns: 10, orientation: [1, 0, 0, 0, c, s], frames };
    const expected: string[] = [];
    for (let k = 0; k < 10; k++) {
      for (let j = 0; j < 30; j++) {
        for (let i = 0; i < 30; i++) {
          const [dx, dy, dz] = [i - o[0], j - o[1], k - o[2]];
          const [x, y, p] = [dx, dy * c + dz * s, (dz * c - dy * s) / 2].map(Math.round);
          if (x < 0 || y < 0 || p < 0 || x > 9 || y > 7 || p > 2) continue;
          if (frames[p].pixels[x + 10 * y] === 1) expected.push(`${i},${j},${k}`);
        }
      }
    }
    expect(expected.length).toBeGreaterThan(200);
    expect(await masks(dicomSeg(seg), fine)).toEqual({
      found: { Tumour: expected },
      warnings: [...resampled, 'Tumour: a part lies outside the volume'],
    });
  });

  it('takes planes whose positions move sideways, as those of a tilted gantry do', async () => {
    const frames = [0, 1, 2].map((k) => {
      const { pixels } = frame(1, k, [1, 1]);
      return { segment: 1, position: [10 + k, 20, 30 + 2 * k] as const, pixels };
    });
    expect((await masks(dicomSeg({ ...base, frames }))).found).toEqual({
      Tumour: ['1,1,0', '2,1,1', '3,1,2'],
    });
  });

  it('does not depend on where the grid lies', async () => {
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const oblique: Grid = { ...grid, origin: [-7, 3, 900], direction: [c, s, 0, -s, c, 0, 0, 0, 1] };
    const seg = dicomSeg({
      ...base,
      orientation: [c, s, 0, -s, c, 0],
      frames: [{ ...frame(1, 0, [4, 1]), position: indexToWorld(oblique, [0, 0, 3]) }],
    });
    expect(await masks(seg, oblique)).toEqual({ found: { Tumour: ['4,1,3'] }, warnings: [] });
  });
});

describe('other kinds of segmentations', () => {
  const fractions = [99, 100, 0, 200, 0, ...new Array(10).fill(0)];
  const fractional: TestSeg = {
    ...base,
    type: 'FRACTIONAL',
    maximum: 200,
    frames: [frame(1, 0), { ...frame(1, 1), pixels: fractions }],
  };
  const half = {
    found: { Tumour: ['1,0,1', '3,0,1'] },
    warnings: ['a fractional segmentation: voxels of at least half of 200 count as inside'],
  };

  it('takes at least half of the largest fraction for inside and says so', async () => {
    expect(await masks(dicomSeg(fractional))).toEqual(half);
  });

  it('reads RLE', async () => {
    /** One segment of literal runs (PS3.5 annex G): 15 bytes behind a control byte of 14. */
    const rle = (pixels: readonly number[]) => {
      const header = new Uint8Array(64);
      header[0] = 1;
      header[4] = 64;
      return Uint8Array.of(...header, 14, ...pixels);
    };
    const fragments = fractional.frames.map(({ pixels }) => rle(pixels));
    const bytes = dicomSeg(
      { ...fractional, pixelData: { fragments } },
      { transferSyntax: '1.2.840.10008.1.2.5' },
    );
    expect(await masks(bytes)).toEqual(half);
  });

  it('reads label maps', async () => {
    const seg = dicomSeg({
      ...base,
      type: 'LABELMAP',
      segments: [...one, { number: 3, label: 'Liver' }],
      frames: [
        { position: [10, 20, 32], pixels: [0, 3, 3, 1, ...new Array(11).fill(0)] },
        { position: [10, 20, 30], pixels: [3, ...new Array(14).fill(0)] },
      ],
    });
    expect(await masks(seg)).toEqual({
      found: { Tumour: ['3,0,1'], Liver: ['0,0,0', '1,0,1', '2,0,1'] },
      warnings: [],
    });
  });
});

describe('readSeg refuses', () => {
  const fine: TestSeg = { ...base, frames: [frame(1, 0, [0, 0])] };
  it.each([
    ['another object', () => ctSlice(), 'not a DICOM Segmentation'],
    ['a file cut off', () => dicomSeg(fine).subarray(0, -1), 'damaged or cut off'],
    ['an unknown type', () => dicomSeg({ ...fine, type: 'OTHER' }), 'unknown type'],
    [
      'too few bits',
      () => dicomSeg({ ...fine, frames: [frame(1, 0), frame(1, 1)], pixelData: Uint8Array.of(1) }),
      'does not match',
    ],
    [
      'absurd sizes',
      () => dicomSeg({ ...fine, elements: { '00280008': ['IS', '99999999'], '00280010': ['US', 65535] } }),
      'too many pixels',
    ],
    ['no pixels', () => dicomSeg({ ...fine, elements: { '00280010': ['US', 0] } }), 'impossible rows'],
    [
      'frames without groups',
      () => dicomSeg({ ...fine, elements: { '52009230': ['SQ', []] } }),
      'another number of frames',
    ],
    [
      'frames without position',
      () => dicomSeg({ ...fine, elements: { '52009229': ['SQ', [{}]] } }),
      'no position',
    ],
    [
      'a frame of no segment',
      () => dicomSeg({ ...fine, frames: [{ ...frame(1, 0), segment: undefined }] }),
      'belongs to no segment',
    ],
    [
      'axes that are not orthonormal',
      () => dicomSeg({ ...fine, orientation: [1, 0, 0, 0.5, 1, 0] }),
      'not orthonormal',
    ],
    [
      'compressed bits',
      () =>
        dicomSeg(
          { ...fine, pixelData: { fragments: [Uint8Array.of(1, 2)] } },
          { transferSyntax: '1.2.840.10008.1.2.5' },
        ),
      'compressed',
    ],
  ])('%s', (_, bytes, reason) => {
    expect(() => readSeg(bytes())).toThrow(reason);
  });

  it('never reads past the frames of a file whose bytes are changed', async () => {
    const bytes = dicomSeg({ ...base, segments: one, frames: [frame(1, 0, [1, 1]), frame(1, 1, [2, 2])] });
    for (let at = 140; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] ^= 0x41;
      await masks(changed).catch((error: Error) => expect(error.name).toBe('PrecedentError'));
    }
  });
});

describe('kindByCodes', () => {
  it.each([
    [
      [
        ['SCT', '49755003'],
        ['SCT', '79654002'],
      ],
      'lesion',
    ],
    [[['SRT', 'M-01000']], 'lesion'],
    [
      [
        ['SCT', '123037004'],
        ['SCT', '10200004'],
      ],
      'organ',
    ],
    [
      [
        ['SCT', '123037004'],
        ['SCT', '4147007'],
      ],
      'lesion',
    ],
    [
      [
        ['SCT', '85756007'],
        ['SCT', '108369006'],
      ],
      'lesion',
    ],
    [
      [
        ['SRT', 'T-D0050'],
        ['SRT', 'T-62000'],
      ],
      undefined,
    ],
    [[['99LOCAL', '49755003']], undefined],
    [[], undefined],
  ])('%j is %s', (codes, kind) => {
    expect(kindByCodes(codes.map(([scheme, value]) => ({ scheme, value })))).toBe(kind);
  });
});
