/** Whether a picture is as it was written, without unpacking it. */
import { crc32 } from 'node:zlib';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and CRC-32 of a chunk. */
const chunkFrame = 12;

/** Whether these are the bytes of a PNG as it was written: its chunks' checksums (PNG section 5.3) cover all but the signature. */
export function isWholePng(bytes: Uint8Array): boolean {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!png.subarray(0, pngSignature.length).equals(pngSignature)) return false;
  let at = pngSignature.length;
  while (at + chunkFrame <= png.length) {
    const end = at + chunkFrame + png.readUInt32BE(at);
    if (end > png.length || crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4)) return false;
    if (png.toString('latin1', at + 4, at + 8) === 'IEND') return end === png.length;
    at = end;
  }
  return false;
}
