/** The beginning of a DICOM file as Precedent writes it (PS3.10 section 7.1). */
import { type Element, type Encoding, textElement, writeElements } from './deidentify/elements.ts';

/** Of ours, made from a UUID as PS3.5 section B.2 says. */
const implementationClassUid = '2.25.80963642101666102527652445882784350886';
const implementationVersionName = 'PRECEDENT';
export const explicitLittle: Encoding = { explicit: true, little: true };

/** Preamble of zeros, `DICM` and a meta header of our own. */
export function writeMeta(
  sopClass: string | undefined,
  sopInstance: string | undefined,
  transferSyntax: string,
): Buffer {
  const uid = (tag: number, text: string | undefined): readonly Element[] =>
    text ? [textElement(tag, 'UI', text)] : [];
  const group = writeElements(
    [
      { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
      ...uid(0x00020002, sopClass),
      ...uid(0x00020003, sopInstance),
      ...uid(0x00020010, transferSyntax),
      ...uid(0x00020012, implementationClassUid),
      textElement(0x00020013, 'SH', implementationVersionName),
    ],
    explicitLittle,
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  const first = writeElements([{ tag: 0x00020000, vr: 'UL', value: length }], explicitLittle);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), first, group]);
}
