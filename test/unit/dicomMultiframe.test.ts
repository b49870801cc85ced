/** Enhanced CT: what each frame says of itself, and its pixels, however they are stored. */
import { describe, expect, it } from 'vitest';
import { readHeader } from '../../native/dicom/header.ts';
import { sliceFrames } from '../../native/dicom/multiframe.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels } from '../../native/dicom/transferSyntax.ts';
import { ctElements, type Elements, encapsulate, syntax, writeDicom } from '../support/dicomWriter.ts';
import { enhancedElements, frameGroups, group, sharedGroups } from '../support/enhancedCt.ts';
import { encodeJpegLossless, encodeRle } from './dicomCodecs.fixtures.ts';

const frames = (elements: Elements, transferSyntax: string = syntax.explicit) =>
  sliceFrames('file', readHeader(writeDicom(elements, { transferSyntax })));

describe('sliceFrames', () => {
  it('gives an ordinary file as it is', () => {
    const header = readHeader(writeDicom(ctElements()));
    expect(header.frames).toBeUndefined();
    expect(sliceFrames('file', header)).toEqual([{ path: 'file', header, frame: 0 }]);
  });

  it.each(Object.entries(syntax))('reads the functional groups of each frame in %s', (_, transferSyntax) => {
    const slices = frames(enhancedElements(3), transferSyntax);
    expect(slices.map(({ path, frame }) => [path, frame])).toEqual([
      ['file', 0],
      ['file', 1],
      ['file', 2],
    ]);
    for (const [n, { header }] of slices.entries()) {
      expect(header).toMatchObject({
        modality: 'CT',
        numberOfFrames: 3,
        imageType: ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'],
        acquisitionNumber: 4,
        acquisitionTime: `101500.${n}`,
        imagePositionPatient: [-10, 20, 2.5 * n],
        imageOrientationPatient: [0, 1, 0, 0, 0, -1],
        pixelSpacing: [0.7, 0.6],
        sliceThickness: 3,
        rescaleIntercept: -1000 - n,
        rescaleSlope: 2,
        rescaleType: 'HU',
        windowCenter: 40,
        windowWidth: 350,
        frames: undefined,
      });
    }
  });

  it('a frame before what all share, that before the file', () => {
    const elements = enhancedElements(2, {
      perFrame: [frameGroups(0), { ...frameGroups(1), '00289110': group({ '00280030': ['DS', '1\\2'] }) }],
      elements: { '00181210': ['SH', 'B30f'], '00280030': ['DS', '9\\9'], '00281050': ['DS', '9'] },
    });
    const [first, second] = frames(elements).map(({ header }) => header);
    expect(first).toMatchObject({ pixelSpacing: [0.7, 0.6], sliceThickness: 3, windowCenter: 40 });
    expect(second).toMatchObject({ pixelSpacing: [1, 2], sliceThickness: 3, convolutionKernel: 'B30f' });
  });

  it('a single frame, and a legacy conversion with what the classic headers said', () => {
    expect(frames(enhancedElements(1))[0].header.imagePositionPatient).toEqual([-10, 20, 0]);
    const legacy = enhancedElements(2, {
      shared: { ...sharedGroups, '00209170': group({ '00180060': ['DS', '120'] }) },
      perFrame: [0, 1].map((n) => ({
        ...frameGroups(n),
        '00209111': group({ '00209128': ['UL', n + 7] }),
        '00209171': group({ '00080032': ['TM', `1015${n}0`], '00200012': ['IS', '5'] }),
      })),
      elements: { '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2.2'] },
    });
    expect(frames(legacy)[1].header).toMatchObject({
      kvp: 120,
      acquisitionTime: '101510',
      acquisitionNumber: 5,
      temporalPositionIndex: 8,
    });
  });

  it('is small and can be sent to another process', () => {
    const { bytes: _, ...header } = readHeader(writeDicom(enhancedElements(50)));
    expect(structuredClone(header)).toEqual(header);
    expect(JSON.stringify(header).length).toBeLessThan(50 * 500);
  });

  it.each([
    [
      'fewer frames than it has',
      enhancedElements(3, { perFrame: [frameGroups(0)] }),
      /describes 1 frames.* 3/,
    ],
    ['no frames', { ...enhancedElements(3), '52009230': undefined }, /does not describe its frames/],
    [
      'frames that are no items',
      { ...enhancedElements(3), '52009230': ['SQ', Buffer.alloc(8, 1)] },
      /does not describe/,
    ],
    [
      'more frames than a file can hold',
      { ...enhancedElements(3), '00280008': ['IS', '2147483647'] },
      /2147483647/,
    ],
    [
      'frames, but is no enhanced CT',
      { ...enhancedElements(3), '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.7.2'] },
      /multi-frame image that is not an enhanced CT/,
    ],
  ] as const)('refuses what describes %s', (_, elements, reason) => {
    expect(() => frames(elements as Elements)).toThrow(reason);
  });

  it('waits for the rest of the functional groups when only the beginning is given', () => {
    const file = writeDicom(enhancedElements(20));
    for (let length = 400; length < file.length - 500; length += 300) {
      const header = readHeader(file.subarray(0, length), file.length);
      expect(header.complete || header.frames?.length).toBeFalsy();
    }
  });
});

describe('decodePixels of a frame', () => {
  const size = {
    rows: 3,
    columns: 5,
    bitsAllocated: 16,
    bitsStored: 12,
    highBit: 11,
    signed: false,
  } as const;
  const pixels = [0, 1, 2].map((frame) =>
    Array.from({ length: 15 }, (_, n) => (frame * 1000 + n * n) & 0xfff),
  );
  const stored: Elements = { '00280101': ['US', 12], '00280102': ['US', 11] };

  async function decoded(transferSyntax: string, elements: Elements): Promise<number[][]> {
    const file = writeDicom(
      enhancedElements(3, { rows: 3, columns: 5, elements: { ...stored, ...elements } }),
      { transferSyntax },
    );
    const header = readHeader(file);
    // Backwards: a frame does not depend on the one before it.
    const values: number[][] = [];
    for (const frame of [2, 1, 0])
      values[frame] = [...(await decodePixels(header, pixelLayout(header), frame))];
    return values;
  }

  it.each(Object.entries(syntax))('native, %s', async (_, transferSyntax) => {
    expect(await decoded(transferSyntax, { '7fe00010': ['OW', pixels.flat()] })).toEqual(pixels);
  });

  it.each([syntax.explicit, syntax.bigEndian])(
    'native, of 8 bits and an odd number of pixels (%s)',
    async (is) => {
      const bytes = pixels.flat().map((value) => value & 255);
      const cross = is === syntax.bigEndian ? 1 : 0;
      const elements: Elements = {
        '00280100': ['US', 8],
        '00280101': ['US', 8],
        '00280102': ['US', 7],
        '7fe00010': ['OW', Uint8Array.from([...bytes, 0], (_, n) => [...bytes, 0][n ^ cross])],
      };
      expect(await decoded(is, elements)).toEqual(pixels.map((frame) => frame.map((value) => value & 255)));
    },
  );

  const rle = pixels.map((frame) => encodeRle(frame, 2));
  const jpeg = pixels.map((frame) => encodeJpegLossless(frame, size, { predictor: 1, precision: 12 }));
  const halves = jpeg.flatMap((frame) => [frame.subarray(0, 60), frame.subarray(60)]);
  const rleSyntax = '1.2.840.10008.1.2.5';
  const jpegSyntax = '1.2.840.10008.1.2.4.70';
  const padded = (length: number) => length + (length % 2);
  /** Where every second fragment begins, as the offset tables count. */
  const offsets = [0, 2, 4].map((n) =>
    halves.slice(0, n).reduce((sum, { length }) => sum + 8 + padded(length), 0),
  );
  const extended = (table: readonly number[]): Elements => ({
    '7fe00001': ['UN', new Uint8Array(BigUint64Array.from(table, BigInt).buffer)],
    '7fe00002': ['UN', new Uint8Array(8 * table.length)],
  });
  const encapsulated = (fragments: readonly Uint8Array[], offsetTable?: readonly number[]): Elements => ({
    '7fe00010': ['OB', { fragments, offsetTable }],
  });

  it.each([
    ['one fragment for each frame', rleSyntax, encapsulated(rle)],
    ['one fragment for each frame, the table lying', jpegSyntax, encapsulated(jpeg, [0, 7, 9])],
    ['several fragments and a basic offset table', jpegSyntax, encapsulated(halves, offsets)],
    [
      'several fragments and an extended offset table',
      jpegSyntax,
      { ...encapsulated(halves), ...extended(offsets) },
    ],
    ['several fragments without table: frames end with their marker', jpegSyntax, encapsulated(halves)],
    ['several fragments, the table lying', jpegSyntax, encapsulated(halves, [0, 4, 8])],
    [
      'several fragments, the table that of another file',
      jpegSyntax,
      { ...encapsulated(halves), ...extended([0, 2 ** 60, 8]) },
    ],
  ] as const)('encapsulated: %s', async (_, transferSyntax, elements) => {
    expect(await decoded(transferSyntax, elements)).toEqual(pixels);
  });

  it.each([
    ['too few fragments', rleSyntax, encapsulated(rle.slice(1)), /2 fragments do not make 3 frames/],
    ['no marker between the frames', rleSyntax, encapsulated([...rle, ...rle]), /6 fragments do not make 3/],
    ['too few values', syntax.explicit, { '7fe00010': ['OW', pixels.flat().slice(0, 44)] }, /does not match/],
  ] as const)('refuses %s', async (_, transferSyntax, elements, reason) => {
    await expect(decoded(transferSyntax, elements as Elements)).rejects.toThrow(reason);
  });

  it('takes a number of frames that nothing can hold as such', async () => {
    const bytes = encapsulate({ fragments: rle });
    const header = { ...readHeader(writeDicom(enhancedElements(3))), bytes, transferSyntax: rleSyntax };
    for (const numberOfFrames of [2 ** 31, 1e300, 2.5, -1, 0]) {
      const lying = { ...header, numberOfFrames, pixelData: { offset: 0, length: undefined } };
      await expect(decodePixels(lying, size, 0)).rejects.toMatchObject({ kind: 'unreadable' });
    }
  });
});
