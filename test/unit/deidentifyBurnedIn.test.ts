/** What makes a picture suspicious of writing in it, by its header and by its pixels. */
import { describe, expect, it } from 'vitest';
import { burnedInRisk, hasTextInMargins } from '../../native/dicom/deidentify/burnedIn.ts';
import { drawText } from '../support/burnText.ts';

describe('the header', () => {
  it.each([
    [{ burnedInAnnotation: 'YES' }, 1],
    [{ burnedInAnnotation: 'NO', modality: 'CT', imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'] }, 0],
    [{ sopClassUid: '1.2.840.10008.5.1.4.1.1.7' }, 1],
    [{ sopClassUid: '1.2.840.10008.5.1.4.1.1.7.4', modality: 'OT' }, 2],
    [
      {
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        modality: 'CT',
        imageType: ['DERIVED', 'SECONDARY', 'MPR'],
      },
      0,
    ],
    [{ modality: 'CT', imageType: ['DERIVED', 'SECONDARY', 'SCREEN SAVE'] }, 1],
    [{ modality: 'US' }, 1],
    [{ conversionType: 'WSD' }, 1],
    [{}, 0],
  ])('%j has %i reasons', (header, count) => {
    expect(burnedInRisk(header)).toHaveLength(count);
  });
});

describe('the pixels', () => {
  const [rows, columns] = [256, 256];
  /** A disk of 40 in air, with speckles of the highest value and a saturated block in the middle. */
  const slice = () =>
    Int32Array.from({ length: rows * columns }, (_, n) => {
      const [x, y] = [n % columns, Math.floor(n / columns)];
      if (Math.abs(x - 128) < 10 && Math.abs(y - 128) < 10) return 3071;
      if ((x * 7919 + y * 104_729) % 997 === 0) return 3071;
      return Math.hypot(x - 128, y - 128) < 110 ? 40 : -1000;
    });

  it('without writing are none', () => {
    expect(hasTextInMargins(slice(), rows, columns)).toBe(false);
    expect(hasTextInMargins(new Int32Array(rows * columns), rows, columns)).toBe(false);
    expect(hasTextInMargins(new Int32Array(0), 0, 0)).toBe(false);
  });

  it.each([
    [5, 10, 1],
    [5, 240, 1],
    [140, 4, 1],
    [10, 20, 2],
  ])('with a line at %i, %i, magnified %i times, are flagged', (x, y, scale) => {
    const stored = slice();
    drawText(stored, columns, 'HUBER 1955', { x, y, scale, value: 3071 });
    expect(hasTextInMargins(stored, rows, columns)).toBe(true);
  });

  it('with large bright areas at the margin are not', () => {
    const stored = slice();
    for (let n = 0; n < 40 * columns; n++) stored[n] = 3071;
    expect(hasTextInMargins(stored, rows, columns)).toBe(false);
  });
});
