/** Reads DICOM Segmentations: their segments, and each segment's frames as a mask on the grid of its image. */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { placePlanes } from '../volume/resampleMask.ts';
import type { Grid, Mask, Vec3 } from '../volume/volume.ts';
import { ascii, decimals, items, parseDataSet, uint16, valueBytes } from './dataset.ts';
import type { SegmentCode } from './segmentCodes.ts';
import { type FramePixels, framePixels, type SegmentationType } from './segPixels.ts';
import { segmentPlanes } from './segPlanes.ts';

export const segSopClass = '1.2.840.10008.5.1.4.1.1.66.4';
/** Label Map Segmentation: one frame holds every segment of its plane (DICOM 2024). */
export const labelMapSegSopClass = '1.2.840.10008.5.1.4.1.1.66.7';

export interface SegReferences {
  readonly sopInstanceUid: string | undefined;
  readonly studyUid: string | undefined;
  readonly referencedSeriesUid: string | undefined;
  readonly frameOfReferenceUid: string | undefined;
}

export interface Segment {
  readonly number: number;
  /** Segment Label (0062,0005). */
  readonly label: string;
  /** Segmented Property Category and Type. */
  readonly codes: readonly SegmentCode[];
}

/** Where a frame lies, and whose it is; in a label map a frame is everybody's. */
export interface SegFrame {
  readonly segment: number | undefined;
  readonly origin: Vec3;
  /** Row and column direction. */
  readonly axes: readonly number[];
  readonly pixelSpacing: readonly [number, number];
}

export interface Seg extends SegReferences {
  readonly segments: readonly Segment[];
  readonly warnings: readonly string[];
  readonly type: SegmentationType;
  readonly frames: readonly SegFrame[];
  readonly pixels: FramePixels;
  /** Spacing Between Slices and Slice Thickness, where they are given. */
  readonly sliceSpacing: number | undefined;
  readonly sliceThickness: number | undefined;
}

const maxFrames = 2 ** 17;
const maxSegments = 2 ** 12;
const perFrameGroups = 'x52009230';
const sharedGroups = 'x52009229';
const orthonormalTolerance = 1e-3;

/** What a DICOM Segmentation was drawn on. @throws PrecedentError `unreadable` or `unsupported` */
export function readSegReferences(bytes: Uint8Array): SegReferences {
  return referencesOf(parse(bytes, sharedGroups).dataSet);
}

/**
 * The segments of a DICOM Segmentation (PS3.3 section A.51, C.8.20) and where its frames lie; pixels are read when
 * `segMasks` asks for them.
 * @throws PrecedentError `unreadable`, `limit`; `unsupported` for another object, or frames without position
 */
export function readSeg(bytes: Uint8Array): Seg {
  const parsed = parse(bytes);
  if (!parsed.complete)
    throw new PrecedentError('unreadable', 'the DICOM Segmentation is damaged or cut off');
  const { dataSet, decode } = parsed;
  const pixels = framePixels(bytes, dataSet, parsed.transferSyntax);
  const [shared] = items(dataSet, sharedGroups);
  const perFrame = items(dataSet, perFrameGroups);
  if (pixels.count > maxFrames || perFrame.length > maxFrames)
    throw new PrecedentError('limit', 'the DICOM Segmentation has too many frames');
  if (perFrame.length !== pixels.count)
    throw new PrecedentError(
      'unreadable',
      'the DICOM Segmentation describes another number of frames than it has',
    );
  const measures = items(shared, 'x00289110')[0] ?? items(perFrame[0], 'x00289110')[0];
  const text = (item: DataSet, tag: string) => {
    const value = valueBytes(item, tag);
    return value ? decode(value.subarray(0, 1024)) : '';
  };
  const described = items(dataSet, 'x00620002');
  if (described.length > maxSegments)
    throw new PrecedentError('limit', 'the DICOM Segmentation has too many segments');
  const segments = described.flatMap((item): Segment[] => {
    const number = uint16(item, 'x00620004');
    if (number === undefined) return [];
    const label = text(item, 'x00620005') || `segment ${number}`;
    return [{ number, label, codes: [...codesOf(item, 'x00620003'), ...codesOf(item, 'x0062000f')] }];
  });
  const warnings =
    pixels.type === 'FRACTIONAL'
      ? [`a fractional segmentation: voxels of at least half of ${pixels.maximum} count as inside`]
      : [];
  return {
    ...referencesOf(dataSet),
    segments,
    warnings,
    type: pixels.type,
    frames: perFrame.map((frame) => frameOf(frame, shared, pixels.type)),
    pixels,
    sliceSpacing: positive(measures, 'x00180088'),
    sliceThickness: positive(measures, 'x00180050'),
  };
}

/**
 * The masks of some segments (all by default) on the grid of an image, in their order, one at a time. Voxel-exact where
 * the frames' pixels are voxels of the grid (within a tenth), else each voxel takes the nearest pixel of the nearest
 * plane; that, and what lies outside the grid, goes into `warnings`.
 * @throws PrecedentError as the decoders of the pixel data do, `unsupported` for frames that are not parallel
 */
export async function* segMasks(
  seg: Seg,
  grid: Grid,
  warnings: string[] = [],
  wanted: (segment: Segment) => boolean = () => true,
): AsyncGenerator<{ segment: Segment; mask: Mask }> {
  for (const segment of seg.segments) {
    if (!wanted(segment)) continue;
    const stack = await segmentPlanes(seg, segment.number, grid);
    if (!stack) continue;
    const placed = placePlanes(stack, grid);
    if (!placed) {
      warnings.push(`${segment.label}: lies outside the volume`);
      continue;
    }
    if (!placed.exact)
      warnings.push(`${segment.label}: drawn on another grid and resampled to the nearest voxel`);
    if (placed.cut) warnings.push(`${segment.label}: a part lies outside the volume`);
    yield { segment, mask: placed.mask };
  }
}

function parse(bytes: Uint8Array, untilTag?: string): ReturnType<typeof parseDataSet> {
  const parsed = parseDataSet(bytes, untilTag);
  const sopClass = ascii(parsed.dataSet, 'x00080016');
  if (sopClass !== segSopClass && sopClass !== labelMapSegSopClass)
    throw new PrecedentError('unsupported', 'not a DICOM Segmentation');
  return parsed;
}

function referencesOf(dataSet: DataSet): SegReferences {
  const series = items(dataSet, 'x00081115').map((item) => ascii(item, 'x0020000e'));
  return {
    sopInstanceUid: ascii(dataSet, 'x00080018'),
    studyUid: ascii(dataSet, 'x0020000d'),
    referencedSeriesUid: series.find((uid) => uid !== undefined),
    frameOfReferenceUid: ascii(dataSet, 'x00200052'),
  };
}

function codesOf(item: DataSet, tag: string): SegmentCode[] {
  return items(item, tag).flatMap((code) => {
    const scheme = ascii(code, 'x00080102');
    const value = ascii(code, 'x00080100') ?? ascii(code, 'x00080119');
    return scheme && value ? [{ scheme, value }] : [];
  });
}

/** A functional group of a frame, or where it has none, the one that all share (PS3.3 section C.7.6.16). */
function frameOf(frame: DataSet, shared: DataSet | undefined, type: SegmentationType): SegFrame {
  const group = (tag: string) => items(frame, tag)[0] ?? items(shared, tag)[0];
  const value = (tag: string, attribute: string, count: number) => {
    const item = group(tag);
    const numbers = item && decimals(item, attribute);
    return numbers?.length === count ? numbers : undefined;
  };
  const origin = value('x00209113', 'x00200032', 3);
  const axes = value('x00209116', 'x00200037', 6);
  const spacing = value('x00289110', 'x00280030', 2);
  if (!origin?.every((mm) => Math.abs(mm) < 1e6) || !spacing?.every((mm) => mm > 1e-3 && mm < 1e3) || !axes)
    throw new PrecedentError('unsupported', 'a segmentation whose frames have no position in the patient');
  const row = Math.hypot(axes[0], axes[1], axes[2]);
  const column = Math.hypot(axes[3], axes[4], axes[5]);
  const dot = axes[0] * axes[3] + axes[1] * axes[4] + axes[2] * axes[5];
  if (![row - 1, column - 1, dot].every((off) => Math.abs(off) <= orthonormalTolerance))
    throw new PrecedentError('unsupported', 'the row and column directions are not orthonormal');
  const identified = group('x0062000a');
  const segment = identified && uint16(identified, 'x0062000b');
  if (segment === undefined && type !== 'LABELMAP')
    throw new PrecedentError('unreadable', 'a frame of the DICOM Segmentation belongs to no segment');
  return {
    segment: type === 'LABELMAP' ? undefined : segment,
    origin: [origin[0], origin[1], origin[2]],
    axes: axes.map((part, n) => part / (n < 3 ? row : column)),
    pixelSpacing: [spacing[0], spacing[1]],
  };
}

function positive(item: DataSet | undefined, tag: string): number | undefined {
  const value = item && decimals(item, tag)?.[0];
  return value !== undefined && value > 1e-3 && value < 1e3 ? value : undefined;
}
