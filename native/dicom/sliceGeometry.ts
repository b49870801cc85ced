/** Where a slice lies in the patient, read from its header and checked; positions in mm (LPS). */
import { PrecedentError } from '../contract/errors.ts';
import type { Vec3 } from '../volume/volume.ts';
import type { DicomHeader } from './header.ts';
import type { SliceFile } from './slices.ts';

/** Positions closer than this along the normal are the same position: headers round to about a hundredth. */
export const positionRoundingMm = 0.01;
export const orthonormalTolerance = 1e-3;

/** Row spacing (between rows), column spacing. @throws PrecedentError `unsupported` when missing or absurd */
export function pixelSpacing(header: DicomHeader): readonly [number, number] {
  const spacing = header.pixelSpacing;
  if (!spacing?.every((v) => v > 1e-3 && v < 1e3)) {
    throw new PrecedentError('unsupported', 'the slice has no usable pixel spacing');
  }
  return spacing;
}

/** The centre of the first pixel. @throws PrecedentError `unsupported` when missing or absurd */
export function position(header: DicomHeader): Vec3 {
  const p = header.imagePositionPatient;
  if (!p?.every((v) => Math.abs(v) < 1e6))
    throw new PrecedentError('unsupported', 'the slice has no position');
  return p;
}

/** Row and column direction as unit vectors, one after the other. @throws PrecedentError `unsupported` */
export function orientation(header: DicomHeader): readonly number[] {
  const o = header.imageOrientationPatient;
  if (!o) throw new PrecedentError('unsupported', 'the slice has no orientation');
  const row = Math.hypot(o[0], o[1], o[2]);
  const column = Math.hypot(o[3], o[4], o[5]);
  const skew = o[0] * o[3] + o[1] * o[4] + o[2] * o[5];
  if ([Math.abs(row - 1), Math.abs(column - 1), Math.abs(skew)].some((v) => !(v <= orthonormalTolerance))) {
    throw new PrecedentError('unsupported', 'the row and column directions are not orthonormal');
  }
  return o.map((v, n) => v / (n < 3 ? row : column));
}

/** The axes of a slice: row direction, column direction and normal (row × column). @throws PrecedentError `unsupported` */
export function axesOf(header: DicomHeader): readonly [Vec3, Vec3, Vec3] {
  const o = orientation(header);
  const normal: Vec3 = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
  return [[o[0], o[1], o[2]], [o[3], o[4], o[5]], normal];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** The slices of one orientation, at least one, that share a distance along the normal. */
export interface Place {
  readonly distance: number;
  /** In the order of instance number, so that "the first" does not depend on the order of files. */
  readonly slices: readonly SliceFile[];
}

/** Slices of one orientation by their distance along the normal, ascending. */
export function placesOf(slices: readonly SliceFile[]): Place[] {
  const [, , normal] = axesOf(slices[0].header);
  const sorted = slices
    .map((slice) => ({ slice, distance: dot(position(slice.header), normal) }))
    .sort((a, b) => a.distance - b.distance);
  const places: { readonly distance: number; readonly slices: SliceFile[] }[] = [];
  for (const { slice, distance } of sorted) {
    const last = places.at(-1);
    if (last && distance - last.distance < positionRoundingMm) last.slices.push(slice);
    else places.push({ distance, slices: [slice] });
  }
  for (const place of places) place.slices.sort(byInstance);
  return places;
}

function byInstance(a: SliceFile, b: SliceFile): number {
  const number = ({ header }: SliceFile) => header.instanceNumber ?? 0;
  const uid = ({ header }: SliceFile) => header.sopInstanceUid ?? '';
  return number(a) - number(b) || a.frame - b.frame || compare(uid(a), uid(b)) || compare(a.path, b.path);
}

/** By code units: the order must not depend on the machine's language. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
