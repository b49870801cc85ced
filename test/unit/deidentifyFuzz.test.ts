/** Mutated files are either rewritten into something readable or refused with a reason. */
import { describe, expect, it } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { parseDataSet } from '../../native/dicom/dataset.ts';
import { deidentifyFile } from '../../native/dicom/deidentify/deidentifyFile.ts';
import { Deidentifier } from '../../native/dicom/deidentify/identity.ts';
import { ctSlice, rtstruct, syntax } from '../support/dicomWriter.ts';

const context = new Deidentifier(new Uint8Array(32).fill(1));
const rois = [{ name: 'GTV', contours: [[0, 0, 0, 9, 0, 0, 9, 9, 0]] }];

describe.each(Object.entries(syntax))('mutations of files in %s', (_, transferSyntax) => {
  it('end in a file or a reason', () => {
    let seed = 20261124;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    const reasons = new Set<string>();
    let rewritten = 0;
    for (const original of [ctSlice({ transferSyntax }), rtstruct(rois, '1.2.3.2', { transferSyntax })]) {
      for (let n = 0; n < 1500; n++) {
        const bytes = Uint8Array.from(original);
        for (let m = 0; m <= random(4); m++)
          bytes[128 + random(bytes.length - 128)] = random(3) ? random(256) : 255;
        try {
          const out = deidentifyFile(random(5) ? bytes : bytes.subarray(0, random(bytes.length)), context);
          expect(parseDataSet(out).complete).toBe(true);
          rewritten++;
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PrecedentError);
          if (thrown instanceof PrecedentError) reasons.add(thrown.kind);
        }
      }
    }
    expect(rewritten).toBeGreaterThan(200);
    expect(reasons).toContain('unreadable');
    expect([...reasons].every((kind) => /^(unreadable|limit|unsupported)$/.test(kind))).toBe(true);
  });
});
