/** Compressed pixel data that are cut off, noise, of an absurd size, or packed in fragments that lie. */
import type { PixelLayout } from '../../../native/dicom/transferSyntax.ts';
import {
  compressedSlice,
  encode,
  encodeJpegDct,
  encodeJpegLossless,
  encodeRle,
} from '../../unit/dicomCodecs.fixtures.ts';
import { type Elements, encapsulate } from '../dicomWriter.ts';
import { side, slice, sliceElements } from '../validFiles.ts';
import { type BadFile, damaged } from './types.ts';

const us = (value: number) => ['US', value] as const;
const ds = (value: string) => ['DS', value] as const;

const layout: PixelLayout = {
  rows: side,
  columns: side,
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  signed: false,
};
const layout8: PixelLayout = { ...layout, bitsAllocated: 8, bitsStored: 8, highBit: 7 };
const values = Array.from({ length: side * side }, (_, n) => (n * 37) % 4096);
const blocks = Array.from({ length: 4 }, (_, n) => [n * 8, ...Array<number>(63).fill(1)]);

interface Codec {
  readonly syntax: string;
  readonly layout: PixelLayout;
  encode(): Uint8Array | Promise<Uint8Array>;
  /** Where the codestream says how large it is: offsets of 16- or 32-bit fields from the marker. */
  readonly sizeFields?: { readonly marker: string; readonly at: readonly number[]; readonly width: 2 | 4 };
}

/** The marker of a JPEG frame header is followed by length, precision, lines and samples per line (T.81 B.2.2). */
const startOfFrame = (marker: string) => ({ marker, at: [5, 7], width: 2 }) as const;
/** SIZ: marker, length, capabilities, then Xsiz and Ysiz, and after the offsets the tile's size (T.800 A.5.1). */
const imageSize = { marker: 'ff51', at: [6, 10, 22, 26], width: 4 } as const;

export const codecs: Readonly<Record<string, Codec>> = {
  'jpeg-baseline': {
    syntax: '1.2.840.10008.1.2.4.50',
    layout: layout8,
    encode: () => encodeJpegDct(blocks, layout8, { quantizer: 2 }),
    sizeFields: startOfFrame('ffc0'),
  },
  'jpeg-extended': {
    syntax: '1.2.840.10008.1.2.4.51',
    layout,
    encode: () => encodeJpegDct(blocks, layout, { quantizer: 2 }),
    sizeFields: startOfFrame('ffc1'),
  },
  'jpeg-lossless': {
    syntax: '1.2.840.10008.1.2.4.70',
    layout,
    encode: () => encodeJpegLossless(values, layout, { predictor: 1, precision: 12 }),
    sizeFields: startOfFrame('ffc3'),
  },
  'jpeg-ls': {
    syntax: '1.2.840.10008.1.2.4.80',
    layout,
    encode: () => encode('JPEG-LS', values, layout),
    sizeFields: startOfFrame('fff7'),
  },
  'jpeg-2000': {
    syntax: '1.2.840.10008.1.2.4.90',
    layout,
    encode: () => encode('JPEG 2000', values, layout),
    sizeFields: imageSize,
  },
  htj2k: {
    syntax: '1.2.840.10008.1.2.4.201',
    layout,
    encode: () => encode('HTJ2K', values, layout),
    sizeFields: imageSize,
  },
  rle: { syntax: '1.2.840.10008.1.2.5', layout, encode: () => encodeRle(values, 2) },
};

/** A slice whose frame is of a codec, changed by `change`. */
export async function coded(
  name: string,
  codec: Codec,
  change: (frame: Buffer) => Uint8Array = (frame) => frame,
  elements: Elements = {},
): Promise<Uint8Array> {
  const frame = Buffer.from(await codec.encode());
  const base: Elements = { ...sliceElements(name), '00281052': ds('0') };
  const { '7fe00010': _, '00280100': _a, '00280101': _s, '00280102': _h, '00280103': _r, ...rest } = base;
  return compressedSlice(codec.syntax, change(frame), codec.layout, { ...rest, ...elements });
}

/** All size fields of a codestream set to one value. */
function resized(
  frame: Buffer,
  { marker, at, width }: NonNullable<Codec['sizeFields']>,
  value: number,
): Buffer {
  const start = frame.indexOf(Buffer.from(marker, 'hex'));
  for (const offset of at) frame.writeUIntBE(value, start + offset, width);
  return frame;
}

const streams: readonly BadFile[] = Object.entries(codecs).flatMap(([key, codec]): BadFile[] => {
  const { sizeFields } = codec;
  const garbage = (frame: Buffer) => Buffer.from(frame.map((_, n) => (n * 151 + 89) & 255));
  const rows: BadFile[] = [
    {
      name: `${key}-cut-off`,
      make: () => coded(`${key}-cut-off`, codec, (frame) => frame.subarray(0, frame.length >> 1)),
      reason: damaged,
      why: 'the second half of the picture is missing',
    },
    {
      name: `${key}-empty`,
      make: () => coded(`${key}-empty`, codec, () => Buffer.alloc(0)),
      reason: /damaged|cut off|pixel data|frame/,
      why: 'a fragment without a byte',
    },
    {
      name: `${key}-garbage`,
      make: () => coded(`${key}-garbage`, codec, garbage),
      reason: /damaged|cut off|segments/,
      why: 'the stream is noise',
    },
  ];
  if (!sizeFields) return rows;
  const mismatch = /damaged|cut off|match|rows|columns|size|too (many|large)|pixel|contradict/;
  return [
    ...rows,
    {
      name: `${key}-absurd-size`,
      make: () => coded(`${key}-absurd-size`, codec, (frame) => resized(frame, sizeFields, 65535)),
      reason: mismatch,
      why: 'the codestream alone claims 65,535 × 65,535',
    },
    {
      name: `${key}-absurd-size-twice`,
      make: () =>
        coded(`${key}-absurd-size-twice`, codec, (frame) => resized(frame, sizeFields, 65535), {
          '00280010': us(65535),
          '00280011': us(65535),
        }),
      reason: mismatch,
      why: 'header and codestream agree on the absurd',
    },
    {
      name: `${key}-other-size`,
      make: () => coded(`${key}-other-size`, codec, (frame) => resized(frame, sizeFields, 32)),
      reason: mismatch,
      why: 'the codestream gives four times the pixels that the header has room for',
    },
  ];
});

const rleWith = (name: string, offsets: readonly number[]) =>
  coded(name, codecs.rle, (frame) => {
    for (const [n, offset] of offsets.entries()) frame.writeUInt32LE(offset, 4 * n);
    return frame;
  });

/** A compressed slice whose encapsulated pixel data are written as they are. */
async function encapsulatedAs(
  name: string,
  change: (pixels: Buffer, frame: Buffer) => Uint8Array,
): Promise<Uint8Array> {
  const whole = Buffer.from(await coded(name, codecs['jpeg-lossless']));
  const at = whole.indexOf(Buffer.from('e07f10004f42', 'hex')) + 12;
  const frame = Buffer.from(await codecs['jpeg-lossless'].encode());
  return Buffer.concat([whole.subarray(0, at), change(whole.subarray(at), frame)]);
}

const structure: readonly BadFile[] = [
  {
    name: 'rle-offsets-out-of-bounds',
    make: () => rleWith('rle-offsets-out-of-bounds', [2, 0x7fffffff, 0xffffffff]),
    reason: damaged,
    why: 'segments that begin past the end',
  },
  {
    name: 'rle-segments-4-billion',
    make: () => rleWith('rle-segments-4-billion', [0xffffffff]),
    reason: /damaged|segment|bits|cut off/,
    why: 'fifteen segments have room in the header',
  },
  {
    name: 'rle-offsets-backwards',
    make: () => rleWith('rle-offsets-backwards', [2, 200, 64]),
    reason: damaged,
    why: 'a segment of negative length',
  },
  {
    name: 'encapsulated-without-delimiter',
    make: () => encapsulatedAs('encapsulated-without-delimiter', (pixels) => pixels.subarray(0, -8)),
    reason: damaged,
    why: 'the end of the sequence is looked for past the end of the file',
    tolerated: true,
  },
  {
    name: 'fragment-past-the-end',
    make: () =>
      encapsulatedAs('fragment-past-the-end', (pixels) => {
        pixels.writeUInt32LE(0x7ffffffe, 12);
        return pixels;
      }),
    reason: damaged,
    why: 'a fragment of two gigabytes',
  },
  {
    name: 'offset-table-lies',
    make: () =>
      encapsulatedAs('offset-table-lies', (_, frame) =>
        encapsulate({ fragments: [frame], offsetTable: [0x7fffffff, 3, 0xffffffff] }),
      ),
    reason: /damaged|offset|frame|cut off/,
    why: 'frames that begin nowhere',
    tolerated: true,
  },
  {
    name: 'compressed-but-native',
    make: () =>
      slice(
        'compressed-but-native',
        {},
        {
          transferSyntax: codecs['jpeg-2000'].syntax,
        },
      ),
    reason: /compressed|damaged|pixel data/,
    why: 'native pixel data under a compressed transfer syntax',
  },
];

export const badStreams: readonly BadFile[] = [...streams, ...structure];
