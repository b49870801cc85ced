import { describe, expect, it } from 'vitest';
import { items, parseDataSet, uint16 } from '../../native/dicom/dataset.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels, type PixelLayout } from '../../native/dicom/transferSyntax.ts';
import { ctElements, ctSlice, type Elements, syntax, writeDicom } from '../support/dicomWriter.ts';

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

/** A meta header that names a transfer syntax. */
const meta = (transferSyntax: string): Uint8Array => writeDicom({}, { transferSyntax });
const bare = (elements: Elements, transferSyntax: string = syntax.explicit): Uint8Array =>
  writeDicom(elements, { transferSyntax, part10: false });
/** An element in implicit VR, little-endian; -1 for an undefined length. */
function implicit(tag: string, value: Uint8Array, length = value.length): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  head.writeInt32LE(length, 4);
  return Buffer.concat([head, value]);
}
const before = (tag: string, elements: Elements): Elements =>
  Object.fromEntries(Object.entries(elements).filter(([other]) => other < tag));
const after = (tag: string, elements: Elements): Elements =>
  Object.fromEntries(Object.entries(elements).filter(([other]) => other > tag));
/** An explicit file with other bytes in the place of one element. */
function withBytes(tag: string, bytes: Uint8Array, elements = ctElements()): Uint8Array {
  return Buffer.concat([
    meta(syntax.explicit),
    bare(before(tag, elements)),
    bytes,
    bare(after(tag, elements)),
  ]);
}

describe('files that other readers take', () => {
  const whole = { modality: 'CT', rows: 3, columns: 4, pixelSpacing: [0.8, 0.5], complete: true };

  it('public attributes whose VR is UN', () => {
    const elements = {
      '00100010': ['UN', Buffer.from('Doe^J ')],
      '00200032': ['UN', Buffer.from('1\\2\\3.5 ')],
      '00280010': ['UN', Uint8Array.of(3, 0)],
      '00280030': ['UN', Buffer.from('0.8\\0.5 ')],
    } as const;
    expect(readHeader(ctSlice({ elements }))).toMatchObject({
      ...whole,
      patientName: 'Doe^J',
      imagePositionPatient: [1, 2, 3.5],
    });
  });

  it('implicit VR inside an explicit data set, and a data set other than the meta header says', () => {
    const rows = implicit('00280010', Uint8Array.of(3, 0));
    expect(readHeader(withBytes('00280010', rows))).toMatchObject(whole);
    const said = (says: string, is: string) =>
      readHeader(Buffer.concat([meta(says), bare(ctElements(), is)]));
    expect(said(syntax.explicit, syntax.implicit)).toMatchObject(whole);
    expect(said(syntax.implicit, syntax.explicit)).toMatchObject(whole);
  });

  it('no preamble before the meta header, no meta header, no transfer syntax in it', () => {
    const file = ctSlice();
    expect(readHeader(file.subarray(132))).toMatchObject({ ...whole, transferSyntax: syntax.explicit });
    const big = ctSlice({ transferSyntax: syntax.bigEndian, part10: false });
    expect(readHeader(big)).toMatchObject({ ...whole, transferSyntax: syntax.bigEndian });
    const version = Buffer.concat([
      file.subarray(0, 132),
      bare({ '00020012': ['UI', '1.2.3'] }),
      bare(ctElements(), syntax.implicit),
    ]);
    expect(readHeader(version)).toMatchObject({ ...whole, transferSyntax: syntax.implicit });
  });

  it('group lengths that lie, odd lengths, and private elements', () => {
    const lying = Buffer.from(ctSlice({ elements: { '00080000': ['UL', 4711] } }));
    lying.writeUInt32LE(0xfffffff0, 140);
    expect(readHeader(lying)).toMatchObject(whole);
    const odd = Buffer.concat([Buffer.from('08006000', 'hex'), Buffer.from('CS\x03\0CT ', 'latin1')]);
    expect(readHeader(withBytes('00080060', odd))).toMatchObject(whole);
    const elements = { '00091010': ['UN', Buffer.alloc(70_000)], '00291010': ['OB', Buffer.of(1)] } as const;
    expect(readHeader(ctSlice({ elements }))).toMatchObject(whole);
  });

  it('zeros after the data set', () => {
    const report = writeDicom({ '00080060': ['CS', 'SR'] });
    const padded = (value: number) => Buffer.concat([report, Buffer.alloc(500, value)]);
    expect(readHeader(padded(0))).toMatchObject({ modality: 'SR', complete: true });
    expect(() => readHeader(padded(7))).toThrow('damaged or cut off');
  });

  it('big-endian pixels after an implicit header (GE)', async () => {
    const pixels = Buffer.from(Uint16Array.from({ length: 12 }, (_, n) => 256 * n + 1).buffer).swap16();
    const elements = ctElements({ elements: { '7fe00010': ['OW', pixels] } });
    const header = readHeader(Buffer.concat([meta('1.2.840.113619.5.2'), bare(elements, syntax.implicit)]));
    expect(header).toMatchObject(whole);
    expect([...(await decodePixels(header, pixelLayout(header)))].slice(0, 3)).toEqual([1, 257, 513]);
  });

  it('names the syntaxes that it cannot decode', async () => {
    const header = readHeader(
      Buffer.concat([meta('1.2.840.10008.1.20'), bare(ctElements(), syntax.implicit)]),
    );
    await expect(decodePixels(header, pixelLayout(header))).rejects.toThrow(/Papyrus 3/);
  });
});

describe('sequences', () => {
  const reference: Elements = { '0020000e': ['UI', '1.2.9'] };
  const item = (bytes: Uint8Array, length = bytes.length) => implicit('fffee000', bytes, length);
  const itemEnd = implicit('fffee00d', Buffer.alloc(0));
  const sequenceEnd = implicit('fffee0dd', Buffer.alloc(0));
  const tag = '00081115';
  const explicitHead = (vr: string, length: number) => {
    const head = Buffer.from(`08001511${Buffer.from(vr).toString('hex')}000000000000`, 'hex');
    head.writeInt32LE(length, 8);
    return head;
  };
  const body = bare(reference);
  const closed = item(body);
  const implicitItem = item(bare(reference, syntax.implicit));

  it.each([
    ['of known length', [explicitHead('SQ', closed.length), closed]],
    ['of undefined length', [explicitHead('SQ', -1), item(body, -1), itemEnd, sequenceEnd]],
    ['whose item has no delimiter', [explicitHead('SQ', -1), item(body, -1), sequenceEnd]],
    ['UN of undefined length: implicit VR', [explicitHead('UN', -1), implicitItem, sequenceEnd]],
    ['UN of known length: implicit VR', [explicitHead('UN', implicitItem.length), implicitItem]],
    ['UN, but explicit VR', [explicitHead('UN', closed.length), closed]],
    ['without VR', [implicit(tag, implicitItem)]],
    ['SQ, but implicit VR inside', [explicitHead('SQ', implicitItem.length), implicitItem]],
  ])('%s', (_, parts) => {
    const file = withBytes(tag, Buffer.concat(parts));
    expect(readHeader(file)).toMatchObject({ referencedSeriesUid: '1.2.9', rows: 3, complete: true });
    const [first] = items(parseDataSet(file).dataSet, 'x00081115');
    expect(first.string('x0020000e')).toBe('1.2.9');
  });

  it('of length 0, or holding no items', () => {
    for (const length of [0, 6]) {
      const file = withBytes(tag, Buffer.concat([explicitHead('SQ', length), Buffer.alloc(length, 1)]));
      expect(readHeader(file)).toMatchObject({ referencedSeriesUid: undefined, rows: 3, complete: true });
      const { dataSet } = parseDataSet(file);
      expect(items(dataSet, 'x00081115')).toEqual([]);
      expect(uint16(dataSet, 'x00280010')).toBe(3);
    }
  });

  it('whose item is damaged: what can be read, and that it is not all', () => {
    const damaged = item(Buffer.concat([body, Buffer.from('0020ffff', 'hex')]));
    const file = withBytes(
      tag,
      Buffer.concat([explicitHead('SQ', damaged.length + closed.length), damaged, closed]),
    );
    const parsed = parseDataSet(file);
    expect(items(parsed.dataSet, 'x00081115').map((one) => one.string('x0020000e'))).toEqual([
      '1.2.9',
      '1.2.9',
    ]);
    expect(parsed.complete).toBe(false);
    expect(uint16(parsed.dataSet, 'x00280010')).toBe(3);
  });

  it('bytes that only begin like one stay a value', () => {
    const value = Buffer.concat([Buffer.from('feff00e0ffffff00', 'hex'), Buffer.alloc(8)]);
    const elements = { '00091010': ['UN', value] } as const;
    const { dataSet, complete } = parseDataSet(ctSlice({ elements }));
    expect(dataSet.elements.x00091010).toMatchObject({ length: 16 });
    expect(dataSet.elements.x00091010.items).toBeUndefined();
    expect(complete).toBe(true);
  });
});

describe('values', () => {
  it.each([
    [0, 'US', 63_536, 63_536],
    [1, 'US', 63_536, -2000],
    [1, 'SS', -2000, -2000],
    [0, 'SS', -2000, 63_536],
  ])('padding under pixel representation %i, written as %s %i', (representation, vr, written, expected) => {
    const elements: Elements = {
      '00280103': ['US', representation],
      '00280120': [vr, written],
      '00280121': [vr, written + 1],
    };
    for (const transferSyntax of Object.values(syntax)) {
      expect(readHeader(ctSlice({ transferSyntax, elements }))).toMatchObject({
        pixelPaddingValue: expected,
        pixelPaddingRangeLimit: expected + 1,
      });
    }
  });

  it('of the other attributes', () => {
    const elements: Elements = {
      '00080032': ['TM', '101530.25'],
      '00080033': ['TM', '1016'],
      '00080050': ['SH', 'A-17'],
      '00120062': ['CS', 'YES'],
      '00180088': ['DS', '1.25'],
      '00181060': ['DS', '350'],
      '00181120': ['DS', '-12.5'],
      '00200100': ['IS', '3'],
      '00280301': ['CS', 'NO'],
    };
    expect(readHeader(ctSlice({ elements }))).toMatchObject({
      acquisitionTime: '101530.25',
      contentTime: '1016',
      accessionNumber: 'A-17',
      patientIdentityRemoved: 'YES',
      spacingBetweenSlices: 1.25,
      triggerTime: 350,
      gantryDetectorTilt: -12.5,
      temporalPositionIdentifier: 3,
      burnedInAnnotation: 'NO',
    });
  });
});

describe('uncompressed pixels', () => {
  const stored = async (elements: Elements, transferSyntax: string) => {
    const header = readHeader(ctSlice({ transferSyntax, elements }));
    return [...(await decodePixels(header, pixelLayout(header)))];
  };
  const words = (...values: number[]): Elements['7fe00010'] => [
    'OW',
    [...values, ...Array<number>(12 - values.length).fill(0)],
  ];
  const bits = (allocated: number, width: number, high: number, representation: 0 | 1): Elements => ({
    '00280100': ['US', allocated],
    '00280101': ['US', width],
    '00280102': ['US', high],
    '00280103': ['US', representation],
  });

  it.each(Object.entries(syntax))('of 16, 12 and 8 bits, signed or not, in %s', async (_, transferSyntax) => {
    const first = async (elements: Elements, count: number) =>
      (await stored(elements, transferSyntax)).slice(0, count);
    expect(await first({ ...bits(16, 16, 15, 1), '7fe00010': words(0x8000, 0xffff, 0x7fff) }, 3)).toEqual([
      -32768, -1, 32767,
    ]);
    expect(await first({ ...bits(16, 16, 15, 0), '7fe00010': words(0x8000, 0xffff) }, 2)).toEqual([
      32768, 65535,
    ]);
    // What lies above the high bit is no part of the value.
    expect(await first({ ...bits(16, 12, 11, 1), '7fe00010': words(0x0800, 0xf7ff, 0x0fff) }, 3)).toEqual([
      -2048, 2047, -1,
    ]);
    expect(await first({ ...bits(16, 12, 15, 0), '7fe00010': words(0xabcf, 0x0010) }, 2)).toEqual([0xabc, 1]);
    const bytes = Uint8Array.from({ length: 12 }, (_, n) => 250 + n);
    expect(await first({ ...bits(8, 8, 7, 1), '7fe00010': ['OB', bytes] }, 8)).toEqual([
      -6, -5, -4, -3, -2, -1, 0, 1,
    ]);
  });

  it('8 bits in big-endian words lie crosswise', async () => {
    const elements: Elements = {
      ...bits(8, 8, 7, 0),
      '7fe00010': ['OW', Uint8Array.from({ length: 12 }, (_, n) => n ^ 1)],
    };
    expect(await stored(elements, syntax.bigEndian)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it('MONOCHROME1: the stored values, for HU are HU', async () => {
    const elements: Elements = { '00280004': ['CS', 'MONOCHROME1'] };
    expect(await stored(elements, syntax.explicit)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it.each([
    [22, /does not match/],
    [24, null],
    [26, null],
    [32, /does not match/],
    [48, /does not match/],
  ])(
    'of %i bytes where 3 × 4 × 2 are expected: a padded end may follow, no further row',
    async (length, reason) => {
      const elements: Elements = { '7fe00010': ['OW', new Uint8Array(length).fill(1)] };
      const values = stored(elements, syntax.explicit);
      if (reason) await expect(values).rejects.toThrow(reason);
      else expect(await values).toEqual(Array<number>(12).fill(257));
    },
  );

  it('has no second frame', async () => {
    const header = readHeader(ctSlice());
    const layout: PixelLayout = pixelLayout(header);
    for (const frame of [1, -1, 0.5])
      await expect(decodePixels(header, layout, frame)).rejects.toThrow('no such frame');
  });
});
