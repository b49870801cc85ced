/** What a decoder returns, and how its samples become stored values. */
import { PrecedentError } from '../../contract/errors.ts';
import type { PixelLayout } from '../transferSyntax.ts';

/** One decoded frame of one component, row by row. */
export interface Samples {
  readonly values: Uint8Array | Uint16Array;
  /** How many low bits of a value the codestream carries. */
  readonly precision: number;
}

/** What a codestream's own header says of its image. */
export interface CodedImage {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
}

/** Padding that may follow the last value of a frame; more is a sign that the decoder lost its way before. */
export const maxUnreadBytes = 16;

export function damaged(codec: string): PrecedentError {
  return new PrecedentError('unreadable', `the ${codec} data are damaged or cut off`);
}

/**
 * Refuses a codestream that is not the image the header describes, before anything is allocated for it.
 * @throws PrecedentError `unreadable`
 */
export function checkImage(image: CodedImage, layout: PixelLayout, codec: string): void {
  const { rows, columns, components, precision } = image;
  if (rows !== layout.rows || columns !== layout.columns || components !== 1) {
    const what = components === 1 ? `${columns} × ${rows} pixels` : `${components} components`;
    throw new PrecedentError(
      'unreadable',
      `the ${codec} data hold ${what}, the header says ${layout.columns} × ${layout.rows} grey pixels`,
    );
  }
  if (precision < 1 || precision > layout.bitsAllocated) {
    throw new PrecedentError(
      'unreadable',
      `the ${codec} data have ${precision} bits, the header says ${layout.bitsAllocated}`,
    );
  }
}

/**
 * Samples as stored values. Sign and width come from the header (Pixel Representation, Bits Stored), as in DCMTK and
 * pydicom: a codestream may carry two's complement as unsigned samples, or more bits than are stored. A lossy codec may
 * use these to overshoot the stored range, where dropping them would turn the brightest value into the darkest.
 */
export function storedValues(
  { values, precision }: Samples,
  layout: PixelLayout,
  lossy: boolean,
): Int32Array {
  const { bitsStored, highBit, signed } = layout;
  const stored = Int32Array.from(values);
  if (highBit === bitsStored - 1) {
    const width = lossy ? precision : Math.min(precision, bitsStored);
    return extend(stored, width, width - 1, signed);
  }
  if (precision > highBit && !lossy) return extend(stored, bitsStored, highBit, signed);
  throw new PrecedentError('unsupported', 'compressed values that do not start at bit 0 are not handled');
}

/** Keeps `width` bits of each value, the highest of them at `highBit`, and extends the sign; in place. */
export function extend(values: Int32Array, width: number, highBit: number, signed: boolean): Int32Array {
  // Move the bits to the top, then back: what lies above the highest falls off and the sign is extended.
  const left = 31 - highBit;
  const right = 32 - width;
  if (signed) for (let n = 0; n < values.length; n++) values[n] = (values[n] << left) >> right;
  else for (let n = 0; n < values.length; n++) values[n] = (values[n] << left) >>> right;
  return values;
}
