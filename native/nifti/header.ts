/** Reads the header of a NIfTI-1 or NIfTI-2 file (nifti1.h, nifti2.h) and its orientation as a grid in LPS. */
import { constants, gunzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import { type SampleType, sampleTypes } from '../volume/samples.ts';
import type { Grid, Vec3 } from '../volume/volume.ts';

/** Datatype code (nifti1.h) → how its voxels are read. */
const niftiTypes: Readonly<Record<number, SampleType>> = {
  2: sampleTypes.uint8,
  4: sampleTypes.int16,
  8: sampleTypes.int32,
  16: sampleTypes.float32,
  64: sampleTypes.float64,
  256: sampleTypes.int8,
  512: sampleTypes.uint16,
  768: sampleTypes.uint32,
  1024: sampleTypes.int64,
  1280: sampleTypes.uint64,
};

export interface NiftiHeader {
  readonly grid: Grid;
  /** False where the file says nothing about its position: neither sform nor qform. */
  readonly positioned: boolean;
  readonly type: SampleType;
  readonly littleEndian: boolean;
  readonly voxelOffset: number;
  /** value = stored · slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
}

/** Where the two versions keep what is needed: offsets in bytes. */
interface Layout {
  readonly size: number;
  readonly magic: readonly [offset: number, text: string];
  readonly dim: (view: DataView, n: number, little: boolean) => number;
  readonly datatype: number;
  readonly voxelOffset: (view: DataView, little: boolean) => number;
  readonly real: (view: DataView, offset: number, little: boolean) => number;
  readonly realBytes: 4 | 8;
  readonly pixdim: number;
  readonly slope: number;
  readonly units: (view: DataView, little: boolean) => number;
  readonly code: (view: DataView, offset: number, little: boolean) => number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly quatern: number;
  readonly srow: number;
}

const layouts: readonly Layout[] = [
  {
    size: 348,
    magic: [344, 'n+1'],
    dim: (view, n, little) => view.getInt16(40 + 2 * n, little),
    datatype: 70,
    voxelOffset: (view, little) => view.getFloat32(108, little),
    real: (view, offset, little) => tidy(view.getFloat32(offset, little)),
    realBytes: 4,
    pixdim: 76,
    slope: 112,
    units: (view) => view.getUint8(123),
    code: (view, offset, little) => view.getInt16(offset, little),
    qformCode: 252,
    sformCode: 254,
    quatern: 256,
    srow: 280,
  },
  {
    size: 540,
    magic: [4, 'n+2'],
    dim: (view, n, little) => Number(view.getBigInt64(16 + 8 * n, little)),
    datatype: 12,
    voxelOffset: (view, little) => Number(view.getBigInt64(168, little)),
    real: (view, offset, little) => view.getFloat64(offset, little),
    realBytes: 8,
    pixdim: 104,
    slope: 176,
    units: (view, little) => view.getInt32(500, little),
    code: (view, offset, little) => view.getInt32(offset, little),
    qformCode: 344,
    sformCode: 348,
    quatern: 352,
    srow: 400,
  },
];

/** Spatial unit (xyzt_units & 7) → mm; unknown (0) is taken for mm. */
const unitMm: Readonly<Record<number, number>> = { 0: 1, 1: 1000, 2: 1, 3: 1e-3 };
const orthogonalTolerance = 1e-3;
const maxSide = 32_767;
const maxVoxels = 2 ** 30;

/**
 * The header of a NIfTI file, from the whole file or its beginning (540 bytes after inflating), gzipped or not.
 * @throws PrecedentError `unreadable` (not NIfTI, damaged), `unsupported` (type, dimensions, sheared axes), `limit`
 */
export function niftiHeaderOf(bytes: Uint8Array): NiftiHeader {
  return parseNiftiHeader(isGzip(bytes) ? inflateBeginning(bytes) : bytes);
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflateBeginning(bytes: Uint8Array): Uint8Array {
  try {
    // A header lies within the first kilobytes; deflate can grow them at most 1032-fold, which bounds the output.
    return gunzipSync(bytes.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    throw new PrecedentError('unreadable', 'the gzip data is damaged');
  }
}

/** The header at the beginning of inflated bytes. */
export function parseNiftiHeader(bytes: Uint8Array): NiftiHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = layouts.flatMap((layout) =>
    [true, false]
      .filter((little) => bytes.length >= layout.size && view.getInt32(0, little) === layout.size)
      .map((littleEndian) => ({ layout, littleEndian })),
  )[0];
  if (!found) throw new PrecedentError('unreadable', 'not a NIfTI file');
  const { layout, littleEndian } = found;
  const [magicOffset, magic] = layout.magic;
  if (String.fromCharCode(...bytes.subarray(magicOffset, magicOffset + 3)) !== magic) {
    throw new PrecedentError('unsupported', 'not a single-file NIfTI (header and voxels in one .nii)');
  }
  const type = niftiTypes[view.getInt16(layout.datatype, littleEndian)];
  if (!type) throw new PrecedentError('unsupported', 'this NIfTI data type is not handled');
  const dims = dimsOf((n) => layout.dim(view, n, littleEndian));
  const voxelOffset = layout.voxelOffset(view, littleEndian);
  if (!Number.isInteger(voxelOffset) || voxelOffset < layout.size) {
    throw new PrecedentError('unreadable', 'the NIfTI header gives an impossible voxel offset');
  }
  const slope = layout.real(view, layout.slope, littleEndian);
  const intercept = layout.real(view, layout.slope + layout.realBytes, littleEndian);
  // A slope of 0 means that no scaling is stored (nifti1.h).
  const scaled = slope !== 0 && Number.isFinite(slope) && Number.isFinite(intercept);
  const { grid, positioned } = gridOf(view, layout, littleEndian, dims);
  return {
    grid,
    positioned,
    type,
    littleEndian,
    voxelOffset,
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
  };
}

function dimsOf(dim: (n: number) => number): Vec3 {
  const count = dim(0);
  if (!(count >= 2 && count <= 7))
    throw new PrecedentError('unsupported', 'a NIfTI image needs two or three dimensions');
  for (let n = 4; n <= count; n++) {
    if (dim(n) > 1) throw new PrecedentError('unsupported', 'a NIfTI image with more than three dimensions');
  }
  const dims: Vec3 = [dim(1), dim(2), count >= 3 ? dim(3) : 1];
  if (!dims.every((side) => side >= 1 && side <= maxSide)) {
    throw new PrecedentError('unreadable', 'the NIfTI header gives impossible dimensions');
  }
  if (dims[0] * dims[1] * dims[2] > maxVoxels)
    throw new PrecedentError('limit', 'the image has too many voxels');
  return dims;
}

/**
 * The grid in LPS mm: sform where there is one with orthogonal axes, else qform, else pixdim alone at the origin
 * (nifti1.h methods 3, 2, 1). NIfTI's RAS becomes LPS by changing the sign of x and y.
 */
function gridOf(
  view: DataView,
  layout: Layout,
  little: boolean,
  dims: Vec3,
): { grid: Grid; positioned: boolean } {
  const unit = unitMm[layout.units(view, little) & 7];
  if (unit === undefined) throw new PrecedentError('unsupported', 'an unknown unit of length');
  const real = (offset: number, n: number) => layout.real(view, offset + n * layout.realBytes, little);
  const pixdim: Vec3 = [real(layout.pixdim, 1), real(layout.pixdim, 2), real(layout.pixdim, 3)];
  const qfac = real(layout.pixdim, 0) < 0 ? -1 : 1;
  const hasSform = layout.code(view, layout.sformCode, little) > 0;
  const hasQform = layout.code(view, layout.qformCode, little) > 0;
  const candidates: number[][] = [];
  if (hasSform) candidates.push(Array.from({ length: 12 }, (_, n) => real(layout.srow, n)));
  if (hasQform) candidates.push(quaternionAffine((n) => real(layout.quatern, n), pixdim, qfac));
  if (candidates.length === 0) candidates.push([pixdim[0], 0, 0, 0, 0, pixdim[1], 0, 0, 0, 0, pixdim[2], 0]);
  for (const affine of candidates) {
    const grid = gridFromRasAffine(affine, unit, dims);
    if (grid) return { grid, positioned: hasSform || hasQform };
  }
  throw new PrecedentError('unsupported', 'the axes of the NIfTI image are sheared or have no length');
}

/** Three rows of four in RAS → grid in LPS, or null when the axes are not orthogonal. */
function gridFromRasAffine(m: readonly number[], unit: number, dims: Vec3): Grid | null {
  const lps = m.map((value, n) => (n < 8 ? -value : value) * unit + 0);
  const columns = [0, 1, 2].map((n) => [lps[n], lps[4 + n], lps[8 + n]]);
  const lengths = columns.map(([x, y, z]) => Math.hypot(x, y, z));
  if (!lengths.every((length) => length > 1e-3 && length < 1e3)) return null;
  const unitVectors = columns.map((column, n) => column.map((value) => value / lengths[n]));
  const [a, b, c] = unitVectors;
  const cosine = (u: readonly number[], v: readonly number[]) =>
    Math.abs(u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
  if ([cosine(a, b), cosine(a, c), cosine(b, c)].some((value) => !(value <= orthogonalTolerance)))
    return null;
  const origin: Vec3 = [lps[3], lps[7], lps[11]];
  if (!origin.every((value) => Math.abs(value) < 1e6)) return null;
  return {
    dims,
    spacing: [tidy(lengths[0]), tidy(lengths[1]), tidy(lengths[2])],
    origin,
    direction: [a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]],
  };
}

function quaternionAffine(real: (n: number) => number, pixdim: Vec3, qfac: number): number[] {
  const [b, c, d, x, y, z] = [real(0), real(1), real(2), real(3), real(4), real(5)];
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const [i, j, k] = [pixdim[0], pixdim[1], pixdim[2] * qfac];
  return [
    [(a * a + b * b - c * c - d * d) * i, 2 * (b * c - a * d) * j, 2 * (b * d + a * c) * k, x],
    [2 * (b * c + a * d) * i, (a * a + c * c - b * b - d * d) * j, 2 * (c * d - a * b) * k, y],
    [2 * (b * d - a * c) * i, 2 * (c * d + a * b) * j, (a * a + d * d - b * b - c * c) * k, z],
  ].flat();
}

/** A float32 such as 0.9769999980926514 as the decimal that was meant, where that is the same float32. */
function tidy(value: number): number {
  const rounded = Number(value.toPrecision(7));
  return Math.fround(rounded) === Math.fround(value) ? rounded : value;
}
