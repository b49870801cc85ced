/** A damaged codestream ends in values or in a typed error of one line, whichever decoder meets it, and harms no later one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels, decoderFor, type PixelLayout } from '../../native/dicom/transferSyntax.ts';
import {
  compressedSlice,
  encode,
  encodeJpegDct,
  encodeJpegLossless,
  encodeJpegProgressive,
  encodeRle,
} from './dicomCodecs.fixtures.ts';

const wide: PixelLayout = {
  rows: 64,
  columns: 48,
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  signed: false,
};
const byte: PixelLayout = { ...wide, bitsAllocated: 8, bitsStored: 8, highBit: 7 };
const values = Array.from({ length: 64 * 48 }, (_, n) => ((n * n) >> 4) & 0xff);
const blocks = Array.from({ length: 48 }, (_, n) => Array.from({ length: 64 }, (_, k) => (k * n) % 3));

const frames: readonly (readonly [string, string, PixelLayout, () => Uint8Array | Promise<Uint8Array>])[] = [
  ['RLE', '1.2.840.10008.1.2.5', wide, () => encodeRle(values, 2)],
  [
    'JPEG baseline',
    '1.2.840.10008.1.2.4.50',
    byte,
    () => encodeJpegDct(blocks, byte, { quantizer: 3, restartInterval: 6 }),
  ],
  [
    'JPEG extended',
    '1.2.840.10008.1.2.4.51',
    wide,
    () => encodeJpegDct(blocks, wide, { quantizer: 5, restartInterval: 6 }),
  ],
  [
    'progressive JPEG',
    '1.2.840.10008.1.2.4.55',
    wide,
    () => encodeJpegProgressive(blocks, wide, { quantizer: 5, restartInterval: 6 }),
  ],
  [
    'progressive JPEG of 8 bits',
    '1.2.840.10008.1.2.4.55',
    byte,
    () => encodeJpegProgressive(blocks, byte, { quantizer: 3 }),
  ],
  [
    'JPEG lossless',
    '1.2.840.10008.1.2.4.57',
    wide,
    () => encodeJpegLossless(values, wide, { predictor: 5, precision: 12, restartLines: 8 }),
  ],
  ['JPEG-LS', '1.2.840.10008.1.2.4.80', wide, () => encode('JPEG-LS', values, wide)],
  ['JPEG 2000', '1.2.840.10008.1.2.4.90', wide, () => encode('JPEG 2000', values, wide)],
  ['HTJ2K', '1.2.840.10008.1.2.4.201', wide, () => encode('HTJ2K', values, wide)],
];

/** Bytes replaced, mostly in the first hundred where the codestream's own header lies; perhaps the end cut off. */
function damaged(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.oneof(fc.nat(valid.length - 1), fc.nat(Math.min(valid.length - 1, 120)));
  const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff));
  return fc
    .record({
      edits: fc.array(fc.tuple(position, value), { minLength: 1, maxLength: 8 }),
      end: fc.option(position, { freq: 6 }),
    })
    .map(({ edits, end }) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, edited] of edits) bytes[at] = edited;
      return bytes.subarray(0, end ?? bytes.length);
    });
}

describe('damaged codestreams', { timeout: 120_000 }, () => {
  it.each(frames)('%s', async (_, transferSyntax, layout, make) => {
    const valid = await make();
    const decode = async (frame: Uint8Array): Promise<Int32Array> => {
      const header = readHeader(compressedSlice(transferSyntax, frame, layout));
      return decodePixels(header, pixelLayout(header));
    };
    const expected = await decode(valid);
    let refused = 0;
    const property = fc.asyncProperty(damaged(valid), async (frame) => {
      try {
        expect((await decode(frame)).length).toBe(layout.rows * layout.columns);
      } catch (thrown) {
        if (!(thrown instanceof PrecedentError)) throw thrown;
        if (thrown.message.includes('\n') || !/^(unreadable|limit)$/.test(thrown.kind)) throw thrown;
        refused++;
      }
    });
    await fc.assert(property, {
      numRuns: 400,
      seed: 20261123,
      interruptAfterTimeLimit: 60_000,
      markInterruptAsFailure: true,
    });
    expect(refused).toBeGreaterThan(50);
    expect(await decode(valid)).toEqual(expected);
  });

  it('takes a syntax without decoder as such', () => {
    expect(() => decoderFor('1.2\n.3')).toThrow('transfer syntax 1.2?.3 pixel data cannot be decoded');
    expect(() => decoderFor('1.2.840.10008.1.2.4.100')).toThrow(
      /1\.2\.840\.10008\.1\.2\.4\.100 .* cannot be decoded/,
    );
  });
});
