/** Rewrites a DICOM file so that it no longer says whose it is: the Basic Profile of PS3.15 annex E with its options. */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { PrecedentError } from '../../contract/errors.ts';
import { type DecodeText, textDecoder } from '../charset.ts';
import {
  deflatedLittleEndian,
  dicomEncoding,
  implicitLittleEndian,
  latin1,
  metaStart,
  trimPadding,
} from '../dataset.ts';
import { writeMeta } from '../part10.ts';
import { type Element, type Encoding, readElements, writeElements } from './elements.ts';
import type { Deidentifier, PatientIdentity } from './identity.ts';
import { methodElements } from './method.ts';
import { rewriteElements } from './rewrite.ts';

const bigEndian = '1.2.840.10008.1.2.2';
const mediaDirectory = '1.2.840.10008.1.3.10';
const maxInflatedBytes = 512 * 2 ** 20;

/**
 * The file without what identifies its patient, as Part 10 in the transfer syntax that it came in. Pixel data is carried
 * over byte for byte, so what is written into the picture itself stays (`burnedInRisk`).
 * @param bytes a whole Part 10 file or a bare data set; not changed
 * @throws PrecedentError `unreadable` when the bytes are not DICOM, damaged or cut off, `unsupported` for a DICOMDIR,
 * `limit` when nesting, elements or inflated bytes are too many
 */
export function deidentifyFile(bytes: Uint8Array, context: Deidentifier): Uint8Array {
  const { transferSyntax, elements } = takeApart(bytes);
  const sopClass = textOf(elements, 0x00080016);
  if (sopClass === mediaDirectory) {
    throw new PrecedentError('unsupported', 'a DICOM directory cannot be de-identified');
  }
  const encoding = encodingOf(transferSyntax);
  const characterSet = textDecoder(textOf(elements, 0x00080005));
  const rewritten = rewriteElements(elements, {
    context,
    encoding,
    decode: characterSet,
    patient: patientOf(elements, characterSet),
  });
  const body = writeElements(withMethod(rewritten, context), encoding);
  const meta = writeMeta(sopClass, textOf(rewritten, 0x00080018), transferSyntax);
  return Buffer.concat([meta, transferSyntax === deflatedLittleEndian ? deflated(body) : body]);
}

/** The transfer syntax and elements of a file. @throws PrecedentError as `deidentifyFile` */
function takeApart(bytes: Uint8Array): { transferSyntax: string; elements: readonly Element[] } {
  const found = dicomEncoding(bytes);
  if (found === null) throw new PrecedentError('unreadable', 'not a DICOM file');
  if (found !== 'part10') {
    return { transferSyntax: found, elements: readElements(bytes, encodingOf(found)) };
  }
  const { transferSyntax, bodyAt } = readMeta(bytes);
  const body = bytes.subarray(bodyAt);
  const dataSet = transferSyntax === deflatedLittleEndian ? inflated(body) : body;
  return { transferSyntax, elements: readElements(dataSet, encodingOf(transferSyntax)) };
}

/** The elements of group 0002 one after the other: their group length is not trusted, for files lie about it. */
function readMeta(bytes: Uint8Array): { transferSyntax: string; bodyAt: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let transferSyntax = '';
  let at = metaStart(bytes);
  while (at + 12 <= bytes.length && view.getUint16(at, true) === 0x0002) {
    const long = /^(OB|OW|UN|UT)$/.test(latin1(bytes.subarray(at + 4, at + 6)));
    const start = at + (long ? 12 : 8);
    const end = start + (long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true));
    if (end > bytes.length) break;
    if (view.getUint16(at + 2, true) === 0x0010)
      transferSyntax = trimPadding(latin1(bytes.subarray(start, end)));
    at = end;
  }
  if (!/^[\d.]{1,64}$/.test(transferSyntax)) {
    throw new PrecedentError('unreadable', 'the DICOM meta header names no transfer syntax');
  }
  return { transferSyntax, bodyAt: at };
}

function encodingOf(transferSyntax: string): Encoding {
  return { explicit: transferSyntax !== implicitLittleEndian, little: transferSyntax !== bigEndian };
}

function inflated(body: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxInflatedBytes });
  } catch (thrown) {
    const tooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge
      ? new PrecedentError('limit', 'the deflated data set inflates to too many bytes')
      : new PrecedentError('unreadable', 'the deflated data set is damaged');
  }
}

/** Padded to an even length (PS3.5 section A.5). */
function deflated(body: Uint8Array): Uint8Array {
  const bytes = deflateRawSync(body);
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
}

function patientOf(elements: readonly Element[], decode: DecodeText): PatientIdentity {
  const text = (tag: number) => {
    const value = elements.findLast((element) => element.tag === tag)?.value;
    return value ? decode(value.subarray(0, 4096)).slice(0, 1024) : '';
  };
  return {
    patientId: text(0x00100020),
    issuer: text(0x00100021),
    // Not the object's own UID: the slices of a series must stay one patient's.
    studyUid: textOf(elements, 0x0020000d) ?? textOf(elements, 0x0020000e),
  };
}

function textOf(elements: readonly Element[], tag: number): string | undefined {
  const value = elements.findLast((element) => element.tag === tag)?.value;
  return (value && trimPadding(latin1(value))) || undefined;
}

function withMethod(elements: readonly Element[], context: Deidentifier): readonly Element[] {
  const added = methodElements(context);
  const tags = new Set(added.map(({ tag }) => tag));
  return [...elements.filter(({ tag }) => !tags.has(tag)), ...added].sort((a, b) => a.tag - b.tag);
}
