/** The transfer syntaxes a CT slice may come in: one row each, with the decoder that turns its bytes into stored values. */
import { PrecedentError } from '../contract/errors.ts';
import { encapsulatedFrame } from './codecs/encapsulated.ts';
import { readJpeg2000Header } from './codecs/jpeg2000Header.ts';
import { decodeJpegExtended12 } from './codecs/jpegExtended.ts';
import { checkScans, frameMarkers, readJpegHeader } from './codecs/jpegHeader.ts';
import { decodeJpegLossless } from './codecs/jpegLossless.ts';
import { decodeJpegProgressive12 } from './codecs/jpegProgressive.ts';
import { decodeRle } from './codecs/rle.ts';
import { damaged, extend, type Samples, storedValues } from './codecs/samples.ts';
import { decodeWasm } from './codecs/wasm.ts';
import {
  deflatedLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitBigEndianPixels,
  implicitLittleEndian,
} from './dataset.ts';
import type { DicomHeader } from './header.ts';

/** How the stored values of one slice lie in memory (PS3.3 section C.7.6.3). */
export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
}

/** Decodes one frame of a file's pixel data into rows·columns stored values, row by row, not yet rescaled. */
export type DecodePixels = (
  header: DicomHeader,
  layout: PixelLayout,
  frame: number,
) => Int32Array | Promise<Int32Array>;

interface TransferSyntax {
  readonly name: string;
  readonly decode: DecodePixels;
  /** The codec loses values always, or may do so: then Lossy Image Compression (0028,2110) can say that it did not. */
  readonly lossy?: 'always' | 'possibly';
}

/** Transfer Syntax UID (PS3.6 table A-1) → name and decoder. A further codec is a further row. */
export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  [implicitLittleEndian]: { name: 'Implicit VR Little Endian', decode: native(true) },
  [explicitLittleEndian]: { name: 'Explicit VR Little Endian', decode: native(true) },
  [deflatedLittleEndian]: { name: 'Deflated Explicit VR Little Endian', decode: native(true) },
  [explicitBigEndian]: { name: 'Explicit VR Big Endian', decode: native(false) },
  [implicitBigEndianPixels]: { name: 'GE Implicit VR with Big Endian Pixels', decode: native(false) },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', decode: coded(jpeg), lossy: 'always' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG Extended', decode: coded(jpeg), lossy: 'always' },
  '1.2.840.10008.1.2.4.53': { name: 'JPEG Spectral Selection', decode: coded(jpeg), lossy: 'always' },
  '1.2.840.10008.1.2.4.55': { name: 'JPEG Full Progression', decode: coded(jpeg), lossy: 'always' },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless', decode: coded(decodeJpegLossless) },
  '1.2.840.10008.1.2.4.70': {
    name: 'JPEG Lossless, First-Order Prediction',
    decode: coded(decodeJpegLossless),
  },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless', decode: coded(jpegLs) },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-Lossless', decode: coded(jpegLs), lossy: 'possibly' },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless', decode: coded(jpeg2000('JPEG 2000')) },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', decode: coded(jpeg2000('JPEG 2000')), lossy: 'possibly' },
  '1.2.840.10008.1.2.4.201': { name: 'HTJ2K Lossless', decode: coded(jpeg2000('HTJ2K')) },
  '1.2.840.10008.1.2.4.202': { name: 'HTJ2K Lossless RPCL', decode: coded(jpeg2000('HTJ2K')) },
  '1.2.840.10008.1.2.4.203': { name: 'HTJ2K', decode: coded(jpeg2000('HTJ2K')), lossy: 'possibly' },
  '1.2.840.10008.1.2.5': { name: 'RLE Lossless', decode: encapsulated(rle) },
};

/** Those that are met now and then but have no decoder, so that the reason has a name. */
const unsupported: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.20': 'Papyrus 3',
  '1.2.840.10008.1.2.8.1': 'Deflated Image Frame',
  '1.2.840.10008.1.2.4.92': 'JPEG 2000 Part 2 Lossless',
  '1.2.840.10008.1.2.4.93': 'JPEG 2000 Part 2',
  '1.2.840.10008.1.2.4.94': 'JPIP Referenced',
  '1.2.840.10008.1.2.4.95': 'JPIP Referenced Deflate',
  '1.2.840.10008.1.2.4.110': 'JPEG XL Lossless',
  '1.2.840.10008.1.2.4.111': 'JPEG XL JPEG Recompression',
  '1.2.840.10008.1.2.4.112': 'JPEG XL',
};

/**
 * The stored values of a slice: rows·columns integers, sign-extended, row by row.
 * @param frame counted from 0; an image that is not multi-frame has only that one
 * @throws PrecedentError `unsupported` for a transfer syntax without decoder, `unreadable` when the pixel data are
 * damaged, do not match the layout or hold no such frame, `limit`
 */
export async function decodePixels(header: DicomHeader, layout: PixelLayout, frame = 0): Promise<Int32Array> {
  return decoderFor(header.transferSyntax)(header, layout, frame);
}

/** The decoder of a transfer syntax. @throws PrecedentError `unsupported` when there is none */
export function decoderFor(transferSyntax: string): DecodePixels {
  if (Object.hasOwn(transferSyntaxes, transferSyntax)) return transferSyntaxes[transferSyntax].decode;
  const name = Object.hasOwn(unsupported, transferSyntax) ? `${unsupported[transferSyntax]}, ` : '';
  throw new PrecedentError(
    'unsupported',
    `transfer syntax ${name}${transferSyntax.slice(0, 64).replace(/[^\d.]/g, '?')} pixel data cannot be decoded`,
    undefined,
    'export the series uncompressed',
  );
}

/** Whether the pixel values went through a lossy codec, now or, by Lossy Image Compression (0028,2110), before. */
export function isLossy(transferSyntax: string, lossyImageCompression: string | undefined): boolean {
  const { lossy } = transferSyntaxes[transferSyntax] ?? {};
  if (lossyImageCompression === '01' || lossy === 'always') return true;
  return lossy === 'possibly' && lossyImageCompression !== '00';
}

/** Number of Frames. @throws PrecedentError `unreadable` when it is none, or has no such frame */
function frameCount({ numberOfFrames = 1 }: DicomHeader, frame: number): number {
  const isFrame = Number.isInteger(frame) && frame >= 0 && frame < numberOfFrames;
  if (isFrame && Number.isSafeInteger(numberOfFrames)) return numberOfFrames;
  throw new PrecedentError('unreadable', 'the pixel data holds no such frame');
}

/** Pixel data whose frames are encapsulated (PS3.5 section A.4). */
function encapsulated(
  decode: (
    codestream: Uint8Array,
    layout: PixelLayout,
    header: DicomHeader,
  ) => Int32Array | Promise<Int32Array>,
): DecodePixels {
  return (header, layout, frame) => {
    const { bytes, pixelData } = header;
    if (!pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
    if (pixelData.length !== undefined) {
      throw new PrecedentError('unreadable', 'the pixel data are not compressed as the transfer syntax says');
    }
    const place = pixelData.offsetTable;
    const extended = place && bytes.subarray(place.offset, place.offset + place.length);
    const table = { count: frameCount(header, frame), extended };
    return decode(encapsulatedFrame(bytes, pixelData.offset, table, frame), layout, header);
  };
}

function coded(decode: (frame: Uint8Array, layout: PixelLayout) => Samples | Promise<Samples>): DecodePixels {
  return encapsulated(async (frame, layout, header) =>
    storedValues(await decode(frame, layout), layout, header.lossy),
  );
}

function rle(frame: Uint8Array, layout: PixelLayout): Int32Array {
  return extend(decodeRle(frame, layout), layout.bitsStored, layout.highBit, layout.signed);
}

/** Whether a codestream is sequential or progressive, it says itself. */
function jpeg(frame: Uint8Array, layout: PixelLayout): Samples | Promise<Samples> {
  const image = readJpegHeader(frame, 'JPEG');
  const isProgressive = image.frame === frameMarkers.progressive;
  if (!isProgressive && image.frame !== frameMarkers.baseline && image.frame !== frameMarkers.extended)
    throw damaged('JPEG');
  if (image.precision === 12)
    return isProgressive ? decodeJpegProgressive12(frame, layout) : decodeJpegExtended12(frame, layout);
  if (isProgressive) checkScans(frame);
  return decodeWasm('JPEG', frame, image, layout);
}

function jpegLs(frame: Uint8Array, layout: PixelLayout): Promise<Samples> {
  const image = readJpegHeader(frame, 'JPEG-LS');
  if (image.frame !== frameMarkers.jpegLs) throw damaged('JPEG-LS');
  return decodeWasm('JPEG-LS', frame, image, layout);
}

function jpeg2000(codec: 'JPEG 2000' | 'HTJ2K') {
  return (frame: Uint8Array, layout: PixelLayout): Promise<Samples> => {
    const { codestream, ...image } = readJpeg2000Header(frame, codec);
    return decodeWasm(codec, codestream, image, layout);
  };
}

function native(littleEndian: boolean): DecodePixels {
  return (header, layout, frame) => {
    const { bytes, pixelData } = header;
    if (!pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
    const count = layout.rows * layout.columns;
    const size = (count * layout.bitsAllocated) / 8;
    const expected = size * frameCount(header, frame);
    const length = pixelData.length ?? -1;
    // Some writers pad to a whole block; a row too many is another image than the header says.
    const tooLong = length - expected >= Math.max(2, size / layout.rows);
    if (length < expected || tooLong || pixelData.offset + length > bytes.length) {
      throw new PrecedentError(
        'unreadable',
        'the length of the pixel data does not match rows, columns and frames',
      );
    }
    const start = pixelData.offset + frame * size;
    // Bytes in big-endian words of 16 bits lie crosswise; in implicit VR pixel data are always words (PS3.5 annex A).
    const inWords = pixelData.vr === 'OW' || header.transferSyntax === implicitBigEndianPixels;
    const crosswise = !littleEndian && layout.bitsAllocated === 8 && inWords;
    if (crosswise) return unpack(uncrossed(bytes, pixelData.offset, start, size), count, layout, true);
    return unpack(new DataView(bytes.buffer, bytes.byteOffset + start, size), count, layout, littleEndian);
  };
}

function uncrossed(bytes: Uint8Array, base: number, start: number, size: number): DataView {
  const out = Uint8Array.from({ length: size }, (_, n) => bytes[base + ((start - base + n) ^ 1)]);
  return new DataView(out.buffer);
}

function unpack(view: DataView, count: number, layout: PixelLayout, littleEndian: boolean): Int32Array {
  const { bitsAllocated, bitsStored, highBit, signed } = layout;
  const out = new Int32Array(count);
  const { buffer, byteOffset, byteLength } = view;
  if (bitsAllocated === 16 && littleEndian) {
    // A copy gives the alignment that a 16-bit array needs; every platform that Precedent runs on is little-endian.
    out.set(new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength)).subarray(0, count));
  } else if (bitsAllocated === 16)
    for (let n = 0; n < count; n++) out[n] = view.getUint16(2 * n, littleEndian);
  else if (bitsAllocated === 8) out.set(new Uint8Array(buffer, byteOffset, count));
  else for (let n = 0; n < count; n++) out[n] = view.getInt32(4 * n, littleEndian);
  return extend(out, bitsStored, highBit, signed);
}
