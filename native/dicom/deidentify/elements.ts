/**
 * Takes a data set apart into its elements and writes it again, in the same transfer syntax (PS3.5 chapter 7). Every value
 * that is not a sequence is a view of the given bytes, so that pixel data goes through untouched.
 */
import { PrecedentError } from '../../contract/errors.ts';

export interface Encoding {
  readonly explicit: boolean;
  readonly little: boolean;
}

export interface Element {
  /** group · 65536 + element */
  readonly tag: number;
  /** As the file says; undefined in an implicit encoding. */
  readonly vr: string | undefined;
  /** The value's bytes; of encapsulated pixel data all fragments with their delimiter. Empty for a sequence. */
  readonly value: Uint8Array;
  readonly items?: readonly (readonly Element[])[];
  readonly encapsulated?: boolean;
}

const implicitLittle: Encoding = { explicit: false, little: true };
const undefinedLength = 0xffffffff;
const itemTag = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const longVr = /^(OB|OD|OF|OL|OV|OW|SQ|SV|UC|UN|UR|UT|UV)$/;
/** What a VR that is none of these announces is read differently by every reader: such a file is refused. */
const shortVr = /^(AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|PN|SH|SL|SS|ST|TM|UI|UL|US)$/;
const maxDepth = 32;
const maxElements = 2_000_000;

/**
 * The elements of a data set in the order of the bytes.
 * @throws PrecedentError `unreadable` when the bytes are damaged or cut off, `limit`
 */
export function readElements(bytes: Uint8Array, encoding: Encoding): readonly Element[] {
  return new Reader(bytes).elements(0, bytes.length, encoding, 0).elements;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Up to `end`, or with `delimited` up to the item's delimiter, which must come before it. */
  elements(
    start: number,
    end: number,
    encoding: Encoding,
    depth: number,
    delimited = false,
  ): { elements: readonly Element[]; next: number } {
    if (depth > maxDepth) throw new PrecedentError('limit', 'the data set is nested too deeply');
    const elements: Element[] = [];
    let at = start;
    while (at < end) {
      const tag = this.#tag(at, end, encoding);
      if (tag === itemEnd && delimited) return { elements, next: this.#skip(at, 8, end) };
      if (tag >>> 16 === 0xfffe) throw damaged();
      const read = this.#element(tag, at, end, encoding, depth);
      elements.push(read.element);
      at = read.next;
    }
    if (delimited) throw damaged();
    return { elements, next: at };
  }

  #element(tag: number, at: number, end: number, encoding: Encoding, depth: number) {
    const { vr, length, start } = this.#head(at, end, encoding);
    const isPixelData = tag >>> 16 === 0x7fe0;
    const inner = encoding.explicit && vr === 'UN' ? implicitLittle : encoding;
    if (length === undefinedLength) {
      if (isPixelData && vr !== 'SQ') return this.#encapsulated(tag, vr, start, end, encoding);
      return this.#sequence(tag, vr, start, end, inner, depth, true);
    }
    const next = this.#skip(start, length, end);
    // A private attribute goes whole: whether it holds items does not matter.
    const isPrivate = (tag >>> 16) % 2 === 1;
    const mayHoldItems = vr === undefined || vr === 'UN';
    const startsWithItem = () => length >= 8 && this.#tag(start, next, inner) === itemTag;
    if (!isPrivate && !isPixelData && (vr === 'SQ' || (mayHoldItems && startsWithItem()))) {
      return { ...this.#sequence(tag, vr, start, next, inner, depth, false), next };
    }
    return { element: { tag, vr, value: this.#bytes.subarray(start, next) }, next };
  }

  #head(at: number, end: number, encoding: Encoding) {
    if (!encoding.explicit) {
      return { vr: undefined, length: this.#uint32(at + 4, end, encoding), start: at + 8 };
    }
    this.#skip(at, 8, end);
    const vr = String.fromCharCode(this.#bytes[at + 4], this.#bytes[at + 5]);
    const isLong = longVr.test(vr);
    if (!isLong && !shortVr.test(vr)) throw damaged();
    return isLong
      ? { vr, length: this.#uint32(at + 8, end, encoding), start: at + 12 }
      : { vr, length: this.#view.getUint16(at + 6, encoding.little), start: at + 8 };
  }

  #sequence(
    tag: number,
    vr: string | undefined,
    start: number,
    end: number,
    encoding: Encoding,
    depth: number,
    delimited: boolean,
  ): { element: Element; next: number } {
    const items: (readonly Element[])[] = [];
    let at = start;
    while (delimited || at < end) {
      const found = this.#tag(at, end, encoding);
      const length = this.#uint32(at + 4, end, encoding);
      at += 8;
      if (found === sequenceEnd) break;
      if (found !== itemTag) throw damaged();
      const open = length === undefinedLength;
      const itemEndsAt = open ? end : this.#skip(at, length, end);
      const item = this.elements(at, itemEndsAt, encoding, depth + 1, open);
      items.push(item.elements);
      at = item.next;
    }
    return { element: { tag, vr, value: new Uint8Array(), items }, next: at };
  }

  #encapsulated(tag: number, vr: string | undefined, start: number, end: number, encoding: Encoding) {
    let at = start;
    for (;;) {
      const found = this.#tag(at, end, encoding);
      const length = this.#uint32(at + 4, end, encoding);
      at = this.#skip(at + 8, found === sequenceEnd ? 0 : length, end);
      if (found === sequenceEnd) break;
      if (found !== itemTag) throw damaged();
    }
    return { element: { tag, vr, value: this.#bytes.subarray(start, at), encapsulated: true }, next: at };
  }

  #tag(at: number, end: number, { little }: Encoding): number {
    this.#skip(at, 4, end);
    if (++this.#count > maxElements) throw new PrecedentError('limit', 'the data set has too many elements');
    return this.#view.getUint16(at, little) * 0x10000 + this.#view.getUint16(at + 2, little);
  }

  #uint32(at: number, end: number, { little }: Encoding): number {
    this.#skip(at, 4, end);
    return this.#view.getUint32(at, little);
  }

  #skip(at: number, length: number, end: number): number {
    if (at + length > end) throw damaged();
    return at + length;
  }
}

function damaged(): PrecedentError {
  return new PrecedentError('unreadable', 'the DICOM data set is damaged or cut off');
}

/** An element with a text value, padded to an even length. */
export function textElement(tag: number, vr: string, text: string): Element {
  const bytes = Buffer.from(text, 'latin1');
  const fill = Buffer.of(vr === 'UI' ? 0 : 32);
  return { tag, vr, value: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, fill]) };
}

/** The bytes of elements: sequences with defined lengths, what the file called UN in the encoding that goes with it. */
export function writeElements(elements: readonly Element[], encoding: Encoding): Buffer {
  return Buffer.concat(elements.flatMap((element) => writeElement(element, encoding)));
}

function writeElement(element: Element, encoding: Encoding): readonly Uint8Array[] {
  const vr = element.vr ?? (element.items ? 'SQ' : 'UN');
  const inner = encoding.explicit && vr === 'UN' ? implicitLittle : encoding;
  const value = element.items
    ? Buffer.concat(element.items.flatMap((item) => writeItem(item, inner)))
    : element.value;
  const length = element.encapsulated ? undefinedLength : value.length;
  const long = encoding.explicit && longVr.test(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  writeTag(head, element.tag, encoding);
  if (encoding.explicit) head.write(vr, 4, 'latin1');
  if (!encoding.explicit) writeUint32(head, length, 4, encoding);
  else if (long) writeUint32(head, length, 8, encoding);
  else if (encoding.little) head.writeUInt16LE(length, 6);
  else head.writeUInt16BE(length, 6);
  return [head, value];
}

function writeItem(item: readonly Element[], encoding: Encoding): readonly Uint8Array[] {
  const value = writeElements(item, encoding);
  const head = Buffer.alloc(8);
  writeTag(head, itemTag, encoding);
  writeUint32(head, value.length, 4, encoding);
  return [head, value];
}

function writeTag(head: Buffer, tag: number, { little }: Encoding): void {
  for (const [n, word] of [tag >>> 16, tag & 0xffff].entries()) {
    if (little) head.writeUInt16LE(word, 2 * n);
    else head.writeUInt16BE(word, 2 * n);
  }
}

function writeUint32(head: Buffer, value: number, at: number, { little }: Encoding): void {
  if (little) head.writeUInt32LE(value, at);
  else head.writeUInt32BE(value, at);
}
