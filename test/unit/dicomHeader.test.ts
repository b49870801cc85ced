import { describe, expect, it } from 'vitest';
import { readHeader } from '../../native/dicom/header.ts';
import { ctElements, ctSlice, syntax, writeDicom } from '../support/dicomWriter.ts';

describe('readHeader', () => {
  it.each(Object.entries(syntax))('reads the same values in %s', (_, transferSyntax) => {
    const header = readHeader(ctSlice({ transferSyntax, position: [1.5, -2, 3] }));
    expect(header).toMatchObject({
      transferSyntax,
      modality: 'CT',
      patientId: 'P1',
      rows: 3,
      columns: 4,
      pixelSpacing: [0.8, 0.5],
      imagePositionPatient: [1.5, -2, 3],
      imageOrientationPatient: [1, 0, 0, 0, 1, 0],
      rescaleIntercept: -1000,
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      lossy: false,
      complete: true,
    });
    expect(header.pixelData?.length).toBe(24);
  });

  it.each([syntax.implicit, syntax.explicit])('reads a data set without preamble (%s)', (transferSyntax) => {
    expect(readHeader(ctSlice({ transferSyntax, part10: false }))).toMatchObject({ transferSyntax, rows: 3 });
  });

  it('decodes names by their character set', () => {
    const read = (charset: string, name: Uint8Array) =>
      readHeader(ctSlice({ elements: { '00080005': ['CS', charset], '00100010': ['PN', name] } }))
        .patientName;
    expect(read('ISO_IR 100', Buffer.from('Müller^Änne', 'latin1'))).toBe('Müller^Änne');
    expect(read('ISO_IR 192', Buffer.from('Ωmega^日本', 'utf8'))).toBe('Ωmega^日本');
    expect(read('ISO_IR 144', Buffer.from([0xbb, 0xee, 0xda]))).toBe('Люк');
    expect(read('\\ISO 2022 IR 149', Buffer.from('\x1b$)C\xb1\xe8', 'latin1'))).toBe('김');
    expect(read('\\ISO 2022 IR 87', Buffer.from('\x1b$B;3\x1b(B', 'latin1'))).toBe('山');
    expect(read('no such set', Buffer.from('plain'))).toBe('plain');
  });

  it('says that more is needed when only the beginning is given, and reads it from enough', () => {
    const bytes = ctSlice({ elements: { '00291010': ['OB', new Uint8Array(5000)] } });
    expect(readHeader(bytes.subarray(0, 2000), bytes.length).complete).toBe(false);
    expect(readHeader(bytes.subarray(0, 6500), bytes.length)).toMatchObject({ complete: true, rows: 3 });
  });

  it('refuses what is not DICOM or is cut off, in one line', () => {
    expect(() => readHeader(new Uint8Array(0))).toThrow('not a DICOM file');
    expect(() => readHeader(Buffer.from('<html>'.repeat(100)))).toThrow('not a DICOM file');
    const bytes = ctSlice();
    expect(() => readHeader(bytes.subarray(0, bytes.length - 4))).toThrow('cut off inside its pixel data');
    expect(() => readHeader(bytes.subarray(0, 400))).toThrow('damaged or cut off');
    expect(() => readHeader(bytes.subarray(0, 140))).toThrow(/damaged|transfer syntax/);
  });

  it('bounds a deflated data set that would inflate without end', () => {
    const bomb = writeDicom(
      { ...ctElements(), '00291010': ['OB', new Uint8Array(130 * 2 ** 20)] },
      { transferSyntax: syntax.deflated },
    );
    expect(bomb.length).toBeLessThan(2 ** 20);
    expect(() => readHeader(bomb)).toThrow('inflates to too many bytes');
  });
});
