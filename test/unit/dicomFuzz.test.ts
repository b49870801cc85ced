/** A damaged or hostile file must end in a typed error or a result, never in anything else and never without end. */
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { pixelLayout, stackSlices } from '../../native/dicom/slices.ts';
import { decodePixels } from '../../native/dicom/transferSyntax.ts';
import { readNifti, readNiftiMask, writeNifti } from '../../native/nifti/nifti.ts';
import type { Grid } from '../../native/volume/volume.ts';
import { ctSlice, rtstruct, syntax } from '../support/dicomWriter.ts';

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
      stackSlices([{ path: 'slice', header }]);
      await decodePixels(header, pixelLayout(header));
    });
  });

  it('sequences nested without end', () => {
    const item = Buffer.from('feff00e0ffffffff', 'hex');
    const sequence = Buffer.from('290010105351' + '0000ffffffff', 'hex');
    const nested = Buffer.concat([
      ctSlice().subarray(0, -36),
      ...Array(20_000).fill([sequence, item]).flat(),
    ]);
    expect(() => readHeader(nested)).toThrow('damaged or cut off');
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
