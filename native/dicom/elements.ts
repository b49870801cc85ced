/**
 * Reads the elements of a DICOM data set into dicom-parser's `DataSet`s, under limits. Unlike that package's own parsing
 * it neither follows lengths past their container nor nests without end, and it reads only what is asked for.
 */
import type { DataSet, Element } from 'dicom-parser';
import { ElementWalker } from './elementWalker.ts';
import { tagNumber } from './tags.ts';

/** How the elements of a data set are written (PS3.5 section 7). */
export interface ElementEncoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** Tag number → its name 'xggggeeee': the elements that are kept. */
export type Wanted = ReadonlyMap<number, string>;

export interface WalkOptions {
  readonly start?: number;
  /** Stops at this element; it is kept, but its value is not read. */
  readonly until?: string;
  /** Stops before the first element of another group. */
  readonly group?: number;
  /** Keeps these elements alone, and of sequences among them only where they lie. */
  readonly only?: Wanted;
}

export interface WalkedElements {
  readonly dataSet: DataSet;
  /** Offset of the first byte that was not read. */
  readonly end: number;
  /** False where the bytes ended too early, or an item of a sequence holds something else than elements. */
  readonly complete: boolean;
}

/** The tags to keep, from their names. */
export function wantedTags(names: Iterable<string>): Wanted {
  return new Map([...names].map((name) => [tagNumber(name), name]));
}

/** The elements of a data set. @throws PrecedentError `limit` when they are too many or nested too deeply */
export function readElements(
  bytes: Uint8Array,
  encoding: ElementEncoding,
  options: WalkOptions = {},
): WalkedElements {
  return new ElementWalker(bytes, encoding, options.only).root(options);
}

/**
 * The items of a sequence that was kept unread, with the wanted elements alone; those of sequences among them are read.
 * Null when its bytes are not items. @throws PrecedentError `limit`
 */
export function readItems(
  bytes: Uint8Array,
  encoding: ElementEncoding,
  element: Element,
  only: Wanted,
): readonly DataSet[] | null {
  return new ElementWalker(bytes, encoding, only).items(element);
}
