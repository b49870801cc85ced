/** Sorts the slices of one DICOM series into stacks that each form a regular grid, or says why they do not. */
import { PrecedentError } from '../contract/errors.ts';
import type { Grid, Vec3 } from '../volume/volume.ts';
import type { DicomHeader } from './header.ts';
import { decoderFor, type PixelLayout } from './transferSyntax.ts';

export interface SliceFile {
  readonly path: string;
  readonly header: DicomHeader;
}

/** Slices in ascending order along their normal, and the grid that they fill. */
export interface Stack {
  readonly grid: Grid;
  readonly slices: readonly SliceFile[];
  readonly warnings: readonly string[];
}

export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

/** A distance between neighbours may differ from the median by this part of it, or by the rounding of a position. */
const spacingTolerance = 0.01;
const positionRoundingMm = 0.01;
/** Sideways shift over the whole stack, in pixels, from which the slices no longer form a rectangular grid. */
const shearTolerancePx = 0.5;
const orthonormalTolerance = 1e-3;
const maxSide = 8192;
const maxVoxels = 2 ** 30;

/**
 * Groups slices by orientation, size and pixel spacing (and by acquisition where positions coincide) and orders each
 * group. What cannot be part of a volume comes back in `skipped`, one entry a file or one for the first file of a group.
 */
export function stackSlices(files: readonly SliceFile[]): { stacks: Stack[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const groups: { readonly frame: readonly number[]; readonly slices: SliceFile[] }[] = [];
  for (const file of files) {
    try {
      const frame = frameOf(file.header);
      const group = groups.find((other) => sameFrame(other.frame, frame));
      if (group) group.slices.push(file);
      else groups.push({ frame, slices: [file] });
    } catch (thrown) {
      skipped.push({ path: file.path, reason: PrecedentError.from(thrown).message });
    }
  }
  const stacks: Stack[] = [];
  for (const group of groups.flatMap(({ slices }) => splitByAcquisition(slices))) {
    try {
      stacks.push(stackOf(group));
    } catch (thrown) {
      const { message } = PrecedentError.from(thrown);
      const others = group.length > 1 ? ` (${group.length} slices)` : '';
      skipped.push({ path: group[0].path, reason: `${message}${others}` });
    }
  }
  return { stacks, skipped };
}

/** The pixel layout of a slice. @throws PrecedentError when Precedent cannot read such pixels as HU */
export function pixelLayout(header: DicomHeader): PixelLayout {
  const {
    rows = 0,
    columns = 0,
    bitsAllocated,
    samplesPerPixel = 1,
    numberOfFrames = 1,
    modalityLut,
  } = header;
  const { photometricInterpretation = 'MONOCHROME2' } = header;
  if (rows < 1 || columns < 1) throw new PrecedentError('unreadable', 'rows or columns are missing');
  if (rows > maxSide || columns > maxSide)
    throw new PrecedentError('limit', `${columns} × ${rows} pixels are too many`);
  if (numberOfFrames !== 1) throw new PrecedentError('unsupported', 'multi-frame images are not handled yet');
  // MONOCHROME1 says only that low values are shown bright; rescaled values are HU in both (PS3.3 section C.7.6.3.1.2).
  if (samplesPerPixel !== 1 || !/^MONOCHROME[12]$/.test(photometricInterpretation)) {
    throw new PrecedentError('unsupported', 'a colour image is not a CT slice');
  }
  if (modalityLut) throw new PrecedentError('unsupported', 'a modality look-up table is not handled');
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw new PrecedentError(
      'unsupported',
      `${bitsAllocated ?? 'an unknown number of'} bits allocated are not handled`,
    );
  }
  const { bitsStored = bitsAllocated, highBit = bitsStored - 1, pixelRepresentation = 0 } = header;
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit < bitsStored - 1) {
    throw new PrecedentError('unreadable', 'bits stored and high bit contradict bits allocated');
  }
  return { rows, columns, bitsAllocated, bitsStored, highBit, signed: pixelRepresentation === 1 };
}

/** What all slices of a stack have in common: size, pixel spacing, row and column direction. */
function frameOf(header: DicomHeader): readonly number[] {
  if (header.imageType?.includes('LOCALIZER'))
    throw new PrecedentError('unsupported', 'a localizer, not a CT slice');
  const { rows, columns } = pixelLayout(header);
  decoderFor(header.transferSyntax);
  position(header);
  return [rows, columns, ...pixelSpacing(header), ...orientation(header)];
}

function sameFrame(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, n) => Math.abs(value - b[n]) <= orthonormalTolerance);
}

function pixelSpacing(header: DicomHeader): readonly [number, number] {
  const spacing = header.pixelSpacing;
  if (!spacing?.every((v) => v > 1e-3 && v < 1e3)) {
    throw new PrecedentError('unsupported', 'the slice has no usable pixel spacing');
  }
  return spacing;
}

function position(header: DicomHeader): Vec3 {
  const p = header.imagePositionPatient;
  if (!p?.every((v) => Math.abs(v) < 1e6))
    throw new PrecedentError('unsupported', 'the slice has no position');
  return p;
}

/** Row and column direction as unit vectors. */
function orientation(header: DicomHeader): readonly number[] {
  const o = header.imageOrientationPatient;
  if (!o) throw new PrecedentError('unsupported', 'the slice has no orientation');
  const row = Math.hypot(o[0], o[1], o[2]);
  const column = Math.hypot(o[3], o[4], o[5]);
  const dot = o[0] * o[3] + o[1] * o[4] + o[2] * o[5];
  if ([Math.abs(row - 1), Math.abs(column - 1), Math.abs(dot)].some((v) => !(v <= orthonormalTolerance))) {
    throw new PrecedentError('unsupported', 'the row and column directions are not orthonormal');
  }
  return o.map((v, n) => v / (n < 3 ? row : column));
}

function splitByAcquisition(group: SliceFile[]): SliceFile[][] {
  if (!positionsCoincide(group)) return [group];
  const acquisitions = new Map<number | undefined, SliceFile[]>();
  for (const slice of group) {
    const key = slice.header.acquisitionNumber;
    acquisitions.set(key, [...(acquisitions.get(key) ?? []), slice]);
  }
  const parts = [...acquisitions.values()];
  return parts.some(positionsCoincide) ? [group] : parts;
}

function positionsCoincide(group: readonly SliceFile[]): boolean {
  const along = sortedPositions(group).map(({ distance }) => distance);
  return along.some((distance, n) => n > 0 && distance - along[n - 1] < positionRoundingMm);
}

function sortedPositions(group: readonly SliceFile[]): { slice: SliceFile; distance: number }[] {
  const normal = normalOf(orientation(group[0].header));
  return group
    .map((slice) => ({ slice, distance: dot(position(slice.header), normal) }))
    .sort((a, b) => a.distance - b.distance);
}

function stackOf(group: readonly SliceFile[]): Stack {
  const { header } = group[0];
  const axes = orientation(header);
  const normal = normalOf(axes);
  const [rowSpacing, columnSpacing] = pixelSpacing(header);
  const sorted = sortedPositions(group);
  const slices = sorted.map(({ slice }) => slice);
  const warnings: string[] = [];
  const origin = position(slices[0].header);
  checkShear(slices, origin, normal, Math.min(rowSpacing, columnSpacing));
  const sliceSpacing =
    sorted.length > 1
      ? regularSpacing(sorted.map(({ distance }) => distance))
      : singleSliceThickness(slices[0].header, warnings);
  const dims: Vec3 = [header.columns ?? 0, header.rows ?? 0, slices.length];
  if (dims[0] * dims[1] * dims[2] > maxVoxels)
    throw new PrecedentError('limit', 'the series has too many voxels');
  const direction: Grid['direction'] = [axes[0], axes[1], axes[2], axes[3], axes[4], axes[5], ...normal];
  if (slices.some((slice) => slice.header.lossy)) warnings.push('lossy compressed source');
  return {
    grid: { dims, spacing: [columnSpacing, rowSpacing, sliceSpacing], origin, direction },
    slices,
    warnings,
  };
}

/** Gantry tilt or a moving table: positions that leave the line along the normal by more than the tolerance. */
function checkShear(slices: readonly SliceFile[], origin: Vec3, normal: Vec3, pixel: number): void {
  let worst = 0;
  let tilt = 0;
  for (const { header } of slices) {
    const p = position(header);
    const d: Vec3 = [p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]];
    const along = dot(d, normal);
    const sideways = Math.hypot(d[0] - along * normal[0], d[1] - along * normal[1], d[2] - along * normal[2]);
    if (sideways > worst) {
      worst = sideways;
      tilt = (Math.atan2(sideways, along) * 180) / Math.PI;
    }
  }
  if (worst <= shearTolerancePx * pixel) return;
  throw new PrecedentError(
    'unsupported',
    `the slices are shifted sideways by up to ${worst.toFixed(1)} mm (gantry tilt of ${tilt.toFixed(1)}°)`,
    undefined,
    'reconstruct without tilt',
  );
}

/** The slice spacing in mm of ascending distances. @throws PrecedentError `unsupported` when they are not regular */
function regularSpacing(distances: readonly number[]): number {
  const gaps = distances.slice(1).map((d, n) => d - distances[n]);
  const coinciding = gaps.filter((gap) => gap < positionRoundingMm).length;
  if (coinciding > 0) {
    throw new PrecedentError('unsupported', `${coinciding} slices lie at the position of another one`);
  }
  const median = [...gaps].sort((a, b) => a - b)[(gaps.length - 1) >> 1];
  const tolerance = Math.max(spacingTolerance * median, positionRoundingMm);
  const uneven = gaps.filter((gap) => Math.abs(gap - median) > tolerance);
  if (uneven.length > 0) {
    const missing = uneven.map((gap) => Math.round(gap / median) - 1);
    const whole = uneven.every(
      (gap, n) => missing[n] > 0 && Math.abs(gap - (missing[n] + 1) * median) <= 2 * tolerance,
    );
    const mm = median.toFixed(2);
    throw new PrecedentError(
      'unsupported',
      whole
        ? `${slicesAre(missing.reduce((sum, n) => sum + n, 0))} missing (spacing ${mm} mm)`
        : `${uneven.length} of ${gaps.length} distances between slices differ from the median ${mm} mm by more than 1%`,
    );
  }
  return (distances[distances.length - 1] - distances[0]) / gaps.length;
}

function singleSliceThickness(header: DicomHeader, warnings: string[]): number {
  const thickness = header.sliceThickness;
  if (thickness && thickness > 1e-3 && thickness < 1e3) return thickness;
  warnings.push('a single slice without slice thickness: 1 mm assumed');
  return 1;
}

function normalOf(o: readonly number[]): [number, number, number] {
  return [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function slicesAre(count: number): string {
  return count === 1 ? '1 slice is' : `${count} slices are`;
}
