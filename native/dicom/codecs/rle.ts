/** Decodes RLE Lossless (PS3.5 annex G): a PackBits segment for each byte of a sample, most significant first. */
import { PrecedentError } from '../../contract/errors.ts';
import type { PixelLayout } from '../transferSyntax.ts';
import { damaged, maxUnreadBytes } from './samples.ts';

const headerBytes = 64;

/** The frame's samples as unsigned containers of Bits Allocated. @throws PrecedentError `unreadable` */
export function decodeRle(frame: Uint8Array, { rows, columns, bitsAllocated }: PixelLayout): Int32Array {
  const segments = bitsAllocated / 8;
  if (frame.length < headerBytes) throw damaged('RLE');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== segments) {
    throw new PrecedentError('unreadable', 'the RLE segments do not match the bits allocated');
  }
  const starts = Array.from({ length: segments }, (_, n) => view.getUint32(4 + 4 * n, true));
  if (starts.some((start, n) => start < (starts[n - 1] ?? headerBytes) || start > frame.length)) {
    throw damaged('RLE');
  }
  const out = new Int32Array(rows * columns);
  for (const [n, start] of starts.entries()) unpackBits(frame.subarray(start, starts[n + 1]), out);
  return out;
}

/** Shifts each value by a byte and adds the next byte of the segment. */
function unpackBits(segment: Uint8Array, out: Int32Array): void {
  let at = 0;
  for (let n = 0; n < out.length; ) {
    if (at >= segment.length) throw damaged('RLE');
    const control = segment[at++];
    if (control === 128) continue;
    const literal = control < 128;
    const length = literal ? control + 1 : 257 - control;
    if (at + (literal ? length : 1) > segment.length || n + length > out.length) throw damaged('RLE');
    for (let end = n + length; n < end; n++) out[n] = (out[n] << 8) | segment[literal ? at++ : at];
    if (!literal) at++;
  }
  if (segment.length - at > maxUnreadBytes) throw damaged('RLE');
}
