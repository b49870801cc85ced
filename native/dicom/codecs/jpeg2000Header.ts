/** Reads the main header of JPEG 2000 codestreams (ITU-T T.800 annex A) and follows their tile-parts to the end. */
import { PrecedentError } from '../../contract/errors.ts';
import { type CodedImage, damaged } from './samples.ts';

export interface Jpeg2000Header extends CodedImage {
  /** The codestream itself, without the JP2 boxes that some writers leave around it. */
  readonly codestream: Uint8Array;
}

const marker = { soc: 0xff4f, cod: 0xff52, siz: 0xff51, sot: 0xff90, eoc: 0xffd9 } as const;
/** A CT slice is one tile with a few layers; each tile, layer and precinct costs a decoder memory and time. */
const maxTiles = 1024;
const maxPackets = 2 ** 18;

/**
 * Size, depth and components of the image.
 * @throws PrecedentError `unreadable` when the header is damaged or the tile-parts are not all there, `limit` when it
 * asks for absurdly many tiles or packets
 */
export function readJpeg2000Header(frame: Uint8Array, codec: string): Jpeg2000Header {
  const codestream = withoutBoxes(frame, codec);
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  try {
    if (view.getUint16(0) !== marker.soc || view.getUint16(2) !== marker.siz) throw damaged(codec);
    const image = readSize(view, codec);
    let coded = false;
    let at = 4 + view.getUint16(4);
    for (; view.getUint16(at) !== marker.sot; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint16(at) < 0xff30 || view.getUint16(at + 2) < 2) throw damaged(codec);
      if (view.getUint16(at) !== marker.cod) continue;
      coded = true;
      checkPackets(view, at, image.rows, image.columns, codec);
    }
    if (!coded) throw damaged(codec);
    followTileParts(view, at, codec);
    return { ...image, codestream };
  } catch (thrown) {
    // Reading past the end is the only other way to fail here.
    throw thrown instanceof PrecedentError ? thrown : damaged(codec);
  }
}

function readSize(view: DataView, codec: string): CodedImage {
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at));
  const [tileWidth, tileHeight, tileLeft, tileTop] = [24, 28, 32, 36].map((at) => view.getUint32(at));
  const components = view.getUint16(40);
  if (view.getUint16(4) !== 38 + 3 * components || view.getUint16(43) !== 0x0101) throw damaged(codec);
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  if (!(tiles >= 1) || right <= left || bottom <= top) throw damaged(codec);
  if (tiles > maxTiles) throw new PrecedentError('limit', `the ${codec} data have too many tiles`);
  return { columns: right - left, rows: bottom - top, components, precision: (view.getUint8(42) & 0x7f) + 1 };
}

/** Bounds layers × precincts, which a few bytes can drive to billions. */
function checkPackets(view: DataView, at: number, rows: number, columns: number, codec: string): void {
  const layers = view.getUint16(at + 6);
  const decompositions = view.getUint8(at + 9);
  if (layers < 1 || decompositions > 32) throw damaged(codec);
  const givenPrecincts = (view.getUint8(at + 4) & 1) === 1;
  let precincts = 0;
  for (let level = 0; level <= decompositions; level++) {
    const size = givenPrecincts ? view.getUint8(at + 14 + level) : 0xff;
    const across = Math.ceil(columns / 2 ** (decompositions - level) / 2 ** (size & 15));
    const down = Math.ceil(rows / 2 ** (decompositions - level) / 2 ** (size >> 4));
    precincts += across * down;
  }
  if (layers * precincts > maxPackets) {
    throw new PrecedentError('limit', `the ${codec} data have too many layers or precincts`);
  }
}

/** Decoders fill what is missing with zeros; here a codestream that is cut off is found before. */
function followTileParts(view: DataView, start: number, codec: string): void {
  for (let at = start; at < view.byteLength; ) {
    const found = view.getUint16(at);
    if (found === marker.eoc) return;
    if (found !== marker.sot || view.getUint16(at + 2) !== 10) throw damaged(codec);
    const length = view.getUint32(at + 6);
    // Length 0: the last tile-part, up to the end marker.
    if (length === 0) {
      let end = view.byteLength;
      while (end > at && view.getUint8(end - 1) === 0) end--;
      if (view.getUint16(end - 2) !== marker.eoc) throw damaged(codec);
      return;
    }
    if (length < 14 || at + length > view.byteLength) throw damaged(codec);
    at += length;
    // Some writers leave the end marker out; then nothing but padding may follow.
    if (view.byteLength - at < 2) return;
  }
}

function withoutBoxes(frame: Uint8Array, codec: string): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 16 || view.getUint32(4) !== 0x6a502020) return frame;
  for (let at = 0; at + 8 <= frame.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263)
      return frame.subarray(at + 8, length === 0 ? undefined : at + length);
    if (length < 8) break;
    at += length;
  }
  throw damaged(codec);
}
