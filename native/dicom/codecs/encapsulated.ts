/** Takes encapsulated (compressed) pixel data apart: items → fragments → frames (PS3.5 section A.4). */
import { PrecedentError } from '../../contract/errors.ts';

const itemTag = 0xe000fffe;
const sequenceDelimiter = 0xe0ddfffe;
/** Each fragment costs some hundred bytes of memory: a file of empty items must not become gigabytes. */
const maxFragments = 2 ** 17;

interface Fragment {
  /** Where the item starts, counted as the basic offset table counts: from the first byte after that table. */
  readonly position: number;
  readonly value: Uint8Array;
}

/**
 * The compressed frames of an encapsulated pixel data element, in order.
 * @param offset of the element's value, that is of the basic offset table's item tag
 * @param count how many frames there are (Number of Frames)
 * @throws PrecedentError `unreadable` when the items are damaged or do not make `count` frames, `limit`
 */
export function encapsulatedFrames(bytes: Uint8Array, offset: number, count: number): Uint8Array[] {
  const { offsetTable, fragments } = readItems(bytes, offset);
  if (fragments.length === 0) throw new PrecedentError('unreadable', 'the pixel data holds no frame');
  // What the table says does not matter for a single frame: all fragments are its.
  if (count === 1) return [joined(fragments)];
  if (fragments.length === count) return fragments.map(({ value }) => value);
  if (offsetTable.length !== count) {
    throw new PrecedentError('unreadable', `${fragments.length} fragments do not make ${count} frames`);
  }
  const starts = offsetTable.map((start) => fragments.findIndex(({ position }) => position === start));
  if (starts[0] !== 0 || starts.some((start, n) => n > 0 && start <= starts[n - 1])) {
    throw new PrecedentError('unreadable', 'the basic offset table does not fit the fragments');
  }
  return starts.map((start, n) => joined(fragments.slice(start, starts[n + 1])));
}

function readItems(bytes: Uint8Array, offset: number): { offsetTable: number[]; fragments: Fragment[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: Fragment[] = [];
  let offsetTable: number[] | undefined;
  let first = offset;
  for (let at = offset; at + 8 <= bytes.length; ) {
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    if (tag === sequenceDelimiter) break;
    if (tag !== itemTag)
      throw new PrecedentError('unreadable', 'the fragments of the pixel data are damaged');
    if (length > bytes.length - at - 8) {
      throw new PrecedentError('unreadable', 'the file is cut off inside its pixel data');
    }
    const value = bytes.subarray(at + 8, at + 8 + length);
    if (offsetTable) fragments.push({ position: at - first, value });
    else {
      offsetTable = [];
      if (length > 4 * maxFragments) throw tooMany();
      for (let n = 0; n + 4 <= length; n += 4) offsetTable.push(view.getUint32(at + 8 + n, true));
      first = at + 8 + length;
    }
    if (fragments.length > maxFragments) throw tooMany();
    at += 8 + length;
  }
  return { offsetTable: offsetTable ?? [], fragments };
}

function tooMany(): PrecedentError {
  return new PrecedentError('limit', 'the pixel data has too many fragments');
}

function joined(fragments: readonly Fragment[]): Uint8Array {
  return fragments.length === 1 ? fragments[0].value : Buffer.concat(fragments.map(({ value }) => value));
}
