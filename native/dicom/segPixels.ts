/** The pixels of a DICOM Segmentation's frames: bits, fractions or labels, cut to the rectangle that a segment fills. */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { encapsulatedFrames } from './codecs/encapsulated.ts';
import { ascii, decimals, uint16 } from './dataset.ts';
import { type DicomHeader, readHeader } from './header.ts';
import { decodePixels, type PixelLayout } from './transferSyntax.ts';

export type SegmentationType = 'BINARY' | 'FRACTIONAL' | 'LABELMAP';

/** The marked pixels of a frame: their rectangle [x0, y0, x1, y1] and one byte a pixel, x fastest. */
export interface MarkedPixels {
  readonly rect: readonly [number, number, number, number];
  readonly bits: Uint8Array;
}

export interface FramePixels {
  readonly type: SegmentationType;
  readonly count: number;
  /** Maximum Fractional Value (0062,000E). */
  readonly maximum: number;
  /** The pixels of a frame that belong to a segment, or null when none does. */
  marked(frame: number, segment: number): Promise<MarkedPixels | null>;
}

const bigEndian = '1.2.840.10008.1.2.2';
const maxSide = 8192;
const maxPixels = 2 ** 33;
/** A label map is decoded once and kept, two bytes a pixel. */
const maxLabelPixels = 2 ** 28;
const pixelDataTag = 'x7fe00010';
const itemTag = 0xe000fffe;
const delimiterTag = 0xe0ddfffe;

/**
 * The pixels of a DICOM Segmentation.
 * @throws PrecedentError `unreadable` when the attributes contradict each other or the bytes, `unsupported`, `limit`
 */
export function framePixels(file: Uint8Array, dataSet: DataSet, transferSyntax: string): FramePixels {
  const rows = uint16(dataSet, 'x00280010') ?? 0;
  const columns = uint16(dataSet, 'x00280011') ?? 0;
  const count = decimals(dataSet, 'x00280008')?.[0] ?? 1;
  const bitsAllocated = uint16(dataSet, 'x00280100');
  const named = ascii(dataSet, 'x00620001');
  const type = (['BINARY', 'FRACTIONAL', 'LABELMAP'] as const).find((known) => known === named);
  if (!type) throw new PrecedentError('unsupported', 'an unknown type of DICOM Segmentation');
  if (rows < 1 || columns < 1 || !Number.isInteger(count) || count < 1)
    throw new PrecedentError('unreadable', 'the DICOM Segmentation gives impossible rows, columns or frames');
  if (rows > maxSide || columns > maxSide || rows * columns * count > maxPixels)
    throw new PrecedentError('limit', 'the DICOM Segmentation has too many pixels');
  const maximum = uint16(dataSet, 'x0062000e') ?? 255;
  const common = { type, count, maximum };
  const size = { rows, columns };
  if (bitsAllocated === 1) {
    const bytes = nativeBits(dataSet, transferSyntax, rows * columns * count);
    return { ...common, marked: async (frame) => cutBits(bytes, frame * rows * columns, size) };
  }
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw new PrecedentError('unsupported', 'a DICOM Segmentation needs 1, 8 or 16 bits allocated');
  const layout: PixelLayout = {
    ...size,
    bitsAllocated,
    bitsStored: bitsAllocated,
    highBit: bitsAllocated - 1,
    signed: false,
  };
  const header = readHeader(file);
  const read = frameDecoder(header, layout, count);
  if (type === 'LABELMAP') return { ...common, marked: labelFrames(read, size, count) };
  const least = type === 'FRACTIONAL' ? maximum / 2 : 1;
  return { ...common, marked: async (frame) => cut(await read(frame), size, (value) => value >= least) };
}

function nativeBits(dataSet: DataSet, transferSyntax: string, bits: number): Uint8Array {
  const element = dataSet.elements[pixelDataTag];
  if (!element) throw new PrecedentError('unreadable', 'the file has no pixel data');
  if (element.hadUndefinedLength || transferSyntax === bigEndian)
    throw new PrecedentError('unsupported', 'a binary segmentation whose bits are compressed or big-endian');
  const bytes = dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  if (bytes.length < Math.ceil(bits / 8))
    throw new PrecedentError(
      'unreadable',
      'the length of the pixel data does not match rows, columns and frames',
    );
  return bytes;
}

/** Bits run on from frame to frame, least significant first (PS3.5 section 8.1.1). */
function cutBits(bytes: Uint8Array, start: number, { rows, columns }: Size): MarkedPixels | null {
  const end = start + rows * columns;
  let [x0, y0, x1, y1] = [columns, rows, -1, -1];
  for (let n = start; n < end; n++) {
    // Most of a segmentation is empty: whole bytes of it are passed over.
    if (n % 8 === 0 && bytes[n / 8] === 0) {
      n += 7;
      continue;
    }
    if (!bitAt(bytes, n)) continue;
    const x = (n - start) % columns;
    const y = Math.floor((n - start) / columns);
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    y1 = y;
  }
  if (x1 < 0) return null;
  const bits = new Uint8Array((x1 - x0 + 1) * (y1 - y0 + 1));
  for (let y = y0, n = 0; y <= y1; y++)
    for (let x = x0; x <= x1; x++, n++) bits[n] = bitAt(bytes, start + x + y * columns) ? 1 : 0;
  return { rect: [x0, y0, x1, y1], bits };
}

function bitAt(bytes: Uint8Array, n: number): boolean {
  return ((bytes[Math.floor(n / 8)] >> (n % 8)) & 1) === 1;
}

interface Size {
  readonly rows: number;
  readonly columns: number;
}

type Values = Int32Array | Uint16Array;

/** Each frame is handed to the decoders as an image of its own. */
function frameDecoder(
  header: DicomHeader,
  layout: PixelLayout,
  count: number,
): (frame: number) => Promise<Int32Array> {
  const { bytes, pixelData } = header;
  if (!pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
  const { offset, length } = pixelData;
  if (length === undefined) {
    const frames = encapsulatedFrames(bytes, offset, count);
    return (frame) => {
      const alone = encapsulate(frames[frame]);
      const one = { ...header, bytes: alone, pixelData: { offset: 0, length: undefined }, numberOfFrames: 1 };
      return decodePixels(one, layout);
    };
  }
  const size = (layout.rows * layout.columns * layout.bitsAllocated) / 8;
  if (length < size * count)
    throw new PrecedentError(
      'unreadable',
      'the length of the pixel data does not match rows, columns and frames',
    );
  return (frame) => {
    const start = offset + frame * size;
    const one = bytes.subarray(start, Math.min(bytes.length, start + size));
    return decodePixels(
      { ...header, bytes: one, pixelData: { offset: 0, length: size }, numberOfFrames: 1 },
      layout,
    );
  };
}

/** One frame as encapsulated pixel data: an empty offset table, the frame, the delimiter (PS3.5 section A.4). */
function encapsulate(frame: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(24 + frame.length);
  bytes.writeUInt32LE(itemTag, 0);
  bytes.writeUInt32LE(itemTag, 8);
  bytes.writeUInt32LE(frame.length, 12);
  bytes.set(frame, 16);
  bytes.writeUInt32LE(delimiterTag, 16 + frame.length);
  return bytes;
}

/** Frames of labels, each decoded once, with the rectangle of every label in it. */
function labelFrames(
  read: (frame: number) => Promise<Int32Array>,
  { rows, columns }: Size,
  count: number,
): FramePixels['marked'] {
  if (rows * columns * count > maxLabelPixels)
    throw new PrecedentError('limit', 'the DICOM Segmentation has too many pixels');
  const known = new Map<
    number,
    { labels: Uint16Array; rects: Map<number, [number, number, number, number]> }
  >();
  const indexed = async (frame: number) => {
    const labels = Uint16Array.from(await read(frame));
    const rects = new Map<number, [number, number, number, number]>();
    for (let y = 0, n = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, n++) {
        const rect = rects.get(labels[n]);
        if (!rect) rects.set(labels[n], [x, y, x, y]);
        else {
          if (x < rect[0]) rect[0] = x;
          if (x > rect[2]) rect[2] = x;
          rect[3] = y;
        }
      }
    }
    return { labels, rects };
  };
  return async (frame, segment) => {
    const found = known.get(frame) ?? (await indexed(frame));
    known.set(frame, found);
    const rect = found.rects.get(segment);
    return rect ? crop(found.labels, columns, rect, (value) => value === segment) : null;
  };
}

function cut(
  values: Values,
  { rows, columns }: Size,
  isInside: (value: number) => boolean,
): MarkedPixels | null {
  let [x0, y0, x1, y1] = [columns, rows, -1, -1];
  for (let y = 0, n = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, n++) {
      if (!isInside(values[n])) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  return x1 < 0 ? null : crop(values, columns, [x0, y0, x1, y1], isInside);
}

function crop(
  values: Values,
  columns: number,
  rect: MarkedPixels['rect'],
  isInside: (value: number) => boolean,
): MarkedPixels {
  const bits = new Uint8Array((rect[2] - rect[0] + 1) * (rect[3] - rect[1] + 1));
  for (let y = rect[1], n = 0; y <= rect[3]; y++)
    for (let x = rect[0]; x <= rect[2]; x++, n++) bits[n] = isInside(values[x + y * columns]) ? 1 : 0;
  return { rect, bits };
}
