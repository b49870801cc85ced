/**
 * Decodes 12-bit JPEG Extended (sequential DCT, Huffman) frames of one component, with the integer inverse transform of
 * the IJG's reference decoder, so that values are those that DCMTK gives.
 */
import type { PixelLayout } from '../transferSyntax.ts';
import { EntropyReader, readHuffmanTable, readScan } from './jpegEntropy.ts';
import { type JpegHeader, readJpegHeader } from './jpegHeader.ts';
import { checkImage, damaged, type Samples } from './samples.ts';

const defineQuantization = 0xdb;
/** Place in the zigzag sequence → place in the block (ITU-T T.81 figure A.6). */
const zigzag = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23],
  ...[30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

/** @throws PrecedentError `unreadable` when the codestream is damaged or is not the image of the layout */
export function decodeJpegExtended12(frame: Uint8Array, layout: PixelLayout): Samples {
  const header = readJpegHeader(frame, 'JPEG');
  checkImage(header, layout, 'JPEG');
  const { rows, columns } = header;
  const scan = readScan(header);
  if (header.precision !== 12 || scan.first !== 0 || scan.last !== 63 || scan.high !== 0 || scan.low !== 0) {
    throw damaged('JPEG');
  }
  const dcTable = readHuffmanTable(header, 0, scan.dcTable);
  const acTable = readHuffmanTable(header, 1, scan.acTable);
  const quantization = readQuantization(header);
  const bits = new EntropyReader(frame, header.segments[header.segments.length - 1].end);
  const values = new Uint16Array(rows * columns);
  const block = new Int32Array(64);
  let dc = 0;
  let decoded = 0;
  for (let row = 0; row < rows; row += 8) {
    for (let column = 0; column < columns; column += 8, decoded++) {
      if (scan.restartInterval > 0 && decoded > 0 && decoded % scan.restartInterval === 0) {
        bits.restart();
        dc = 0;
      }
      block.fill(0);
      dc += bits.difference(bits.symbol(dcTable));
      block[0] = dc * quantization[0];
      for (let k = 1; k < 64; k++) {
        const symbol = bits.symbol(acTable);
        const size = symbol & 15;
        const run = symbol >> 4;
        if (size === 0 && run < 15) break;
        k += run;
        if (k > 63) throw damaged('JPEG');
        if (size > 0) block[zigzag[k]] = bits.difference(size) * quantization[k];
      }
      inverseTransform(block);
      const [height, width] = [Math.min(8, rows - row), Math.min(8, columns - column)];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          values[(row + y) * columns + column + x] = Math.max(0, Math.min(4095, block[8 * y + x] + 2048));
        }
      }
    }
  }
  bits.end();
  return { values, precision: 12 };
}

/** The component's quantization table, in zigzag order (T.81 section B.2.4.1). */
function readQuantization({ segments }: JpegHeader): Uint16Array {
  const frame = segments.find(({ marker }) => marker === 0xc1 || marker === 0xc0);
  if (frame?.body.length !== 9) throw damaged('JPEG');
  let found: Uint16Array | undefined;
  for (const { body } of segments.filter(({ marker }) => marker === defineQuantization)) {
    for (let at = 0; at < body.length; ) {
      const bytes = body[at] >> 4 === 0 ? 1 : 2;
      const entries = body.subarray(at + 1, at + 1 + 64 * bytes);
      if (entries.length < 64 * bytes) throw damaged('JPEG');
      if ((body[at] & 15) === frame.body[8]) {
        found = Uint16Array.from({ length: 64 }, (_, k) =>
          bytes === 1 ? entries[k] : (entries[2 * k] << 8) | entries[2 * k + 1],
        );
      }
      at += 1 + 64 * bytes;
    }
  }
  if (!found) throw damaged('JPEG');
  return found;
}

/** Constants of the transform of Loeffler, Ligtenberg and Moschytz (ICASSP 1989), times 2^13. */
const constantBits = 13;
/** Extra bits that the columns' pass keeps for the rows' pass; at 12 bits there is room for one. */
const passBits = 1;

/** Inverse DCT of dequantized coefficients, in place: columns, then rows. */
function inverseTransform(block: Int32Array): void {
  for (let n = 0; n < 8; n++) transform8(block, n, 8, constantBits - passBits);
  for (let n = 0; n < 8; n++) transform8(block, 8 * n, 1, constantBits + passBits + 3);
}

function transform8(block: Int32Array, start: number, step: number, shift: number): void {
  const [a0, a1, a2, a3, a4, a5, a6, a7] = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => block[start + n * step]);
  const even = (a2 + a6) * 4433;
  const even2 = even - a6 * 15137;
  const even3 = even + a2 * 6270;
  const sum = (a0 + a4) * 8192;
  const difference = (a0 - a4) * 8192;
  const odd = (a7 + a3 + a5 + a1) * 9633;
  const outer = (a7 + a1) * -7373;
  const inner = (a5 + a3) * -20995;
  const odd3 = (a7 + a3) * -16069 + odd;
  const odd4 = (a5 + a1) * -3196 + odd;
  const b0 = a7 * 2446 + outer + odd3;
  const b1 = a5 * 16819 + inner + odd4;
  const b2 = a3 * 25172 + inner + odd3;
  const b3 = a1 * 12299 + outer + odd4;
  const half = 2 ** (shift - 1);
  block[start] = (sum + even3 + b3 + half) >> shift;
  block[start + step] = (difference + even2 + b2 + half) >> shift;
  block[start + 2 * step] = (difference - even2 + b1 + half) >> shift;
  block[start + 3 * step] = (sum - even3 + b0 + half) >> shift;
  block[start + 4 * step] = (sum - even3 - b0 + half) >> shift;
  block[start + 5 * step] = (difference - even2 - b1 + half) >> shift;
  block[start + 6 * step] = (difference + even2 - b2 + half) >> shift;
  block[start + 7 * step] = (sum + even3 - b3 + half) >> shift;
}
