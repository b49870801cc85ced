/** A damaged or hostile file must end in a typed error or a result, never in anything else and never without end. */
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { parseDataSet } from '../../native/dicom/dataset.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { sliceFrames } from '../../native/dicom/multiframe.ts';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { pixelLayout, stackSlices } from '../../native/dicom/slices.ts';
import { decodePixels } from '../../native/dicom/transferSyntax.ts';
import { readNifti, readNiftiMask, writeNifti } from '../../native/nifti/nifti.ts';
import type { Grid } from '../../native/volume/volume.ts';
import { ctElements, ctSlice, rtstruct, syntax, writeDicom } from '../support/dicomWriter.ts';
import { enhancedElements } from '../support/enhancedCt.ts';

const grid: Grid = {
  dims: [6, 5, 2],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** Some bytes replaced (often by those that mean "long" or "nested"), perhaps a piece cut out, perhaps the end cut off. */
function damaged(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat(valid.length - 1);
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff));
  return fc
    .record({
      edits: fc.array(fc.tuple(position, fc.array(byte, { minLength: 1, maxLength: 8 })), { maxLength: 8 }),
      cut: fc.option(fc.tuple(position, fc.nat(64))),
      end: fc.option(position),
    })
    .map(({ edits, cut, end }) => {
      const bytes = Buffer.from(valid);
      for (const [at, values] of edits) bytes.set(values.slice(0, bytes.length - at), at);
      const [from, length] = cut ?? [0, 0];
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]).subarray(
        0,
        end ?? bytes.length,
      );
    });
}

async function survives(
  valid: Uint8Array,
  read: (bytes: Uint8Array) => void | Promise<void>,
  numRuns = 1500,
): Promise<void> {
  await read(valid);
  const property = fc.asyncProperty(damaged(valid), async (bytes) => {
    try {
      await read(bytes);
    } catch (thrown) {
      if (!(thrown instanceof PrecedentError)) throw thrown;
      if (thrown.message.includes('\n') || thrown.kind === 'internal')
        throw new Error(`bad error: ${thrown.message}`);
    }
  });
  await fc.assert(property, {
    numRuns,
    seed: 20261123,
    interruptAfterTimeLimit: 60_000,
    markInterruptAsFailure: true,
  });
}

describe('damaged files', { timeout: 120_000 }, () => {
  it.each(Object.entries(syntax))('a CT slice in %s', async (_, transferSyntax) => {
    await survives(ctSlice({ transferSyntax }), async (bytes) => {
      const header = readHeader(bytes);
      stackSlices(sliceFrames('slice', header));
      await decodePixels(header, pixelLayout(header));
    });
  });

  it.each(Object.entries(syntax))('an enhanced CT in %s', async (_, transferSyntax) => {
    await survives(
      writeDicom(enhancedElements(4), { transferSyntax }),
      async (bytes) => {
        const header = readHeader(bytes);
        const slices = sliceFrames('file', header);
        stackSlices(slices);
        for (const { frame } of slices) await decodePixels(header, pixelLayout(header), frame);
      },
      600,
    );
  });

  it('a bare data set', async () => {
    await survives(ctSlice({ transferSyntax: syntax.implicit, part10: false }), (bytes) => {
      readHeader(bytes);
    });
  });

  it.each([syntax.implicit, syntax.explicit])('an RT Structure Set (%s)', async (transferSyntax) => {
    const contours = [
      [0, 0, 0, 4, 0, 0, 4, 3, 0],
      [1, 1, 2, 3, 1, 2, 3, 3, 2],
    ];
    await survives(rtstruct([{ name: 'GTV', type: 'GTV', contours }], '1.2', { transferSyntax }), (bytes) => {
      for (const roi of readRtstruct(bytes).rois) rasterizeRoi(roi, grid);
    });
  });

  it('a NIfTI image and mask', async () => {
    const gzipped = writeNifti(
      grid,
      Float32Array.from({ length: 60 }, (_, n) => n % 7),
    );
    for (const file of [gzipped, gunzipSync(gzipped)]) {
      await survives(file, (bytes) => {
        readNifti(bytes);
      });
      await survives(file, (bytes) => {
        readNiftiMask(bytes, grid);
      });
    }
  });
});

describe('hostile structure is refused before it costs anything', () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  /** A slice that ends before its pixel data, and what follows there: private elements of group 0029 in explicit VR. */
  const followedBy = (...parts: Uint8Array[]): Uint8Array =>
    Buffer.concat([writeDicom({ ...ctElements(), '7fe00010': undefined }), ...parts]);
  const openSequence = hex('290010105351' + '0000ffffffff');
  const openItem = hex('feff00e0ffffffff');
  /** Both ways of reading: the attributes of a header, and all elements. */
  const readers = [['readHeader', readHeader] as const, ['parseDataSet', parseDataSet] as const];

  describe.each(readers)('%s', (_, read) => {
    const failure = (bytes: Uint8Array): unknown => {
      try {
        return read(bytes);
      } catch (thrown) {
        return thrown;
      }
    };

    it.each([65, 20_000, 400_000])('%i sequences of undefined length inside one another', (depth) => {
      const nested = followedBy(Buffer.alloc(20 * depth, Buffer.concat([openSequence, openItem])));
      expect(failure(nested)).toMatchObject({ kind: 'limit', message: expect.stringContaining('nested') });
    });

    it('more elements than any object has', () => {
      const elements = followedBy(Buffer.alloc(8 * 2 ** 20 + 64, hex('290010104c4f0000')));
      expect(failure(elements)).toMatchObject({
        kind: 'limit',
        message: expect.stringContaining('elements'),
      });
    });

    it('more items than any object has', () => {
      const items = Buffer.alloc(8 * 2 ** 20 + 64, hex('feff00e000000000'));
      expect(failure(followedBy(openSequence, items))).toMatchObject({ kind: 'limit' });
    });
  });

  it('sequences of known length inside one another, which only a reading of all elements enters', () => {
    let nested: Uint8Array = Buffer.alloc(0);
    for (let depth = 0; depth < 65; depth++) {
      const head = Buffer.alloc(20);
      hex('290010105351').copy(head);
      head.writeUInt32LE(nested.length + 8, 8);
      head.writeUInt32LE(0xe000fffe, 12);
      head.writeUInt32LE(nested.length, 16);
      nested = Buffer.concat([head, nested]);
    }
    const file = Buffer.concat([followedBy(nested), Buffer.from(hex('e07f00104f57000000000000'))]);
    expect(readHeader(file)).toMatchObject({ rows: 3 });
    expect(() => parseDataSet(file)).toThrow('nested too deeply');
    expect(parseDataSet(followedBy(nested.subarray(20))).complete).toBe(true);
  });

  it.each([
    ['a sequence without end', [openSequence]],
    ['an item without end', [openSequence, openItem]],
    ['fragments without end', [hex('290010104f420000ffffffff'), hex('feff00e000000000')]],
    ['a value longer than the file', [hex('290010104f420000fffffffe')]],
    ['an item longer than its sequence', [openSequence, hex('feff00e0fffffffe')]],
    ['text of undefined length', [hex('2900101055540000ffffffff'), Buffer.alloc(64, 0x20)]],
  ])('%s', (_, parts) => {
    expect(() => readHeader(followedBy(...parts))).toThrow('damaged or cut off');
    expect(parseDataSet(followedBy(...parts)).complete).toBe(false);
  });

  it('zeros that go on for long, but not to the end', () => {
    const zeros = followedBy(Buffer.alloc(2 ** 24), Buffer.of(1));
    expect(() => readHeader(zeros)).toThrow('too many elements');
    expect(() => readHeader(followedBy(Buffer.alloc(2 ** 20), Buffer.of(1)))).toThrow('damaged or cut off');
  });

  it('a meta header without end, or that says that it has one far away', () => {
    const start = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);
    const version = hex('0200120055490400312e3200');
    expect(() => readHeader(start)).toThrow(PrecedentError);
    expect(() => readHeader(Buffer.concat([start, ...Array(9).fill(version)]))).toThrow('no transfer syntax');
    const endless = Buffer.concat([start, Buffer.alloc(2 ** 24, version)]);
    expect(() => readHeader(endless)).toThrow(PrecedentError);
    expect(() => readHeader(Buffer.concat([start, hex('020010005549ffff')]))).toThrow(PrecedentError);
  });
});
