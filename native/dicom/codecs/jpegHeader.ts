/** Reads the marker segments of JPEG and JPEG-LS codestreams (ITU-T T.81 annex B, T.87 annex C) up to the first scan. */
import { type CodedImage, damaged } from './samples.ts';

export const frameMarkers = { baseline: 0xc0, extended: 0xc1, lossless: 0xc3, jpegLs: 0xf7 } as const;

export interface JpegHeader extends CodedImage {
  /** Second byte of the start-of-frame marker. */
  readonly frame: number;
  readonly segments: readonly JpegSegment[];
}

/** One marker segment: its marker's second byte and what follows the length. */
export interface JpegSegment {
  readonly marker: number;
  readonly body: Uint8Array;
  /** Offset of the first byte after the segment. */
  readonly end: number;
}

const startOfScan = 0xda;
const maxSegments = 4096;

/**
 * The segments from SOI to the first SOS (the last one returned) and the frame header among them.
 * @throws PrecedentError `unreadable` when a segment reaches past the end, SOF or EOI is missing, or there are two SOFs
 */
export function readJpegHeader(bytes: Uint8Array, codec: string): JpegHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || !endsWithEoi(bytes)) throw damaged(codec);
  const segments: JpegSegment[] = [];
  for (let at = 2; segments.length < maxSegments; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (bytes[at] !== 0xff || length < 2 || at + 2 + length > bytes.length) throw damaged(codec);
    const segment = {
      marker: bytes[at + 1],
      body: bytes.subarray(at + 4, at + 2 + length),
      end: at + 2 + length,
    };
    segments.push(segment);
    at = segment.end;
    if (segment.marker !== startOfScan) continue;
    const frames = segments.filter(({ marker }) => isFrame(marker));
    const { marker, body } = frames[0] ?? {};
    if (frames.length !== 1 || marker === undefined || body === undefined || body.length < 6)
      throw damaged(codec);
    return {
      frame: marker,
      segments,
      precision: body[0],
      rows: (body[1] << 8) | body[2],
      columns: (body[3] << 8) | body[4],
      components: body[5],
    };
  }
  throw damaged(codec);
}

function isFrame(marker: number): boolean {
  const notFrames = [0xc4, 0xc8, 0xcc];
  return (marker >= 0xc0 && marker <= 0xcf && !notFrames.includes(marker)) || marker === frameMarkers.jpegLs;
}

/** A fragment is padded to an even length: with 00 (PS3.5 section A.4), by some writers with FF. */
function endsWithEoi(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}
