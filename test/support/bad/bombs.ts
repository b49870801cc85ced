/** Streams that inflate without measure. */
import { deflateRawSync } from 'node:zlib';

/** A deflate stream of so many megabytes of zeros, a thousand times smaller. */
export function deflatedZeros(megabytes: number): Buffer {
  // Flushed fully, the pieces of a stream are independent and may be repeated.
  const piece = deflateRawSync(Buffer.alloc(2 ** 20), { finishFlush: 3, level: 9 });
  return Buffer.concat([...Array<Buffer>(megabytes).fill(piece), Buffer.from('0300', 'hex')]);
}

/** A gzip file of a beginning followed by so many megabytes of zeros (RFC 1952; the checksum is left out). */
export function gzipBomb(beginning: Uint8Array, megabytes: number): Buffer {
  const head = deflateRawSync(beginning, { finishFlush: 3 });
  return Buffer.concat([
    Buffer.from('1f8b0800000000000003', 'hex'),
    head,
    deflatedZeros(megabytes),
    Buffer.alloc(8),
  ]);
}
