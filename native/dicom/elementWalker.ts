/** Walks from element to element of a DICOM data set (PS3.5 section 7), tolerant of what writers get wrong, under limits. */
import dicomParser, { type ByteArrayParser, type DataSet, type Element } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import type { ElementEncoding, WalkedElements, WalkOptions, Wanted } from './elements.ts';
import { hasVr, longLength, shortLength, tagName, tagNumber, vrLengths, vrSQ, vrUN } from './tags.ts';

/** Elements and items of one data set; the largest segmentations and structure sets have some hundred thousand. */
const maxElements = 2 ** 20;
/** Structured reports nest some twenty deep. */
const maxDepth = 64;
const undefinedLength = 0xffffffff;
const pixelData = 0x7fe00010;
const delimiterGroup = 0xfffe;
const itemElement = 0xe000;
const itemDelimiterElement = 0xe00d;
const sequenceDelimiterElement = 0xe0dd;
/** What `#dataSet` and `#sequence` return where the bytes break off. */
const broken = -1;

/** The package's type declarations leave this class's constructor out. */
const DataSetClass = (
  dicomParser as unknown as {
    readonly DataSet: new (
      parser: ByteArrayParser,
      bytes: Uint8Array,
      elements: Record<string, Element>,
    ) => DataSet;
  }
).DataSet;

/** Reads one data set, or one sequence; what it counts and finds is of that one. */
export class ElementWalker {
  readonly #bytes: Uint8Array;
  readonly #littleEndian: boolean;
  /** The data set itself is written with VRs; what is in its sequences need not be. */
  readonly #explicit: boolean;
  readonly #only: Wanted | undefined;
  readonly #names = new Map<number, string>();
  #left = maxElements;
  #intact = true;
  /** Where the zeros at the end of the bytes begin. */
  #lastZeros: number | undefined;
  /** Of the element whose head was read last; VR 0 where it has none. */
  #tag = 0;
  #vr = 0;
  #length = 0;
  #value = 0;

  constructor(bytes: Uint8Array, { explicit, littleEndian }: ElementEncoding, only: Wanted | undefined) {
    this.#bytes = bytes;
    this.#explicit = explicit;
    this.#littleEndian = littleEndian;
    this.#only = only;
  }

  root({ start = 0, until, group, only }: WalkOptions): WalkedElements {
    const bytes = this.#bytes;
    const untilTag = until === undefined ? -1 : tagNumber(until);
    const elements: Record<string, Element> = {};
    let at = start;
    while (at < bytes.length && this.#head(at, bytes.length, this.#explicit)) {
      if (group !== undefined && this.#tag >>> 16 !== group) break;
      if (this.#tag === untilTag) {
        const name = tagName(this.#tag);
        elements[name] = this.#element(name);
        return { dataSet: this.#made(elements), end: at, complete: this.#intact };
      }
      // Some writers fill the last block of the file with zeros.
      if (this.#tag === 0 && this.#zerosFrom(at)) break;
      const next = this.#keep(elements, bytes.length, this.#explicit, 0, only === undefined);
      if (next === broken) return { dataSet: this.#made(elements), end: at, complete: false };
      at = next;
    }
    const complete = at === bytes.length || group !== undefined || this.#zerosFrom(at);
    return { dataSet: this.#made(elements), end: at, complete: complete && this.#intact };
  }

  items(element: Element): readonly DataSet[] | null {
    const delimited = element.hadUndefinedLength === true;
    const end = element.dataOffset + element.length;
    const found: Element[] = [];
    const after = this.#sequence(
      element.dataOffset,
      end,
      this.#explicit && element.vr === 'SQ',
      1,
      delimited,
      found,
    );
    return after === broken
      ? null
      : found.map(({ dataSet }) => dataSet).filter((dataSet) => dataSet !== undefined);
  }

  /** Reads tag, VR and length at `at`; false when they do not lie before `end`. */
  #head(at: number, end: number, explicit: boolean): boolean {
    const bytes = this.#bytes;
    if (at + 8 > end) return false;
    if (--this.#left < 0) throw new PrecedentError('limit', 'the file has too many elements');
    const group = this.#uint16(at);
    this.#tag = group * 65_536 + this.#uint16(at + 2);
    this.#vr = 0;
    this.#value = at + 8;
    if (explicit && group !== delimiterGroup) {
      const vr = (bytes[at + 4] << 8) | bytes[at + 5];
      const kind = vrLengths[vr];
      // What has no VR is written as in implicit VR, as other readers take it.
      if (kind !== 0) this.#vr = vr;
      if (kind === shortLength) {
        this.#length = this.#uint16(at + 6);
        return true;
      }
      if (kind === longLength) {
        if (at + 12 > end) return false;
        this.#length = this.#uint32(at + 8);
        this.#value = at + 12;
        return true;
      }
    }
    this.#length = this.#uint32(at + 4);
    return true;
  }

  /** Passes the element whose head was read, and puts it into `elements` where it is wanted; its end, or `broken`. */
  #keep(
    elements: Record<string, Element> | null,
    end: number,
    explicit: boolean,
    depth: number,
    deep: boolean,
  ): number {
    const name = elements ? this.#nameOf(this.#tag) : undefined;
    if (this.#length !== undefinedLength) {
      const next = this.#value + this.#length;
      if (next > end) return broken;
      if (!elements || !name) return next;
      const element = this.#element(name);
      elements[name] = element;
      if (deep && this.#isSequence()) this.#descend(element, explicit, depth);
      return next;
    }
    const isSequence = this.#isSequence();
    const element = name ? this.#element(name) : undefined;
    const items: Element[] | null = element && deep && isSequence ? [] : null;
    const next = isSequence
      ? this.#sequence(this.#value, end, explicit && this.#vr === vrSQ, depth + 1, true, items)
      : this.#fragments(this.#value, end);
    if (elements && element && next !== broken) {
      element.length = next - element.dataOffset;
      if (items) element.items = items;
      elements[element.tag] = element;
    }
    return next;
  }

  /** Pixel data may begin like a sequence, and of undefined length holds fragments. */
  #isSequence(): boolean {
    if (this.#vr === vrSQ) return true;
    if (this.#tag === pixelData || (this.#vr !== 0 && this.#vr !== vrUN)) return false;
    return this.#length === undefinedLength || (this.#length >= 8 && this.#isItem(this.#value));
  }

  /** Reads the items of a sequence of known length. Where its VR is not known, it may turn out to be none. */
  #descend(element: Element, explicit: boolean, depth: number): void {
    const certain = element.vr === 'SQ';
    const intact = this.#intact;
    const items: Element[] = [];
    const { dataOffset, length } = element;
    if (
      this.#sequence(dataOffset, dataOffset + length, explicit && certain, depth + 1, false, items) !== broken
    )
      element.items = items;
    else this.#intact = intact && !certain;
  }

  /** Passes the items from `at`; `items` takes them where they are wanted. */
  #sequence(
    start: number,
    end: number,
    explicit: boolean,
    depth: number,
    delimited: boolean,
    items: Element[] | null,
  ): number {
    if (depth > maxDepth)
      throw new PrecedentError('limit', 'the sequences of the file are nested too deeply');
    for (let at = start; ; ) {
      // A delimiter that is missing where the container ends does no harm; where the file ends, the rest is missing.
      if (at === end && (!delimited || end < this.#bytes.length)) return at;
      if (!this.#head(at, end, false) || this.#tag >>> 16 !== delimiterGroup) return broken;
      const element = this.#tag & 0xffff;
      if (element === sequenceDelimiterElement) return at + 8;
      if (element !== itemElement) return broken;
      const [from, length] = [at + 8, this.#length];
      const open = length === undefinedLength;
      if (!open && from + length > end) return broken;
      const elements: Record<string, Element> | null = items ? {} : null;
      // Closed items need no reading when nothing of them is wanted.
      const after =
        !open && !elements
          ? from + length
          : this.#dataSet(from, open ? end : from + length, explicit, depth, open, elements);
      if (after === broken) {
        if (open) return broken;
        this.#intact = false;
      }
      at = open ? after : from + length;
      if (items && elements)
        items.push({ tag: 'xfffee000', length: at - from, dataOffset: from, dataSet: this.#made(elements) });
    }
  }

  /** Passes the elements of one item. */
  #dataSet(
    start: number,
    end: number,
    explicit: boolean,
    depth: number,
    delimited: boolean,
    elements: Record<string, Element> | null,
  ): number {
    // A sequence whose VR is UN is written as in implicit VR (PS3.5 section 6.2.2), but not by everybody.
    const withVr = explicit || (this.#explicit && hasVr(this.#bytes, start));
    for (let at = start; ; ) {
      if (at === end && (!delimited || end < this.#bytes.length)) return at;
      if (!this.#head(at, end, withVr)) return broken;
      if (this.#tag >>> 16 === delimiterGroup) {
        const element = this.#tag & 0xffff;
        if (delimited && element === itemDelimiterElement) return at + 8;
        // The item's delimiter is missing: its sequence ends here.
        return delimited && element === sequenceDelimiterElement ? at : broken;
      }
      at = this.#keep(elements, end, withVr, depth, true);
      if (at === broken) return broken;
    }
  }

  /** Passes the fragments of encapsulated pixel data. */
  #fragments(start: number, end: number): number {
    for (let at = start; this.#head(at, end, false); ) {
      if (this.#tag >>> 16 !== delimiterGroup) return broken;
      if ((this.#tag & 0xffff) === sequenceDelimiterElement) return at + 8;
      at += 8 + this.#length;
    }
    return broken;
  }

  #element(tag: string): Element {
    const element: Element = { tag, length: this.#length, dataOffset: this.#value };
    if (this.#vr !== 0) element.vr = String.fromCharCode(this.#vr >> 8, this.#vr & 255);
    if (this.#length === undefinedLength) element.hadUndefinedLength = true;
    return element;
  }

  #nameOf(tag: number): string | undefined {
    if (this.#only) return this.#only.get(tag);
    let name = this.#names.get(tag);
    if (name === undefined) {
      name = tagName(tag);
      this.#names.set(tag, name);
    }
    return name;
  }

  #made(elements: Record<string, Element>): DataSet {
    const parser = this.#littleEndian
      ? dicomParser.littleEndianByteArrayParser
      : dicomParser.bigEndianByteArrayParser;
    return new DataSetClass(parser, this.#bytes, elements);
  }

  #isItem(at: number): boolean {
    return this.#uint16(at) === delimiterGroup && this.#uint16(at + 2) === itemElement;
  }

  /** Found once: a file of zeros would otherwise be searched at each of them. */
  #zerosFrom(start: number): boolean {
    if (this.#lastZeros === undefined) {
      let at = this.#bytes.length;
      while (at > 0 && this.#bytes[at - 1] === 0) at--;
      this.#lastZeros = at;
    }
    return start >= this.#lastZeros;
  }

  #uint16(at: number): number {
    const bytes = this.#bytes;
    return this.#littleEndian ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
  }

  #uint32(at: number): number {
    const bytes = this.#bytes;
    return this.#littleEndian
      ? (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
      : ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }
}
