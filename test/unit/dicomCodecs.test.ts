/** Every compressed transfer syntax on small frames whose values are known, and what is refused before it costs anything. */
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { encapsulatedFrames } from '../../native/dicom/codecs/encapsulated.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels, type PixelLayout, transferSyntaxes } from '../../native/dicom/transferSyntax.ts';
import { ctElements, type Elements, encapsulate, writeDicom } from '../support/dicomWriter.ts';
import {
  compressedSlice,
  encode,
  encodeJpegDct,
  encodeJpegLossless,
  encodeJpegProgressive,
  encodeRle,
} from './dicomCodecs.fixtures.ts';

const uid = {
  baseline: '1.2.840.10008.1.2.4.50',
  extended: '1.2.840.10008.1.2.4.51',
  spectral: '1.2.840.10008.1.2.4.53',
  progressive: '1.2.840.10008.1.2.4.55',
  lossless57: '1.2.840.10008.1.2.4.57',
  lossless70: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpegLsNear: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  htj2kRpcl: '1.2.840.10008.1.2.4.202',
  htj2k: '1.2.840.10008.1.2.4.203',
  rle: '1.2.840.10008.1.2.5',
};

const layoutOf = (bits: number, signed: boolean, rows = 19, columns = 23): PixelLayout => ({
  rows,
  columns,
  bitsAllocated: bits > 16 ? 32 : bits > 8 ? 16 : 8,
  bitsStored: bits,
  highBit: bits - 1,
  signed,
});

/** Smooth, with runs and the extremes of the range. */
function phantom({ rows, columns, bitsStored, signed }: PixelLayout): number[] {
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const high = low + 2 ** bitsStored - 1;
  return Array.from({ length: rows * columns }, (_, n) => {
    if (n === 5) return low;
    if (n === 6) return high;
    const [x, y] = [n % columns, Math.floor(n / columns)];
    return y < 4 ? low + 7 : Math.floor(low + (high - low) * (0.5 + 0.4 * Math.sin(x / 3) * Math.cos(y / 4)));
  });
}

async function decoded(
  transferSyntax: string,
  frame: Uint8Array | readonly Uint8Array[],
  layout: PixelLayout,
  elements?: Elements,
): Promise<number[]> {
  const header = readHeader(compressedSlice(transferSyntax, frame, layout, elements));
  return [...(await decodePixels(header, pixelLayout(header)))];
}

const kinds = [
  [8, false],
  [12, false],
  [12, true],
  [16, false],
  [16, true],
] as const;
const named = kinds.map(
  ([bits, signed]) => [`${bits} bits ${signed ? 'signed' : 'unsigned'}`, bits, signed] as const,
);

describe.each(named)('lossless, %s', (_, bits, signed) => {
  const layout = layoutOf(bits, signed);
  const values = phantom(layout);

  it('RLE', async () => {
    expect(await decoded(uid.rle, encodeRle(values, layout.bitsAllocated / 8), layout)).toEqual(values);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('JPEG lossless with predictor %i', async (predictor) => {
    const raw = values.map((value) => value & (2 ** bits - 1));
    const frame = encodeJpegLossless(raw, layout, { predictor, precision: bits });
    expect(await decoded(uid.lossless57, frame, layout)).toEqual(values);
    const restarting = encodeJpegLossless(raw, layout, { predictor, precision: bits, restartLines: 2 });
    expect(await decoded(uid.lossless70, restarting, layout)).toEqual(values);
  });

  it('JPEG-LS, which carries negative values as their low bits', async () => {
    const raw = values.map((value) => value & (2 ** bits - 1));
    const frame = await encode('JPEG-LS', raw, layout);
    expect(await decoded(uid.jpegLs, frame, layout)).toEqual(values);
    expect(await decoded(uid.jpegLsNear, frame, layout)).toEqual(values);
  });

  it('JPEG 2000, signed or not in the codestream', async () => {
    const frame = await encode('JPEG 2000', values, layout);
    expect(await decoded(uid.jpeg2000Lossless, frame, layout)).toEqual(values);
    expect(await decoded(uid.jpeg2000, frame, layout)).toEqual(values);
    const raw = values.map((value) => value & (2 ** bits - 1));
    const unsigned = await encode('JPEG 2000', raw, { ...layout, signed: false });
    expect(await decoded(uid.jpeg2000Lossless, unsigned, layout)).toEqual(values);
  });

  it('HTJ2K, which another decoder reads alike', async () => {
    const frame = await encode('HTJ2K', values, layout);
    expect(await decoded(uid.htj2kLossless, frame, layout)).toEqual(values);
    expect(await decoded(uid.htj2k, frame, layout)).toEqual(values);
    expect(await decoded(uid.jpeg2000, frame, layout)).toEqual(values);
    const rpcl = await encode('HTJ2K', values, layout, (encoder) => {
      encoder.setQuality?.(true, 0);
      encoder.setProgressionOrder?.(2);
    });
    expect(await decoded(uid.htj2kRpcl, rpcl, layout)).toEqual(values);
  });
});

it('RLE of 32 bits, and values that do not start at bit 0', async () => {
  const layout = layoutOf(32, true);
  const values = phantom(layout);
  expect(await decoded(uid.rle, encodeRle(values, 4), layout)).toEqual(values);
  const high = { ...layoutOf(16, false), bitsStored: 12, highBit: 15 };
  const shifted = phantom({ ...high });
  expect(
    await decoded(
      uid.rle,
      encodeRle(
        shifted.map((value) => value << 4),
        2,
      ),
      high,
    ),
  ).toEqual(shifted);
});

it('JPEG lossless with more bits than are stored, and with a point transform', async () => {
  const layout: PixelLayout = { ...layoutOf(12, true), bitsAllocated: 16 };
  const values = phantom(layout);
  const raw = values.map((value) => value & 0xffff);
  const sixteen = encodeJpegLossless(raw, layout, { predictor: 6, precision: 16 });
  expect(await decoded(uid.lossless70, sixteen, layout)).toEqual(values);
  const unsigned = layoutOf(12, false);
  const frame = encodeJpegLossless(phantom(unsigned), unsigned, {
    predictor: 4,
    precision: 12,
    pointTransform: 2,
  });
  expect(await decoded(uid.lossless57, frame, unsigned)).toEqual(
    phantom(unsigned).map((value) => value & ~3),
  );
});

it('near-lossless JPEG-LS stays within its bound', async () => {
  const layout = layoutOf(12, false);
  const values = phantom(layout);
  const frame = await encode('JPEG-LS', values, layout, (encoder) => encoder.setNearLossless?.(3));
  const differences = (await decoded(uid.jpegLsNear, frame, layout)).map((value, n) =>
    Math.abs(value - values[n]),
  );
  expect(Math.max(...differences)).toBeLessThanOrEqual(3);
  expect(Math.max(...differences)).toBeGreaterThan(0);
});

/** The inverse DCT as T.81 section A.3.3 writes it. */
function inverseDct(block: readonly number[]): number[] {
  const c = (n: number) => (n === 0 ? Math.SQRT1_2 : 1);
  const wave = (place: number, n: number) => Math.cos(((2 * place + 1) * n * Math.PI) / 16);
  return block.map((_, at) => {
    let sum = 0;
    for (let v = 0; v < 8; v++)
      for (let u = 0; u < 8; u++)
        sum += c(u) * c(v) * block[8 * v + u] * wave(at % 8, u) * wave(Math.floor(at / 8), v);
    return sum / 4;
  });
}

it.each([
  ['baseline', uid.baseline, 8, 12],
  ['extended with 8 bits', uid.extended, 8, 12],
  ['extended with 12 bits', uid.extended, 12, 300],
] as const)('JPEG %s: the inverse DCT of its coefficients, to one', async (_, syntax, bits, quantizer) => {
  const layout = layoutOf(bits, false, 13, 21);
  const blocks = Array.from({ length: 6 }, (_, n) =>
    Array.from({ length: 64 }, (_, k) => {
      if (k === 0) return 9 * n - 20;
      return (k * 7 + n * 13) % 11 === 0 ? ((k * n) % 5) - 2 : 0;
    }),
  );
  const expected = blocks.map((block) => inverseDct(block.map((value) => value * quantizer)));
  for (const restartInterval of [0, 2]) {
    const frame = encodeJpegDct(blocks, layout, { quantizer, restartInterval });
    const values = await decoded(syntax, frame, layout);
    for (const [n, value] of values.entries()) {
      const [x, y] = [n % 21, Math.floor(n / 21)];
      const exact = 2 ** (bits - 1) + expected[3 * (y >> 3) + (x >> 3)][8 * (y & 7) + (x & 7)];
      expect(Math.abs(value - Math.max(0, Math.min(2 ** bits - 1, exact)))).toBeLessThanOrEqual(1);
    }
  }
});

it.each([
  [8, 12],
  [12, 300],
] as const)('progressive JPEG of %i bits: the values of the sequential one', async (bits, quantizer) => {
  const layout = layoutOf(bits, false, 21, 29);
  const blocks = Array.from({ length: 12 }, (_, n) =>
    Array.from({ length: 64 }, (_, k) => {
      if (k === 0) return 9 * n - 20;
      // Some blocks without AC coefficients, so that the end of band runs over them; long runs of zeros in others.
      return n % 4 !== 1 && (k * 7 + n * 13) % (n === 2 ? 31 : 11) === 0 ? ((k * n) % 9) - 4 : 0;
    }),
  );
  for (const restartInterval of [0, 3]) {
    const options = { quantizer, restartInterval };
    const expected = await decoded(uid.extended, encodeJpegDct(blocks, layout, options), layout);
    const frame = encodeJpegProgressive(blocks, layout, options);
    for (const syntax of [uid.progressive, uid.spectral]) {
      expect(await decoded(syntax, frame, layout)).toEqual(expected);
    }
  }
});

it.each([8, 12])('refuses progressive JPEG of %i bits with scans without number', async (bits) => {
  const layout = layoutOf(bits, false, 8, 8);
  const frame = Buffer.from(encodeJpegProgressive([Array(64).fill(3)], layout, { quantizer: 1 }));
  const lastScan = frame.lastIndexOf(Buffer.of(0xff, 0xda));
  const endless = Buffer.concat([
    frame.subarray(0, lastScan),
    ...Array<Buffer>(100).fill(frame.subarray(lastScan, -2)),
    frame.subarray(-2),
  ]);
  await expect(decoded(uid.progressive, endless, layout)).rejects.toMatchObject({ kind: 'limit' });
});

it.each([
  [uid.baseline, undefined, true],
  [uid.progressive, '00', true],
  [uid.extended, '00', true],
  [uid.jpegLsNear, undefined, true],
  [uid.jpeg2000, undefined, true],
  [uid.jpeg2000, '00', false],
  [uid.htj2k, '01', true],
  [uid.jpeg2000Lossless, undefined, false],
  [uid.lossless70, '01', true],
  [uid.rle, '00', false],
] as const)('%s with lossy image compression %s: lossy is %s', (transferSyntax, value, lossy) => {
  const layout = layoutOf(16, false);
  const file = compressedSlice(transferSyntax, new Uint8Array(2), layout, {
    '00282110': value && ['CS', value],
  });
  expect(readHeader(file).lossy).toBe(lossy);
});

describe('encapsulated pixel data', () => {
  const fragments = [10, 20, 30, 40].map((value) => new Uint8Array(value).fill(value));
  const frames = (count: number, offsetTable?: number[]) =>
    encapsulatedFrames(encapsulate({ fragments, offsetTable }), 0, count).map((frame) => [...frame]);
  const joined = (...n: number[]) => n.flatMap((index) => [...fragments[index]]);

  it('gives all fragments to a single frame, whatever the offset table says', () => {
    expect(frames(1)).toEqual([joined(0, 1, 2, 3)]);
    expect(frames(1, [4711])).toEqual([joined(0, 1, 2, 3)]);
  });

  it('takes one fragment for each frame, or follows the offset table', () => {
    expect(frames(4)).toEqual([joined(0), joined(1), joined(2), joined(3)]);
    expect(frames(2, [0, 46])).toEqual([joined(0, 1), joined(2, 3)]);
    expect(frames(3, [0, 18, 84])).toEqual([joined(0), joined(1, 2), joined(3)]);
  });

  it('decodes a frame in several fragments', async () => {
    const layout = layoutOf(12, true);
    const values = phantom(layout);
    const frame = await encode('JPEG 2000', values, layout);
    const pieces = [frame.subarray(0, 40), frame.subarray(40, 90), frame.subarray(90)];
    expect(await decoded(uid.jpeg2000Lossless, pieces, layout)).toEqual(values);
  });

  it.each([
    ['an offset table that misses the fragments', [0, 47], 2, /offset table/],
    ['an offset table that goes back', [0, 0], 2, /offset table/],
    ['no way to tell the frames apart', [], 3, /4 fragments do not make 3 frames/],
  ] as const)('refuses %s', (_, offsetTable, count, reason) => {
    expect(() => frames(count, [...offsetTable])).toThrow(reason);
  });

  it.each([
    ['no fragment', encapsulate({ fragments: [] }), /holds no frame/],
    ['nothing at all', Buffer.alloc(0), /holds no frame/],
    ['a length past the end', encapsulate({ fragments }).subarray(0, 70), /cut off/],
    ['an undefined length', Buffer.from('feff00e000000000feff00e0ffffffff', 'hex'), /cut off/],
    ['another tag', Buffer.from('feff00e00000000010001000040000000000', 'hex'), /damaged/],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => encapsulatedFrames(bytes, 0, 1)).toThrow(reason);
  });

  it('refuses fragments without number', () => {
    const empty = Buffer.from('feff00e000000000', 'hex');
    expect(() => encapsulatedFrames(Buffer.concat(Array(140_000).fill(empty)), 0, 1)).toThrow(/too many/);
  });

  it('refuses uncompressed values under a compressed syntax, and the reverse', async () => {
    const native = readHeader(writeDicom(ctElements(), { transferSyntax: uid.rle }));
    await expect(decodePixels(native, pixelLayout(native))).rejects.toThrow(/not compressed/);
    const layout = layoutOf(16, false);
    const file = compressedSlice('1.2.840.10008.1.2.1', encodeRle(phantom(layout), 2), layout);
    const header = readHeader(file);
    await expect(decodePixels(header, pixelLayout(header))).rejects.toThrow(/does not match/);
  });
});

describe('a codestream that is not the image of the header is refused', () => {
  const layout = layoutOf(12, false);
  const values = phantom(layout);
  const frames: readonly (readonly [string, string, () => Uint8Array | Promise<Uint8Array>])[] = [
    ['JPEG', uid.lossless70, () => encodeJpegLossless(values, layout, { predictor: 1, precision: 12 })],
    ['JPEG-LS', uid.jpegLs, () => encode('JPEG-LS', values, layout)],
    ['JPEG 2000', uid.jpeg2000Lossless, () => encode('JPEG 2000', values, layout)],
    ['HTJ2K', uid.htj2kLossless, () => encode('HTJ2K', values, layout)],
  ];

  it.each(frames)('%s: rows, columns, bits, and an end that is missing', async (_, syntax, make) => {
    const frame = await make();
    const refused = async (bytes: Uint8Array, other: PixelLayout, reason: RegExp) => {
      const failure = await decoded(syntax, bytes, other).catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(PrecedentError);
      expect(failure).toMatchObject({ kind: 'unreadable', message: expect.stringMatching(reason) });
    };
    await refused(frame, { ...layout, rows: 18 }, /23 × 19 pixels, the header says 23 × 18/);
    await refused(frame, { ...layout, columns: 24 }, /23 × 19 pixels, the header says 24 × 19/);
    await refused(
      frame,
      { ...layout, bitsAllocated: 8, bitsStored: 8, highBit: 7 },
      /12 bits, the header says 8/,
    );
    await refused(frame.subarray(0, frame.length / 2), layout, /damaged or cut off/);
    await refused(frame.subarray(0, 10), layout, /damaged or cut off/);
    await refused(new Uint8Array(0), layout, /damaged or cut off|holds no frame/);
    // What was refused leaves no trace in the decoder.
    expect(await decoded(syntax, frame, layout)).toEqual(values);
  });

  it('absurd tiles, layers and precincts of JPEG 2000', async () => {
    const frame = await encode('JPEG 2000', values, layout);
    const bigger = layoutOf(12, false, 60, 60);
    const many = Buffer.from(await encode('JPEG 2000', phantom(bigger), bigger));
    many.writeUInt32BE(1, 24);
    many.writeUInt32BE(1, 28);
    await expect(decoded(uid.jpeg2000, many, bigger)).rejects.toMatchObject({ kind: 'limit' });
    const layers = Buffer.from(frame);
    const cod = layers.indexOf(Buffer.of(0xff, 0x52));
    layers.writeUInt16BE(65_535, cod + 6);
    layers[cod + 9] = 5;
    await expect(decoded(uid.jpeg2000, layers, layout)).rejects.toMatchObject({ kind: 'limit' });
  });

  it('colour', async () => {
    const frame = Buffer.from(encodeJpegLossless(values, layout, { predictor: 1, precision: 12 }));
    frame[frame.indexOf(Buffer.of(0xff, 0xc3)) + 9] = 3;
    await expect(decoded(uid.lossless70, frame, layout)).rejects.toThrow(/3 components/);
  });

  it('a frame of another kind of JPEG', async () => {
    const lossless = encodeJpegLossless(values, layout, { predictor: 1, precision: 12 });
    for (const syntax of [uid.baseline, uid.jpegLs, uid.jpeg2000]) {
      await expect(decoded(syntax, lossless, layout)).rejects.toMatchObject({ kind: 'unreadable' });
    }
  });
});

it('has a decoder in every row', () => {
  expect(Object.keys(transferSyntaxes).toSorted()).toEqual(
    [
      ...Object.values(uid),
      ...['', '.1', '.1.99', '.2'].map((end) => `1.2.840.10008.1.2${end}`),
      '1.2.840.113619.5.2',
    ].toSorted(),
  );
});
