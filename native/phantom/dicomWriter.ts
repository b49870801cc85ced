/** Writes DICOM Part-10 files in Explicit VR Little Endian: just what the phantom's CT images and structure sets need. */
import { PrecedentError } from '../contract/errors.ts';

type TextVr = 'AE' | 'AS' | 'CS' | 'DA' | 'DS' | 'IS' | 'LO' | 'PN' | 'SH' | 'TM' | 'UI' | 'ST';
type ShortVr = TextVr | 'US';

/** One data element; tags are 0xggggeeee, written in the order given, which must ascend. */
export type Element =
  | readonly [tag: number, vr: TextVr, value: string | number | readonly (string | number)[]]
  | readonly [tag: number, vr: 'US', value: number]
  | readonly [tag: number, vr: 'OW', value: Uint8Array]
  | readonly [tag: number, vr: 'SQ', items: readonly (readonly Element[])[]];

const transferSyntax = '1.2.840.10008.1.2.1';
const implementationUid = '2.25.302617184190522117041337913604183915';

/** The whole file: preamble, file meta information and data set (PS3.10 section 7.1). */
export function dicomFile(sopClass: string, sopInstance: string, elements: readonly Element[]): Buffer {
  const meta = encode([
    [0x00020002, 'UI', sopClass],
    [0x00020003, 'UI', sopInstance],
    [0x00020010, 'UI', transferSyntax],
    [0x00020012, 'UI', implementationUid],
    [0x00020013, 'SH', 'PRECEDENT_PH_1'],
  ]);
  // (0002,0000) FileMetaInformationGroupLength and (0002,0001) FileMetaInformationVersion 00\01.
  const version = Buffer.from('020001004f42000002000000' + '0001', 'hex');
  const length = Buffer.from('02000000554c040000000000', 'hex');
  length.writeUInt32LE(version.length + meta.length, 8);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, version, meta, encode(elements)]);
}

function encode(elements: readonly Element[]): Buffer {
  const parts: Buffer[] = [];
  let last = -1;
  for (const [tag, vr, value] of elements) {
    if (tag <= last)
      throw new PrecedentError('internal', `DICOM elements out of order at ${tag.toString(16)}`);
    last = tag;
    if (vr === 'SQ') {
      const body = Buffer.concat(value.map((item) => sequenceItem(encode(item))));
      parts.push(longHeader(tag, vr, body.length), body);
    } else if (vr === 'OW') {
      parts.push(
        longHeader(tag, vr, value.length),
        Buffer.from(value.buffer, value.byteOffset, value.length),
      );
    } else if (vr === 'US') {
      const body = Buffer.alloc(2);
      body.writeUInt16LE(value);
      parts.push(shortHeader(tag, vr, 2), body);
    } else {
      const text = Array.isArray(value) ? value.join('\\') : String(value);
      const body = Buffer.from(text.length % 2 ? text + (vr === 'UI' ? '\0' : ' ') : text, 'latin1');
      parts.push(shortHeader(tag, vr, body.length), body);
    }
  }
  return Buffer.concat(parts);
}

function sequenceItem(body: Buffer): Buffer {
  const header = Buffer.from('feff00e000000000', 'hex');
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

function shortHeader(tag: number, vr: ShortVr, length: number): Buffer {
  if (length > 0xfffe) {
    throw new PrecedentError(
      'internal',
      `a value of ${length} bytes is too long for VR ${vr}`,
      tag.toString(16),
    );
  }
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt16LE(length, 6);
  return header;
}

function longHeader(tag: number, vr: 'OW' | 'SQ', length: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt32LE(length, 8);
  return header;
}
