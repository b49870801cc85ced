/** Parses DICOM bytes (Part 10, or a bare data set) into elements under limits, and reads single values safely. */
import { constants, inflateRawSync } from 'node:zlib';
import type { DataSet, Element } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { type DecodeText, textDecoder } from './charset.ts';
import { type ElementEncoding, readElements, type WalkedElements, type WalkOptions } from './elements.ts';
import { hasVr } from './tags.ts';

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const deflatedLittleEndian = '1.2.840.10008.1.2.1.99';
export const explicitBigEndian = '1.2.840.10008.1.2.2';
/** Of GE: an implicit little-endian data set, but big-endian pixel data. */
export const implicitBigEndianPixels = '1.2.840.113619.5.2';

/** A deflated data set may not grow beyond this many bytes. */
const maxInflatedBytes = 128 * 2 ** 20;
/** Where the preamble and its `DICM` end. */
const preambleBytes = 132;

export interface ParsedDataSet {
  /** The elements of the meta header are among those of the data set. */
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
  readonly encoding: ElementEncoding;
  /** False where the bytes ended before the parser did. */
  readonly complete: boolean;
  readonly decode: DecodeText;
}

type Encoding =
  | 'part10'
  | typeof implicitLittleEndian
  | typeof explicitLittleEndian
  | typeof explicitBigEndian;

/**
 * How the bytes are encoded, or null when they are not DICOM. `part10` has a meta header, with or without the preamble
 * before it (`metaStart`). A bare data set is recognised by its first element: group 0008 with a low element number and
 * a length that is either preceded by a VR (explicit) or small (implicit).
 */
export function dicomEncoding(bytes: Uint8Array): Encoding | null {
  if (bytes.length >= 136 && latin1(bytes.subarray(128, preambleBytes)) === 'DICM') return 'part10';
  if (bytes.length < 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vr = latin1(bytes.subarray(4, 6));
  const isFirst = (group: number, littleEndian: boolean) =>
    view.getUint16(0, littleEndian) === group && view.getUint16(2, littleEndian) <= 0x0018;
  if (isFirst(0x0002, true) && /^(UL|OB|UI)$/.test(vr)) return 'part10';
  const isExplicit = /^(AE|AS|CS|DA|DT|LO|SH|TM|UI|UL|US)$/.test(vr);
  if (isFirst(0x0008, false) && isExplicit) return explicitBigEndian;
  if (!isFirst(0x0008, true)) return null;
  if (isExplicit) return explicitLittleEndian;
  return view.getUint32(4, true) <= 256 ? implicitLittleEndian : null;
}

/** Where the meta header of a `part10` file begins. */
export function metaStart(bytes: Uint8Array): number {
  return latin1(bytes.subarray(128, preambleBytes)) === 'DICM' ? preambleBytes : 0;
}

/**
 * The elements up to `until` (whose value is not read), of a whole file or of its beginning. With `only`, those alone are
 * kept and their sequences are left unread (`readItems` reads them); without, sequences are read to their end.
 * @throws PrecedentError `unreadable` when the bytes are not DICOM or break off inside the meta header, `limit` when
 * elements, nesting or inflated bytes are too many
 */
export function parseDataSet(bytes: Uint8Array, until?: string, only?: WalkOptions['only']): ParsedDataSet {
  const found = dicomEncoding(bytes);
  if (found === null) throw new PrecedentError('unreadable', 'not a DICOM file');
  const meta = found === 'part10' ? readMeta(bytes) : undefined;
  const start = meta?.end ?? 0;
  const transferSyntax = meta ? transferSyntaxOf(meta, bytes) : found;
  const body = transferSyntax === deflatedLittleEndian ? inflateDataSet(bytes, start) : bytes;
  const encoding = encodingOf(transferSyntax, body, start);
  const { dataSet, complete } = readElements(body, encoding, { start, until, only });
  Object.assign(dataSet.elements, meta?.dataSet.elements);
  return { dataSet, transferSyntax, encoding, complete, decode: textDecoder(ascii(dataSet, 'x00080005')) };
}

/** The meta header, whatever it says of its own length. */
function readMeta(bytes: Uint8Array): WalkedElements {
  const start = metaStart(bytes);
  return readElements(bytes, { explicit: true, littleEndian: true }, { start, group: 0x0002 });
}

function transferSyntaxOf({ dataSet, end }: WalkedElements, bytes: Uint8Array): string {
  const uid = ascii(dataSet, 'x00020010');
  if (uid) return uid;
  const found = dicomEncoding(bytes.subarray(end));
  if (found !== null && found !== 'part10') return found;
  throw new PrecedentError('unreadable', 'the DICOM meta header names no transfer syntax');
}

function encodingOf(transferSyntax: string, bytes: Uint8Array, start: number): ElementEncoding {
  if (transferSyntax === implicitLittleEndian || transferSyntax === implicitBigEndianPixels) {
    // Some writers change the data set's encoding and forget the meta header.
    return { explicit: hasVr(bytes, start), littleEndian: true };
  }
  return { explicit: true, littleEndian: transferSyntax !== explicitBigEndian };
}

/** As far as the bytes go: of a file's beginning, the beginning. Offsets count as if the file held them uncompressed. */
function inflateDataSet(bytes: Uint8Array, start: number): Uint8Array {
  try {
    const inflated = inflateRawSync(bytes.subarray(start), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxInflatedBytes,
    });
    return Buffer.concat([bytes.subarray(0, start), inflated]);
  } catch (thrown) {
    const tooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge
      ? new PrecedentError('limit', 'the deflated data set inflates to too many bytes')
      : new PrecedentError('unreadable', 'the DICOM data set is damaged or cut off');
  }
}

function inside(element: Element, bytes: Uint8Array): boolean {
  return element.dataOffset + element.length <= bytes.length;
}

/** The bytes of an element's value; undefined when it is absent, empty or reaches past the end. */
export function valueBytes(dataSet: DataSet, tag: string): Uint8Array | undefined {
  const element = dataSet.elements[tag];
  if (!element || element.length === 0 || !inside(element, dataSet.byteArray)) return undefined;
  return dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
}

/** A value of the default character repertoire (UI, CS, DA, DS …) without its padding. */
export function ascii(dataSet: DataSet, tag: string): string | undefined {
  const bytes = valueBytes(dataSet, tag);
  if (!bytes) return undefined;
  return trimPadding(latin1(bytes)) || undefined;
}

/** Without the spaces and NULs that pad a value to an even length. */
export function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(0, end).trimStart();
}

/** All numbers of a DS or IS value; undefined when one of them is not a finite number. */
export function decimals(dataSet: DataSet, tag: string): readonly number[] | undefined {
  const text = ascii(dataSet, tag);
  if (!text) return undefined;
  const numbers = text.split('\\').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  return numbers.every(Number.isFinite) ? numbers : undefined;
}

/** An unsigned 16-bit value in the data set's byte order. */
export function uint16(dataSet: DataSet, tag: string): number | undefined {
  return (valueBytes(dataSet, tag)?.length ?? 0) >= 2 ? dataSet.uint16(tag) : undefined;
}

/** An unsigned 32-bit value in the data set's byte order. */
export function uint32(dataSet: DataSet, tag: string): number | undefined {
  return (valueBytes(dataSet, tag)?.length ?? 0) >= 4 ? dataSet.uint32(tag) : undefined;
}

/** The data sets of a sequence's items; empty when it is absent. */
export function items(dataSet: DataSet | undefined, tag: string): readonly DataSet[] {
  return (dataSet?.elements[tag]?.items ?? []).flatMap((item) => (item.dataSet ? [item.dataSet] : []));
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
