/** Turns the stored values of one slice into HU, with the pixels outside the field of view as air. */
import { PrecedentError } from '../contract/errors.ts';
import type { VoxelType } from '../volume/voxelFile.ts';
import type { DicomHeader } from './header.ts';
import { stackWarnings } from './stackWarnings.ts';
import type { PixelLayout } from './transferSyntax.ts';

const airHu = -1024;
/** Beyond it, values would overflow or mean nothing as HU. */
const largestRescale = 1e6;
const leastInt16 = -32768;
/** Padding at or below this HU reads as air and keeps its rescaled value, as in every other reader. */
const mostAirLikeHu = -1000;

/** The attributes that say which stored values are padding (PS3.3 section C.7.5.1.1.2). */
interface PaddingAttributes {
  readonly pixelPaddingValue?: number | undefined;
  readonly pixelPaddingRangeLimit?: number | undefined;
}

/** Stored value → HU by Rescale Slope and Intercept (PS3.3 section C.11.1.1.2). @throws PrecedentError `unreadable` */
function rescaleOf(
  header: DicomHeader,
  warn?: (warning: string) => void,
): { readonly slope: number; readonly intercept: number } {
  const { rescaleSlope, rescaleIntercept, rescaleType = 'HU' } = header;
  if (rescaleSlope === 0) throw new PrecedentError('unreadable', 'the rescale slope is zero');
  if ([rescaleSlope, rescaleIntercept].some((value) => Math.abs(value ?? 0) > largestRescale))
    throw new PrecedentError('unreadable', 'the rescale slope or intercept is absurd');
  if (rescaleSlope === undefined || rescaleIntercept === undefined) warn?.(stackWarnings.noRescale());
  if (rescaleType !== 'HU') warn?.(stackWarnings.notHu());
  return { slope: rescaleSlope ?? 1, intercept: rescaleIntercept ?? 0 };
}

/** The lowest HU that stands for "nothing was reconstructed here" in a slice, a whole number that Int16 holds. */
export function fillHu(header: DicomHeader): number {
  const padding = paddingOf(header);
  if (!padding) return airHu;
  const { slope, intercept } = rescaleOf(header);
  const lowest = Math.min(...padding.map((stored) => stored * slope + intercept));
  return Math.max(leastInt16, Math.floor(Math.min(airHu, lowest)));
}

/**
 * The HU of a slice, row by row; undefined when the type is Int16 and a value is not exact in it.
 *
 * Padding that rescales to air or below is kept, cut at the lowest Int16: there is nothing below air to tell apart. Padding
 * that would read as tissue or metal (+3071 burned in, 0 with intercept 0) becomes −1024, but only where it hangs together
 * with a corner of the image: the same value inside the patient is a real one.
 */
export function toHu(
  stored: Int32Array,
  header: DicomHeader,
  layout: PixelLayout,
  dtype: VoxelType,
  warn: (warning: string) => void,
): Int16Array | Float32Array | undefined {
  const { slope, intercept } = rescaleOf(header, warn);
  const padding = paddingOf(header);
  const [low, high] = padding ?? [1, 0];
  const tissue = padding?.some((value) => value * slope + intercept > mostAirLikeHu);
  const outside = tissue ? fromCorners(stored, layout, low, high) : undefined;
  if (outside?.includes(1)) warn(stackWarnings.padding());
  const exact = dtype === 'int16';
  const hus = exact ? new Int16Array(stored.length) : new Float32Array(stored.length);
  for (let n = 0; n < stored.length; n++) {
    const value = stored[n];
    let hu = value * slope + intercept;
    if (value >= low && value <= high) {
      if (hu < leastInt16) hu = leastInt16;
      else if (hu > mostAirLikeHu && outside?.[n]) hu = airHu;
    }
    hus[n] = hu;
    if (exact && hus[n] !== hu) return undefined;
  }
  return hus;
}

/** The lowest and highest stored value that is padding. */
function paddingOf(attributes: PaddingAttributes): readonly [number, number] | undefined {
  const { pixelPaddingValue: value, pixelPaddingRangeLimit: limit = value } = attributes;
  if (value === undefined || limit === undefined) return undefined;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** One byte a pixel: 1 where values from `low` to `high` hang together (by their sides) with a corner of the image. */
function fromCorners(
  stored: Int32Array,
  { rows, columns }: PixelLayout,
  low: number,
  high: number,
): Uint8Array {
  const reached = new Uint8Array(stored.length);
  const waiting = new Int32Array(stored.length);
  let count = 0;
  const visit = (n: number) => {
    if (reached[n] || stored[n] < low || stored[n] > high) return;
    reached[n] = 1;
    waiting[count++] = n;
  };
  for (const corner of [0, columns - 1, (rows - 1) * columns, rows * columns - 1]) visit(corner);
  while (count > 0) {
    const n = waiting[--count];
    const column = n % columns;
    if (column > 0) visit(n - 1);
    if (column < columns - 1) visit(n + 1);
    if (n >= columns) visit(n - columns);
    if (n < stored.length - columns) visit(n + columns);
  }
  return reached;
}
