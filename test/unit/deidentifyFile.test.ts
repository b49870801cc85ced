/** Files with a canary in every identifying attribute: none may live on, and what the file is for must. */
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ascii, items, parseDataSet, valueBytes } from '../../native/dicom/dataset.ts';
import { deidentifyFile } from '../../native/dicom/deidentify/deidentifyFile.ts';
import { Deidentifier } from '../../native/dicom/deidentify/identity.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { canaries, canaryElements } from '../support/deidentifyCanaries.ts';
import {
  ctElements,
  ctSlice,
  type Elements,
  encapsulate,
  rtstruct,
  syntax,
  writeDicom,
} from '../support/dicomWriter.ts';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const context = new Deidentifier(secret);
const bare = new Deidentifier(secret, { retainPatientCharacteristics: false, cleanDescriptors: false });

/** The text of the data set and, where it is deflated, of what it inflates to. */
function contentOf(file: Uint8Array, transferSyntax: string): string {
  const buffer = Buffer.from(file);
  if (transferSyntax !== syntax.deflated) return buffer.toString('latin1');
  const bodyAt = 144 + buffer.readUInt32LE(140);
  return buffer.toString('latin1', 0, bodyAt) + inflateRawSync(buffer.subarray(bodyAt)).toString('latin1');
}

describe.each(Object.entries(syntax))('a file full of canaries, %s', (_, transferSyntax) => {
  const original = writeDicom(canaryElements(), { transferSyntax });

  it.each([
    ['with options', context],
    ['without', bare],
  ])('has none left, %s', (_, which) => {
    for (const canary of canaries) expect(contentOf(original, transferSyntax)).toContain(canary);
    const content = contentOf(deidentifyFile(original, which), transferSyntax);
    for (const canary of canaries) expect(content.includes(canary), canary).toBe(false);
  });

  it('stays a CT slice with its pixels and geometry', () => {
    const before = readHeader(original);
    const after = readHeader(deidentifyFile(original, context));
    expect(after.transferSyntax).toBe(transferSyntax);
    expect(after).toMatchObject({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      modality: 'CT',
      rows: before.rows,
      pixelSpacing: before.pixelSpacing,
      imagePositionPatient: before.imagePositionPatient,
      rescaleIntercept: -1000,
      patientId: context.pseudonym({ patientId: 'CANARY^TEXT', issuer: 'CANARY^TEXT' }),
      patientBirthDate: undefined,
      patientSex: undefined,
    });
    expect(pixelsOf(after)).toEqual(pixelsOf(before));
  });
});

function pixelsOf({ bytes, pixelData }: ReturnType<typeof readHeader>): Uint8Array {
  const start = pixelData?.offset ?? 0;
  return Uint8Array.from(bytes.subarray(start, start + (pixelData?.length ?? 0)));
}

describe('what a file says afterwards', () => {
  const file = ctSlice({
    elements: {
      '00080020': ['DA', '20240301'],
      '00080030': ['TM', '121314'],
      '00080013': ['TM', 'no time'],
      '00080080': ['LO', 'Hospital'],
      '00081030': ['LO', 'CT Thorax Dr. Huber'],
      '00081010': ['SH', ''],
      '00081140': [
        'SQ',
        [{ '00081150': ['UI', '1.2.840.10008.5.1.4.1.1.2'], '00081155': ['UI', '1.2.3.77'] }],
      ],
      '00100021': ['LO', 'Issuer'],
      '00100040': ['CS', 'F'],
      '00101010': ['AS', '093Y'],
      '00101030': ['DS', '71.5'],
      '00102160': ['SH', 'group'],
      '00120063': ['LO', 'some former method'],
      '00180010': ['LO', 'Huber 300'],
      '00181000': ['LO', '12345'],
      '00280301': ['CS', 'NO'],
      '00280303': ['CS', 'UNMODIFIED'],
    },
  });
  const patient = { patientId: 'P1', issuer: 'Issuer' };
  const { dataSet } = parseDataSet(deidentifyFile(file, context));

  it('is the pseudonym, a shifted date and the time', () => {
    expect(ascii(dataSet, 'x00100010')).toBe(context.pseudonym(patient));
    expect(ascii(dataSet, 'x00100020')).toBe(context.pseudonym(patient));
    expect(dataSet.elements.x00100021).toBeUndefined();
    const shifted = new Date(Date.UTC(2024, 2, 1) + context.shiftDays(patient) * 86_400_000);
    expect(ascii(dataSet, 'x00080020')).toBe(shifted.toISOString().slice(0, 10).replaceAll('-', ''));
    expect(ascii(dataSet, 'x00080030')).toBe('121314');
    expect(ascii(dataSet, 'x00080013')).toBe('000000');
  });

  it('keeps sex, an age of at most 90 and known words, or none of them', () => {
    const values = (which: Deidentifier) => {
      const parsed = parseDataSet(deidentifyFile(file, which)).dataSet;
      return ['x00100040', 'x00101010', 'x00101030', 'x00102160', 'x00081030'].map((tag) =>
        ascii(parsed, tag),
      );
    };
    expect(values(context)).toEqual(['F', '090Y', '71.5', undefined, 'CT Thorax']);
    expect(values(bare)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('has dummies and empty values where the choice says so', () => {
    expect(ascii(dataSet, 'x00080080')).toBe('REMOVED');
    expect(ascii(dataSet, 'x00181000')).toBe('REMOVED');
    expect(dataSet.elements.x00180010.length).toBe(0);
    expect(dataSet.elements.x00081010.length).toBe(0);
  });

  it('maps UIDs in the object, its meta header and what it refers to', () => {
    const sop = context.uid('1.2.3.4.1000000.1000000.1000000');
    expect(ascii(dataSet, 'x00080018')).toBe(sop);
    expect(ascii(dataSet, 'x00020003')).toBe(sop);
    expect(ascii(dataSet, 'x0020000d')).toBe(context.uid('1.2.3.1'));
    expect(items(dataSet, 'x00081140').map((item) => ascii(item, 'x00081155'))).toEqual([
      context.uid('1.2.3.77'),
    ]);
    expect(items(dataSet, 'x00081140').map((item) => ascii(item, 'x00081150'))).toEqual([
      '1.2.840.10008.5.1.4.1.1.2',
    ]);
  });

  it('names its method', () => {
    expect(ascii(dataSet, 'x00120062')).toBe('YES');
    expect(ascii(dataSet, 'x00120063')).toBe('DICOM PS3.15 2026d Basic Profile, by Precedent');
    expect(
      items(dataSet, 'x00120064').map((item) => [ascii(item, 'x00080100'), ascii(item, 'x00080102')]),
    ).toEqual([
      ['113100', 'DCM'],
      ['113105', 'DCM'],
      ['113107', 'DCM'],
      ['113108', 'DCM'],
    ]);
    expect(ascii(dataSet, 'x00280303')).toBe('MODIFIED');
    expect(ascii(dataSet, 'x00280301')).toBe('NO');
    expect(ascii(dataSet, 'x00020013')).toBe('PRECEDENT');
  });

  it('does not change the file that was given', () => {
    const copy = Uint8Array.from(file);
    deidentifyFile(file, context);
    expect(Buffer.compare(file, copy)).toBe(0);
  });
});

describe('odd files', () => {
  it('of another character set have no name left and the pseudonym of the decoded Patient ID', () => {
    const koi = Buffer.from([0xbf, 0xe0, 0xd8, 0xd2, 0xd5, 0xe2]);
    const file = ctSlice({
      elements: { '00080005': ['CS', 'ISO_IR 144'], '00100010': ['PN', koi], '00100020': ['LO', koi] },
    });
    const out = Buffer.from(deidentifyFile(file, context));
    expect(out.includes(koi)).toBe(false);
    expect(readHeader(out).patientId).toBe(context.pseudonym({ patientId: 'Привет' }));
  });

  it('lose what hides in the preamble and the meta header', () => {
    const file = Buffer.from(ctSlice());
    file.write('CANARY', 10, 'latin1');
    const meta = file.subarray(132);
    const private2 = Buffer.concat([
      Buffer.from([2, 0, 0x16, 0]),
      Buffer.from('AE'),
      Buffer.from([6, 0]),
      Buffer.from('CANARY'),
    ]);
    const length = meta.readUInt32LE(8);
    const odd = Buffer.concat([file.subarray(0, 144 + length), private2, file.subarray(144 + length)]);
    const out = Buffer.from(deidentifyFile(odd, context));
    expect(out.includes('CANARY')).toBe(false);
    expect(out.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
  });

  it('without Part 10 header become whole ones', () => {
    for (const transferSyntax of [syntax.implicit, syntax.explicit]) {
      const out = deidentifyFile(ctSlice({ transferSyntax, part10: false }), context);
      expect(Buffer.from(out).toString('latin1', 128, 132)).toBe('DICM');
      expect(readHeader(out)).toMatchObject({ transferSyntax, rows: 3 });
    }
  });

  it('with compressed pixels keep every fragment', () => {
    const value = { fragments: [Buffer.from([1, 2, 3, 4]), Buffer.from([5, 6])], offsetTable: [0, 12] };
    const file = ctSlice({
      transferSyntax: '1.2.840.10008.1.2.4.70',
      elements: { '7fe00010': ['OB', value] },
    });
    const out = Buffer.from(deidentifyFile(file, context));
    expect(out.subarray(-encapsulate(value).length)).toEqual(encapsulate(value));
    expect(readHeader(out)).toMatchObject({
      transferSyntax: '1.2.840.10008.1.2.4.70',
      pixelData: { length: undefined },
    });
  });

  it('with sequences of undefined length, and called UN, are worked through', () => {
    const tag = (group: number, element: number, length: number) => {
      const head = Buffer.alloc(8);
      head.writeUInt16LE(group, 0);
      head.writeUInt16LE(element, 2);
      head.writeUInt32LE(length, 4);
      return head;
    };
    const name = Buffer.concat([tag(0x0010, 0x0010, 6), Buffer.from('CANARY')]);
    const uid = Buffer.concat([tag(0x0008, 0x1155, 8), Buffer.from('1.2.4242')]);
    const open = 0xffffffff;
    const inner = Buffer.concat([tag(0xfffe, 0xe000, open), uid, name, tag(0xfffe, 0xe00d, 0)]);
    const sequence = Buffer.concat([inner, tag(0xfffe, 0xe0dd, 0)]);
    const un = Buffer.concat([
      Buffer.from([0x08, 0, 0x99, 0x11]),
      Buffer.from('UN\0\0'),
      tag(0, 0, open).subarray(4),
      sequence,
    ]);
    const file = Buffer.from(ctSlice({ elements: { '00081199': undefined } }));
    const at = file.indexOf(Buffer.from([0x10, 0, 0x10, 0]), 144);
    const out = Buffer.from(
      deidentifyFile(Buffer.concat([file.subarray(0, at), un, file.subarray(at)]), context),
    );
    expect(out.includes('CANARY')).toBe(false);
    expect(out.includes('4242')).toBe(false);
    expect(out.includes(context.uid('1.2.4242'))).toBe(true);
    expect(readHeader(out).rows).toBe(3);
  });

  it('that are a structured report keep no content but say so', () => {
    const report = writeDicom({
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.88.11'],
      '00080018': ['UI', '1.2.3.4242'],
      '00080060': ['CS', 'SR'],
      '0040a040': ['CS', 'CONTAINER'],
      '0040a730': ['SQ', [{ '0040a040': ['CS', 'TEXT'], '0040a160': ['UT', 'CANARY has a mass'] }]],
    });
    const out = deidentifyFile(report, context);
    expect(Buffer.from(out).includes('CANARY')).toBe(false);
    const [content] = items(parseDataSet(out).dataSet, 'x0040a730');
    expect(ascii(content, 'x0040a160')).toBe('REMOVED');
  });

  it('that are damaged are refused in one line', () => {
    const file = ctSlice();
    expect(() => deidentifyFile(new Uint8Array(200), context)).toThrow('not a DICOM file');
    for (const length of [140, 200, 400, file.length - 1]) {
      expect(() => deidentifyFile(file.subarray(0, length), context)).toThrow(/damaged|transfer syntax/);
    }
    const directory = writeDicom({ '00080016': ['UI', '1.2.840.10008.1.3.10'] });
    expect(() => deidentifyFile(directory, context)).toThrow('directory');
  });

  it('nested without end are refused', () => {
    let nested: Elements = { '00100010': ['PN', 'x'] };
    for (let n = 0; n < 40; n++) nested = { '00081199': ['SQ', [nested]] };
    expect(() => deidentifyFile(writeDicom({ ...ctElements(), ...nested }), context)).toThrow(
      'nested too deeply',
    );
  });
});

describe('an RT Structure Set', () => {
  const rois = [
    { name: 'GTV-1', contours: [[0, 0, 0, 10, 0, 0, 10, 10, 0]] },
    { name: 'Huber Tumor', contours: [] },
    { name: 'Huber', contours: [] },
  ];

  it.each([syntax.explicit, syntax.implicit])('still belongs to its series (%s)', (transferSyntax) => {
    const out = readRtstruct(deidentifyFile(rtstruct(rois, '1.2.3.2', { transferSyntax }), context));
    const slice = readHeader(deidentifyFile(ctSlice(), context));
    expect(out.referencedSeriesUid).toBe(slice.seriesInstanceUid);
    expect(out.frameOfReferenceUid).toBe(slice.frameOfReferenceUid);
    expect(out.studyUid).toBe(slice.studyInstanceUid);
    expect(out.rois.map(({ name }) => name)).toEqual(['GTV-1', 'Tumor', 'ROI 3']);
    expect([...out.rois[0].contours[0].points]).toEqual(rois[0].contours[0]);
  });

  it('loses its names without the option', () => {
    expect(readRtstruct(deidentifyFile(rtstruct(rois), bare)).rois.map(({ name }) => name)).toEqual([
      'ROI 1',
      'ROI 2',
      'ROI 3',
    ]);
  });
});

it('gives a segment a label of known words', () => {
  const label = (text: string, which: Deidentifier) => {
    const file = writeDicom({ ...ctElements(), '00620002': ['SQ', [{ '00620005': ['LO', text] }]] });
    const [segment] = items(parseDataSet(deidentifyFile(file, which)).dataSet, 'x00620002');
    return valueBytes(segment, 'x00620005') && ascii(segment, 'x00620005');
  };
  expect(label('Huber liver', context)).toBe('liver');
  expect(label('Huber', context)).toBe('REMOVED');
  expect(label('liver', bare)).toBe('REMOVED');
});
