/** Puts the frames of one segment together: parallel planes in the patient, and what each of them stands for. */
import { PrecedentError } from '../contract/errors.ts';
import { coincide, type MaskPlane, type PlaneStack, sliceSpacing } from '../volume/resampleMask.ts';
import type { Grid, Vec3 } from '../volume/volume.ts';
import type { Seg, SegFrame } from './seg.ts';

const orthonormalTolerance = 1e-3;
/** Planes closer than this are the same plane. */
const samePlaneMm = 1e-3;
/** The marked rectangles of one segment together, in pixels. */
const maxMarkedPixels = 2 ** 29;

/**
 * A segment's frames as planes, or null where none has a pixel of it.
 * @throws PrecedentError `unsupported` for frames that are not parallel, `limit`, as the decoders of the pixel data
 */
export async function segmentPlanes(seg: Seg, number: number, grid: Grid): Promise<PlaneStack | null> {
  const planes: MaskPlane[] = [];
  let first: SegFrame | undefined;
  let pixels = 0;
  for (const [n, frame] of seg.frames.entries()) {
    if (frame.segment !== undefined && frame.segment !== number) continue;
    const marked = await seg.pixels.marked(n, number);
    if (!marked) continue;
    pixels += marked.bits.length;
    if (pixels > maxMarkedPixels) throw new PrecedentError('limit', 'a segment has too many pixels');
    first ??= frame;
    const isParallel = frame.axes.every(
      (value, a) => Math.abs(value - (first?.axes[a] ?? 0)) <= orthonormalTolerance,
    );
    const isSameSize = frame.pixelSpacing.every(
      (mm, a) => Math.abs(mm - (first?.pixelSpacing[a] ?? 0)) <= 1e-3 * mm,
    );
    if (!isParallel || !isSameSize)
      throw new PrecedentError(
        'unsupported',
        'a segment whose frames are not parallel or differ in their pixels',
      );
    planes.push({ origin: frame.origin, ...marked });
  }
  if (!first) return null;
  const [a, b, c, d, e, f] = first.axes;
  const direction: Grid['direction'] = [a, b, c, d, e, f, b * f - c * e, c * d - a * f, a * e - b * d];
  // Pixel Spacing is that of the rows, then of the columns (PS3.3 section 10.7.1.3).
  const spacing: Vec3 = [first.pixelSpacing[1], first.pixelSpacing[0], 1];
  const stack = { direction, spacing, planes: merged(planes, direction) };
  return { ...stack, spacing: [spacing[0], spacing[1], thicknessOf(seg, stack, grid)] };
}

/**
 * What a plane stands for along its normal, in mm: Spacing Between Slices, but no more than the distance of the frames;
 * without it the image's slices where the frames lie on them, else the distance of the frames, else Slice Thickness.
 */
function thicknessOf(seg: Seg, stack: PlaneStack, grid: Grid): number {
  const { direction: d } = stack;
  const slices = sliceSpacing([d[6], d[7], d[8]], grid);
  const at = seg.frames.map(({ origin: o }) => o[0] * d[6] + o[1] * d[7] + o[2] * d[8]).sort((p, q) => p - q);
  const gaps = at.slice(1).map((value, n) => value - at[n]);
  const gap = gaps
    .filter((mm) => mm > samePlaneMm)
    .reduce((least, mm) => Math.min(least, mm), Number.POSITIVE_INFINITY);
  const onSlices = coincide({ ...stack, spacing: [stack.spacing[0], stack.spacing[1], slices] }, grid);
  if (seg.sliceSpacing !== undefined) {
    const declared = Math.min(seg.sliceSpacing, gap);
    return onSlices ? Math.max(declared, slices) : declared;
  }
  if (onSlices) return slices;
  return Number.isFinite(gap) ? gap : (seg.sliceThickness ?? slices);
}

/** Frames of one segment at one position belong together. */
function merged(planes: readonly MaskPlane[], d: Grid['direction']): MaskPlane[] {
  const kept = new Map<string, MaskPlane>();
  for (const plane of planes) {
    const { origin: o } = plane;
    const along = o[0] * d[6] + o[1] * d[7] + o[2] * d[8];
    const key = [along, ...o].map((mm) => Math.round(mm / samePlaneMm)).join(' ');
    const other = kept.get(key);
    kept.set(key, other ? union(other, plane) : plane);
  }
  return [...kept.values()];
}

function union(a: MaskPlane, b: MaskPlane): MaskPlane {
  const rect = [
    Math.min(a.rect[0], b.rect[0]),
    Math.min(a.rect[1], b.rect[1]),
    Math.max(a.rect[2], b.rect[2]),
    Math.max(a.rect[3], b.rect[3]),
  ] as const;
  const width = rect[2] - rect[0] + 1;
  const bits = new Uint8Array(width * (rect[3] - rect[1] + 1));
  for (const { rect: r, bits: from } of [a, b]) {
    for (let y = r[1], n = 0; y <= r[3]; y++)
      for (let x = r[0]; x <= r[2]; x++, n++) bits[x - rect[0] + width * (y - rect[1])] |= from[n];
  }
  return { origin: a.origin, rect, bits };
}
