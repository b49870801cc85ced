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

/** Where the frames of an encapsulated pixel data element lie. */
export interface FrameTable {
  /** Number of Frames. */
  readonly count: number;
  /** Extended Offset Table (7FE0,0001): takes the place of the basic one. */
  readonly extended?: Uint8Array | undefined;
}

/**
 * The compressed frames of an encapsulated pixel data element, in order.
 * @param offset of the element's value, that is of the basic offset table's item tag
 * @param count how many frames there are (Number of Frames)
 * @throws PrecedentError `unreadable` when the items are damaged or do not make `count` frames, `limit`
 */
export function encapsulatedFrames(bytes: Uint8Array, offset: number, count: number): Uint8Array[] {
  return frameFragments(bytes, offset, { count }).map(joined);
}

/**
 * One of them, as `encapsulatedFrames`. The items are read once for all frames of the same bytes.
 * @throws PrecedentError also `unreadable` when there is no such frame
 */
export function encapsulatedFrame(
  bytes: Uint8Array,
  offset: number,
  table: FrameTable,
  frame: number,
): Uint8Array {
  let known = lastRead.get(bytes);
  if (known?.offset !== offset || known.count !== table.count) {
    known = { offset, count: table.count, frames: frameFragments(bytes, offset, table) };
    lastRead.set(bytes, known);
  }
  const fragments = known.frames[frame];
  if (!fragments) throw new PrecedentError('unreadable', 'the pixel data holds no such frame');
  return joined(fragments);
}

type Fragments = readonly Fragment[];

const lastRead = new WeakMap<
  Uint8Array,
  { readonly offset: number; readonly count: number; readonly frames: readonly Fragments[] }
>();

/** The fragments of each frame. */
function frameFragments(
  bytes: Uint8Array,
  offset: number,
  { count, extended }: FrameTable,
): readonly Fragments[] {
  const { offsetTable, fragments } = readItems(bytes, offset);
  if (fragments.length === 0) throw new PrecedentError('unreadable', 'the pixel data holds no frame');
  // What the tables say does not matter for a single frame: all fragments are its.
  if (count === 1) return [fragments];
  if (fragments.length === count) return fragments.map((fragment) => [fragment]);
  const starts = extended ? readExtended(extended) : offsetTable;
  const frames = byOffsets(fragments, starts, count) ?? byCodestreams(fragments, count);
  if (frames) return frames;
  throw new PrecedentError(
    'unreadable',
    starts.length === count
      ? 'the offset table of the pixel data does not fit its fragments'
      : `${fragments.length} fragments do not make ${count} frames`,
  );
}

function byOffsets(fragments: Fragments, offsets: readonly number[], count: number): Fragments[] | null {
  if (offsets.length !== count) return null;
  const places = new Map(fragments.map(({ position }, n) => [position, n]));
  const starts = offsets.map((offset) => places.get(offset) ?? -1);
  if (starts[0] !== 0 || starts.some((start, n) => n > 0 && start <= starts[n - 1])) return null;
  return starts.map((start, n) => fragments.slice(start, starts[n + 1]));
}

/** A frame ends with the fragment that ends a codestream before one that begins another (JPEG, JPEG-LS, JPEG 2000). */
function byCodestreams(fragments: Fragments, count: number): Fragments[] | null {
  const frames: Fragment[][] = [];
  for (const [n, fragment] of fragments.entries()) {
    const isFirst = n === 0 || (endsCodestream(fragments[n - 1].value) && beginsCodestream(fragment.value));
    if (isFirst) frames.push([]);
    frames[frames.length - 1].push(fragment);
  }
  return frames.length === count ? frames : null;
}

/** With SOI or SOC and a further marker. */
function beginsCodestream({ 0: first, 1: second, 2: third }: Uint8Array): boolean {
  return first === 0xff && (second === 0xd8 || second === 0x4f) && third === 0xff;
}

/** With EOI or EOC, but for padding. */
function endsCodestream(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

/** 64-bit offsets; the lengths of (7FE0,0002) say no more than those of the fragments do. */
function readExtended(table: Uint8Array): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const count = Math.min(table.length >> 3, maxFragments);
  return Array.from({ length: count }, (_, n) => Number(view.getBigUint64(8 * n, true)));
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

function joined(fragments: Fragments): Uint8Array {
  return fragments.length === 1 ? fragments[0].value : Buffer.concat(fragments.map(({ value }) => value));
}
