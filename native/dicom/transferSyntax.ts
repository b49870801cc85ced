/** The transfer syntaxes a CT slice may come in: one row each, with the decoder that turns its bytes into stored values. */
import { PrecedentError } from '../contract/errors.ts';
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
export type DecodePixels = (header: DicomHeader, layout: PixelLayout) => Int32Array;

interface TransferSyntax {
  readonly name: string;
  /** Absent: known, but there is no decoder for it. */
  readonly decode?: DecodePixels;
}

/** Transfer Syntax UID (PS3.6 table A-1) → name and decoder. A further codec is a `decode` in its row. */
export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  [implicitLittleEndian]: { name: 'Implicit VR Little Endian', decode: decodeNative(true) },
  [explicitLittleEndian]: { name: 'Explicit VR Little Endian', decode: decodeNative(true) },
  [deflatedLittleEndian]: { name: 'Deflated Explicit VR Little Endian', decode: decodeNative(true) },
  '1.2.840.10008.1.2.2': { name: 'Explicit VR Big Endian', decode: decodeNative(false) },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG Extended' },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless' },
  '1.2.840.10008.1.2.4.70': { name: 'JPEG Lossless, First-Order Prediction' },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless' },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-Lossless' },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless' },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000' },
  '1.2.840.10008.1.2.4.201': { name: 'HTJ2K Lossless' },
  '1.2.840.10008.1.2.4.202': { name: 'HTJ2K Lossless RPCL' },
  '1.2.840.10008.1.2.4.203': { name: 'HTJ2K' },
  '1.2.840.10008.1.2.5': { name: 'RLE Lossless' },
};

/**
 * The stored values of a slice: rows·columns integers, sign-extended, row by row.
 * @throws PrecedentError `unsupported` for a transfer syntax without decoder, `unreadable` when the length does not match
 */
export function decodePixels(header: DicomHeader, layout: PixelLayout): Int32Array {
  return decoderFor(header.transferSyntax)(header, layout);
}

/** The decoder of a transfer syntax. @throws PrecedentError `unsupported` when there is none */
export function decoderFor(transferSyntax: string): DecodePixels {
  const { name, decode } = transferSyntaxes[transferSyntax] ?? {
    name: `transfer syntax ${transferSyntax.slice(0, 64)}`,
  };
  if (decode) return decode;
  throw new PrecedentError(
    'unsupported',
    `${name} pixel data cannot be decoded yet`,
    undefined,
    'export the series uncompressed',
  );
}

function decodeNative(littleEndian: boolean): DecodePixels {
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
  // Move the stored bits to the top, then back: what lies above High Bit falls off and the sign is extended.
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (signed) for (let n = 0; n < count; n++) out[n] = (out[n] << left) >> right;
  else for (let n = 0; n < count; n++) out[n] = (out[n] << left) >>> right;
  return out;
}
