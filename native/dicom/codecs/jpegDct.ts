/**
 * What sequential and progressive JPEG of 12 bits have in common: the order of coefficients, the quantization table, and
 * the integer inverse transform of the IJG's reference decoder, so that values are those that DCMTK gives.
 */
import type { JpegSegment } from './jpegHeader.ts';
import { damaged } from './samples.ts';

const defineQuantization = 0xdb;
/** Place in the zigzag sequence → place in the block (ITU-T T.81 figure A.6). */
export const zigzag = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23],
  ...[30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

/** The component's quantization table, in zigzag order (T.81 section B.2.4.1). */
export function readQuantization(segments: readonly JpegSegment[]): Uint16Array {
  const frame = segments.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2);
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

/** A block of the image from its dequantized coefficients, which it overwrites: 12-bit samples, cut at the borders. */
export function writeBlock(
  values: Uint16Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  row: number,
  column: number,
  block: Int32Array,
): void {
  inverseTransform(block);
  const [height, width] = [Math.min(8, rows - row), Math.min(8, columns - column)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      values[(row + y) * columns + column + x] = Math.max(0, Math.min(4095, block[8 * y + x] + 2048));
    }
  }
}

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
