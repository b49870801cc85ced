/** Parses DICOM bytes (Part 10, or a bare data set) into elements under limits, and reads single values safely. */
import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { type DecodeText, textDecoder } from './charset.ts';

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const deflatedLittleEndian = '1.2.840.10008.1.2.1.99';

/** A deflated data set may not grow beyond this many bytes. */
const maxInflatedBytes = 128 * 2 ** 20;

export interface ParsedDataSet {
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
  /** False where the bytes ended before the parser did. */
  readonly complete: boolean;
  readonly decode: DecodeText;
}

type Encoding = 'part10' | typeof implicitLittleEndian | typeof explicitLittleEndian;

/**
 * How the bytes are encoded, or null when they are not DICOM. A bare data set is recognised by its first element:
 * group 0008 with a low element number and a length that is either preceded by a VR (explicit) or small (implicit).
 */
export function dicomEncoding(bytes: Uint8Array): Encoding | null {
  if (bytes.length >= 136 && latin1(bytes.subarray(128, 132)) === 'DICM') return 'part10';
  if (bytes.length < 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== 0x0008 || view.getUint16(2, true) > 0x0018) return null;
  if (/^(AE|AS|CS|DA|DT|LO|SH|TM|UI|UL|US)$/.test(latin1(bytes.subarray(4, 6)))) return explicitLittleEndian;
  return view.getUint32(4, true) <= 256 ? implicitLittleEndian : null;
}

/**
 * The elements up to `untilTag` (whose value is not read), of a whole file or of its beginning.
 * Errors: `unreadable` when the bytes are not DICOM or break off inside the meta header.
 */
export function parseDataSet(bytes: Uint8Array, untilTag?: string): ParsedDataSet {
  const encoding = dicomEncoding(bytes);
  if (encoding === null) throw new PrecedentError('unreadable', 'not a DICOM file');
  try {
    const transferSyntax = encoding === 'part10' ? metaTransferSyntax(bytes) : encoding;
    const { dataSet, complete } = parseTolerant(bytes, transferSyntax, untilTag);
    return { dataSet, transferSyntax, complete, decode: textDecoder(ascii(dataSet, 'x00080005')) };
  } catch (thrown) {
    if (thrown instanceof PrecedentError) throw thrown;
    // The parser's messages name its functions, not the file's fault; they would not help the reader of a report.
    throw new PrecedentError('unreadable', 'the DICOM data set is damaged or cut off');
  }
}

function metaTransferSyntax(bytes: Uint8Array): string {
  const uid = ascii(dicomParser.readPart10Header(bytes), 'x00020010');
  if (!uid) throw new PrecedentError('unreadable', 'the DICOM meta header names no transfer syntax');
  return uid;
}

function parseTolerant(
  bytes: Uint8Array,
  transferSyntax: string,
  untilTag: string | undefined,
): { dataSet: DataSet; complete: boolean } {
  try {
    const dataSet = dicomParser.parseDicom(bytes, {
      untilTag,
      TransferSyntaxUID: transferSyntax,
      inflater: inflateDataSet,
    });
    const complete = Object.values(dataSet.elements).every(
      (element) => element.tag === untilTag || inside(element, dataSet.byteArray),
    );
    return { dataSet, complete };
  } catch (thrown) {
    const partial = thrown as { readonly dataSet?: DataSet };
    if (!partial?.dataSet) throw thrown;
    return { dataSet: partial.dataSet, complete: false };
  }
}

/** The parser's own inflating has no bound on the output; this one has, and takes a stream that is cut off. */
function inflateDataSet(bytes: Uint8Array, position: number): Uint8Array {
  try {
    const inflated = inflateRawSync(bytes.subarray(position), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxInflatedBytes,
    });
    return Buffer.concat([bytes.subarray(0, position), inflated]);
  } catch (thrown) {
    const tooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLarge) throw new PrecedentError('limit', 'the deflated data set inflates to too many bytes');
    throw thrown;
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

/** The data sets of a sequence's items; empty when it is absent. */
export function items(dataSet: DataSet | undefined, tag: string): readonly DataSet[] {
  return (dataSet?.elements[tag]?.items ?? []).flatMap((item) => (item.dataSet ? [item.dataSet] : []));
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
