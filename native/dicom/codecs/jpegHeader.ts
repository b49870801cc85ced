/** Reads the marker segments of JPEG and JPEG-LS codestreams (ITU-T T.81 annex B, T.87 annex C) up to the first scan. */
import { PrecedentError } from '../../contract/errors.ts';
import { type CodedImage, damaged } from './samples.ts';

export const frameMarkers = {
  baseline: 0xc0,
  extended: 0xc1,
  progressive: 0xc2,
  lossless: 0xc3,
  jpegLs: 0xf7,
} as const;

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
const endOfImage = 0xd9;
const maxSegments = 4096;
/** A progressive image has about ten; each costs a pass over all of it, however few its bytes. */
export const maxScans = 64;

/**
 * The segments from SOI to the first SOS (the last one returned) and the frame header among them.
 * @throws PrecedentError `unreadable` when a segment reaches past the end, SOF or EOI is missing, or there are two SOFs
 */
export function readJpegHeader(bytes: Uint8Array, codec: string): JpegHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || !endsWithEoi(bytes)) throw damaged(codec);
  const segments = readSegments(bytes, 2, codec);
  const frames = segments?.filter(({ marker }) => isFrame(marker)) ?? [];
  const { marker, body } = frames[0] ?? {};
  if (!segments || frames.length !== 1 || marker === undefined || body === undefined || body.length < 6)
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

/** The segments from `at` to the next SOS, which is the last one; null when the image ends before. Throws as above. */
export function readSegments(bytes: Uint8Array, start: number, codec: string): JpegSegment[] | null {
  const segments: JpegSegment[] = [];
  for (let at = start; segments.length < maxSegments; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (bytes[at] === 0xff && bytes[at + 1] === endOfImage) return null;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (bytes[at] !== 0xff || length < 2 || at + 2 + length > bytes.length) throw damaged(codec);
    const marker = bytes[at + 1];
    const end = at + 2 + length;
    segments.push({ marker, body: bytes.subarray(at + 4, end), end });
    if (marker === startOfScan) return segments;
    at = end;
  }
  throw damaged(codec);
}

/** @throws PrecedentError `limit` when a codestream has so many scans that decoding it could take minutes */
export function checkScans(bytes: Uint8Array): void {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === startOfScan && ++scans > maxScans) throw tooManyScans();
  }
}

export function tooManyScans(): PrecedentError {
  return new PrecedentError('limit', 'the JPEG data have too many scans');
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
