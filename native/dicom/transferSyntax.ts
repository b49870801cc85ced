/** The transfer syntaxes a CT slice may come in: one row each, with the decoder that turns its bytes into stored values. */
import { PrecedentError } from '../contract/errors.ts';
import { encapsulatedFrames } from './codecs/encapsulated.ts';
import { readJpeg2000Header } from './codecs/jpeg2000Header.ts';
import { decodeJpegExtended12 } from './codecs/jpegExtended.ts';
import { frameMarkers, readJpegHeader } from './codecs/jpegHeader.ts';
import { decodeJpegLossless } from './codecs/jpegLossless.ts';
import { decodeRle } from './codecs/rle.ts';
import { damaged, extend, type Samples, storedValues } from './codecs/samples.ts';
import { decodeWasm } from './codecs/wasm.ts';
import { deflatedLittleEndian, explicitLittleEndian, implicitLittleEndian } from './dataset.ts';
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

/** Decodes a slice's pixel data into rows·columns stored values, row by row, not yet rescaled. */
export type DecodePixels = (header: DicomHeader, layout: PixelLayout) => Int32Array | Promise<Int32Array>;

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
  '1.2.840.10008.1.2.2': { name: 'Explicit VR Big Endian', decode: native(false) },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', decode: coded(jpeg), lossy: 'always' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG Extended', decode: coded(jpeg), lossy: 'always' },
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

/**
 * The stored values of a slice: rows·columns integers, sign-extended, row by row.
 * @throws PrecedentError `unsupported` for a transfer syntax without decoder, `unreadable` when the pixel data are
 * damaged or do not match the layout, `limit`
 */
export async function decodePixels(header: DicomHeader, layout: PixelLayout): Promise<Int32Array> {
  return decoderFor(header.transferSyntax)(header, layout);
}

/** The decoder of a transfer syntax. @throws PrecedentError `unsupported` when there is none */
export function decoderFor(transferSyntax: string): DecodePixels {
  const row = transferSyntaxes[transferSyntax];
  if (row) return row.decode;
  throw new PrecedentError(
    'unsupported',
    `transfer syntax ${transferSyntax.slice(0, 64)} pixel data cannot be decoded`,
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

/** Pixel data whose one frame is encapsulated (PS3.5 section A.4). */
function encapsulated(
  decode: (frame: Uint8Array, layout: PixelLayout, header: DicomHeader) => Int32Array | Promise<Int32Array>,
): DecodePixels {
  return (header, layout) => {
    const { bytes, pixelData } = header;
    if (!pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
    if (pixelData.length !== undefined) {
      throw new PrecedentError('unreadable', 'the pixel data are not compressed as the transfer syntax says');
    }
    const [frame] = encapsulatedFrames(bytes, pixelData.offset, 1);
    return decode(frame, layout, header);
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

function jpeg(frame: Uint8Array, layout: PixelLayout): Samples | Promise<Samples> {
  const image = readJpegHeader(frame, 'JPEG');
  if (image.frame !== frameMarkers.baseline && image.frame !== frameMarkers.extended) throw damaged('JPEG');
  if (image.precision === 12) return decodeJpegExtended12(frame, layout);
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
  return ({ bytes, pixelData }, layout) => {
    const count = layout.rows * layout.columns;
    const expected = (count * layout.bitsAllocated) / 8;
    if (!pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
    const length = pixelData.length ?? -1;
    // An odd number of bytes is padded to an even one (PS3.5 section 8.1.1).
    if (length < expected || length > expected + (expected % 2) || pixelData.offset + length > bytes.length) {
      throw new PrecedentError('unreadable', 'the length of the pixel data does not match rows and columns');
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + pixelData.offset, length);
    return unpack(view, count, layout, littleEndian);
  };
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
