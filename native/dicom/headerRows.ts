/** The elements of a DICOM file as rows to read: tag, keyword, VR and value, through all sequences, without the pixels. */

import type { DataSet, Element } from 'dicom-parser';
import { type HeaderRow, shownCharacters } from '../contract/originalHeader.ts';
import { openForReading } from '../files/files.ts';
import type { DecodeText } from './charset.ts';
import { ascii, parseDataSet, trimPadding, valueBytes } from './dataset.ts';
import { ruleFor } from './deidentify/profile.ts';
import { dictionaryEntry } from './dictionary.ts';
import { maxHeaderBytes } from './limits.ts';
import { tagNumber } from './tags.ts';

const pixelDataTag = 'x7fe00010';
const fromCharset = /^(LO|LT|PN|SH|ST|UC|UT)$/;
const plainText = /^(AE|AS|CS|DA|DS|DT|IS|TM|UI|UR)$/;
/** Binary VRs: bytes of one value, and how it is read. */
const numbers: Readonly<
  Record<string, readonly [bytes: number, read: (dataSet: DataSet, tag: string, n: number) => unknown]>
> = {
  US: [2, (d, tag, n) => d.uint16(tag, n)],
  SS: [2, (d, tag, n) => d.int16(tag, n)],
  UL: [4, (d, tag, n) => d.uint32(tag, n)],
  SL: [4, (d, tag, n) => d.int32(tag, n)],
  FL: [4, (d, tag, n) => d.float(tag, n)],
  FD: [8, (d, tag, n) => d.double(tag, n)],
  AT: [4, (d, tag) => shownTag(d.attributeTag(tag) ?? '')],
};
/** So many bytes of what is no text are written out. */
const shownBytes = 16;

export interface HeaderOptions {
  /** Leaves out what may say who the patient is. */
  readonly masked: boolean;
  /** At most so many characters of a value. */
  readonly characters?: number;
}

/** The rows of a file's elements, in their order; the rows of a sequence's items follow it. @throws PrecedentError `unreadable`, `limit` */
export async function dicomHeaderRows(path: string, options: HeaderOptions): Promise<HeaderRow[]> {
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, maxHeaderBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return headerRows(bytes.subarray(0, bytesRead), options);
  } finally {
    await file.close();
  }
}

export function headerRows(
  bytes: Uint8Array,
  { masked, characters = shownCharacters }: HeaderOptions,
): HeaderRow[] {
  const { dataSet, decode } = parseDataSet(bytes, pixelDataTag);
  const rows: HeaderRow[] = [];
  const walk = (items: DataSet, at: string, depth: number, hidden: boolean): void => {
    for (const key of Object.keys(items.elements).sort()) {
      const element = items.elements[key];
      const tag = key.slice(1);
      const isPrivate = Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
      const known = dictionaryEntry(tag);
      const vr = element.vr ?? (isPrivate ? 'UN' : (known?.vr ?? 'UN'));
      // The meta header names the image as the data set does, but stands outside of the profile.
      const identifying = hidden || isIdentifying(tag, vr, element);
      const path = at ? `${at}.${tag}` : tag;
      const hiddenHere = masked && identifying && !element.items;
      const value = hiddenHere ? '' : shownValue(items, key, vr, decode, characters);
      rows.push({
        path,
        depth,
        tag: shownTag(tag),
        name: isPrivate
          ? privateName(items, tag)
          : (known?.keyword ?? (tag.endsWith('0000') ? 'GroupLength' : '')),
        vr,
        value: value.slice(0, characters),
        cut: value.length > characters,
        private: isPrivate,
        identifying,
      });
      for (const [n, item] of (element.items ?? []).entries()) {
        rows.push({
          path: `${path}.${n}`,
          depth: depth + 1,
          tag: '',
          name: `Item ${n + 1}`,
          vr: '',
          value: '',
          cut: false,
          private: isPrivate,
          identifying: false,
        });
        if (item.dataSet) walk(item.dataSet, `${path}.${n}`, depth + 2, identifying);
      }
    }
  };
  walk(dataSet, '', 0, false);
  return rows;
}

function isIdentifying(tag: string, vr: string, element: Element): boolean {
  const number = tagNumber(`x${tag}`);
  const group = number >>> 16;
  if (group === 0x0002) return tag === '00020003' || /^0002001[678]$/.test(tag) || tag === '00020102';
  if ((number & 0xffff) === 0) return false;
  const rule = ruleFor(number);
  // What a sequence holds is judged by itself where the profile enters it.
  if (rule && element.items) return rule.action !== 'X/Z/U*';
  return rule !== undefined || vr === 'PN';
}

function shownValue(
  dataSet: DataSet,
  key: string,
  vr: string,
  decode: DecodeText,
  characters: number,
): string {
  const element = dataSet.elements[key];
  if (element.items) return `${element.items.length} ${element.items.length === 1 ? 'item' : 'items'}`;
  if (key === pixelDataTag)
    return element.hadUndefinedLength
      ? 'compressed pixels'
      : `${element.length.toLocaleString('en')} bytes of pixels`;
  const bytes = valueBytes(dataSet, key);
  if (!bytes) return '';
  if (plainText.test(vr)) return ascii(dataSet, key)?.slice(0, characters + 1) ?? '';
  if (fromCharset.test(vr)) return trimPadding(decode(bytes.subarray(0, 4 * (characters + 1))));
  const kind = numbers[vr];
  if (kind) {
    const [size, read] = kind;
    const count = Math.min(Math.floor(bytes.length / size), characters);
    return Array.from({ length: count }, (_, n) => String(read(dataSet, key, n))).join('\\');
  }
  return binary(bytes, characters);
}

/** A text where it is one, as private elements often are; else the first bytes. */
function binary(bytes: Uint8Array, characters: number): string {
  const start = Buffer.from(bytes.subarray(0, characters + 1)).toString('latin1');
  const text = trimPadding(start);
  if (text !== '' && /^[\x20-\x7e\r\n\t]+$/.test(text)) return text;
  const first = Buffer.from(bytes.subarray(0, shownBytes))
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');
  const more = bytes.length > shownBytes ? ' …' : '';
  return `${bytes.length.toLocaleString('en')} bytes: ${first}${more}`;
}

/** Whose a private element is: what its group's creator element says (PS3.5 section 7.8.1). */
function privateName(dataSet: DataSet, tag: string): string {
  const element = Number.parseInt(tag.slice(4), 16);
  if (element >= 0x10 && element <= 0xff) return 'PrivateCreator';
  const creator = ascii(dataSet, `x${tag.slice(0, 4)}00${tag.slice(4, 6)}`);
  return creator ? `private: ${creator}` : 'private';
}

function shownTag(tag: string): string {
  const digits = tag.replace(/^x/, '').toUpperCase();
  return digits ? `(${digits.slice(0, 4)},${digits.slice(4)})` : '';
}
