/** Reads the header of a NRRD file (Nearly Raw Raster Data, teem's format definition) and its axes as a grid in LPS. */
import { PrecedentError } from '../contract/errors.ts';
import { type SampleType, sampleTypes } from '../volume/samples.ts';
import type { Grid, Vec3 } from '../volume/volume.ts';

export interface NrrdHeader {
  readonly grid: Grid;
  /** False where the file gives neither a patient's space nor directions of axes. */
  readonly positioned: boolean;
  readonly type: SampleType;
  readonly littleEndian: boolean;
  readonly encoding: 'raw' | 'gzip';
  /** Images stored together (layers of a segmentation), and how far apart neighbours lie in samples: layer, i, j, k. */
  readonly layers: number;
  readonly strides: readonly [number, number, number, number];
  /** Where the samples start, or for a detached header where they start in the other file; −1 counts from its end. */
  readonly dataOffset: number;
  readonly lineSkip: number;
  readonly byteSkip: number;
  /** The name of the file that holds the samples of a detached header. */
  readonly dataFile: string | undefined;
  /** The key:=value pairs. */
  readonly keys: ReadonlyMap<string, string>;
}

const maxHeaderBytes = 4 * 2 ** 20;
const maxSide = 32_767;
const maxVoxels = 2 ** 30;
const maxLayers = 1024;
const orthogonalTolerance = 1e-3;

/** Field `type` without "signed" and "int" after another word → samples. */
const typeNames: Readonly<Record<string, keyof typeof sampleTypes>> = {
  char: 'int8',
  int8: 'int8',
  int8_t: 'int8',
  uchar: 'uint8',
  'unsigned char': 'uint8',
  uint8: 'uint8',
  uint8_t: 'uint8',
  short: 'int16',
  int16: 'int16',
  int16_t: 'int16',
  ushort: 'uint16',
  'unsigned short': 'uint16',
  uint16: 'uint16',
  uint16_t: 'uint16',
  int: 'int32',
  int32: 'int32',
  int32_t: 'int32',
  uint: 'uint32',
  'unsigned int': 'uint32',
  uint32: 'uint32',
  uint32_t: 'uint32',
  longlong: 'int64',
  'long long': 'int64',
  int64: 'int64',
  int64_t: 'int64',
  ulonglong: 'uint64',
  'unsigned long long': 'uint64',
  uint64: 'uint64',
  uint64_t: 'uint64',
  float: 'float32',
  double: 'float64',
};
const encodings: Readonly<Record<string, NrrdHeader['encoding']>> = { raw: 'raw', gzip: 'gzip', gz: 'gzip' };
/** Direction that an axis of a patient's space points in → sign on the axis of LPS, by the place of the letter. */
const letters = ['LR', 'PA', 'SI'];

/** Whether the bytes are the beginning of a NRRD file. */
export function isNrrd(bytes: Uint8Array): boolean {
  return /^NRRD000[1-5]\r?\n/.test(Buffer.from(bytes.subarray(0, 10)).toString('latin1'));
}

/**
 * The header of a NRRD file, from the whole file or a beginning that holds it.
 * @throws PrecedentError `unreadable` (not NRRD, damaged), `unsupported` (type, encoding, axes), `limit`
 */
export function parseNrrdHeader(bytes: Uint8Array): NrrdHeader {
  if (!isNrrd(bytes)) throw new PrecedentError('unreadable', 'not a NRRD file');
  const { fields, keys, end } = readLines(bytes);
  const typeName = (fields.get('type') ?? '')
    .toLowerCase()
    .replace(/^signed /, '')
    .replace(/(?<=\w) int$/, '');
  const type = typeNames[typeName === 'unsigned' ? 'uint' : typeName];
  if (!type) throw new PrecedentError('unsupported', 'this NRRD data type is not handled');
  const encoding = encodings[(fields.get('encoding') ?? '').toLowerCase()];
  if (!encoding) throw new PrecedentError('unsupported', 'NRRD is handled with encoding raw or gzip only');
  const sizes = numbers(fields.get('sizes'));
  const axes = axesOf(fields, sizes);
  const dims: Vec3 = [sizes[axes.space[0]], sizes[axes.space[1]], sizes[axes.space[2]]];
  const layers = axes.list === undefined ? 1 : sizes[axes.list];
  if (![...dims, layers].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide))
    throw new PrecedentError('unreadable', 'the NRRD header gives impossible sizes');
  if (layers > maxLayers || dims[0] * dims[1] * dims[2] * layers > maxVoxels)
    throw new PrecedentError('limit', 'the image has too many voxels');
  const stride = (axis: number | undefined) =>
    axis === undefined ? 0 : sizes.slice(0, axis).reduce((product, side) => product * side, 1);
  const dataFile = fields.get('data file') ?? fields.get('datafile');
  return {
    ...gridOf(fields, axes.space, dims),
    type: sampleTypes[type],
    littleEndian: (fields.get('endian') ?? 'little').toLowerCase() !== 'big',
    encoding,
    layers,
    strides: [stride(axes.list), stride(axes.space[0]), stride(axes.space[1]), stride(axes.space[2])],
    dataOffset: dataFile === undefined ? end : 0,
    lineSkip: skip(fields, 'line skip', 'lineskip', 0),
    byteSkip: skip(fields, 'byte skip', 'byteskip', -1),
    dataFile,
    keys,
  };
}

function readLines(bytes: Uint8Array): {
  fields: Map<string, string>;
  keys: Map<string, string>;
  end: number;
} {
  const head = bytes.subarray(0, maxHeaderBytes);
  const fields = new Map<string, string>();
  const keys = new Map<string, string>();
  let start = head.indexOf(10) + 1;
  while (start < head.length) {
    const stop = head.indexOf(10, start);
    const last = stop < 0 ? head.length : stop;
    const line = new TextDecoder('utf-8').decode(head.subarray(start, last)).replace(/\r$/, '');
    start = last + 1;
    if (line === '') return { fields, keys, end: start };
    const [, name, separator, value] = /^([^#:][^:]*):([= ]?)(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (separator === '=') keys.set(name, value.replaceAll('\\n', '\n').replaceAll('\\\\', '\\'));
    else fields.set(name.trim().toLowerCase(), value.trim());
  }
  // A detached header may end without the empty line.
  if (bytes.length < maxHeaderBytes && (fields.has('data file') || fields.has('datafile')))
    return { fields, keys, end: bytes.length };
  throw new PrecedentError('unreadable', 'the NRRD header has no end');
}

/** Which axes are spatial, and which one lists images, by `space directions` (its "none") or `kinds`. */
function axesOf(
  fields: ReadonlyMap<string, string>,
  sizes: readonly number[],
): { space: readonly number[]; list: number | undefined } {
  const dimension = Number(fields.get('dimension'));
  if (sizes.length !== dimension)
    throw new PrecedentError('unreadable', 'the NRRD header gives impossible sizes');
  const directions = directionsOf(fields);
  const kinds = (fields.get('kinds') ?? '').split(/\s+/);
  const isSpatial = (axis: number) =>
    directions ? directions[axis] !== null : !/vector|list|color|none/i.test(kinds[axis] ?? '');
  const all = sizes.map((_, axis) => axis);
  const space = all.filter(isSpatial);
  const rest = all.filter((axis) => !isSpatial(axis));
  if (space.length !== 3 || rest.length > 1)
    throw new PrecedentError('unsupported', 'a NRRD image needs three dimensions');
  return { space, list: rest[0] };
}

function directionsOf(fields: ReadonlyMap<string, string>): (readonly number[] | null)[] | undefined {
  return fields
    .get('space directions')
    ?.match(/none|\([^()]*\)/gi)
    ?.map((part) => (part.startsWith('(') ? numbers(part.slice(1, -1).replaceAll(',', ' ')) : null));
}

function gridOf(
  fields: ReadonlyMap<string, string>,
  space: readonly number[],
  dims: Vec3,
): { grid: Grid; positioned: boolean } {
  const signs = signsOf(fields.get('space'));
  const directions = directionsOf(fields);
  const origin = numbers(/\(([^()]*)\)/.exec(fields.get('space origin') ?? '')?.[1].replaceAll(',', ' '));
  const spacings = numbers(fields.get('spacings')).map((value) => Math.abs(value));
  const isPlaced = signs !== undefined && directions !== undefined && origin.length === 3;
  const columns = space.map((axis, n) => {
    const plain = [0, 1, 2].map((row) => (row === n ? (spacings[axis] > 0 ? spacings[axis] : 1) : 0));
    return (directions?.[axis] ?? plain).map((value, row) => value * (signs?.[row] ?? 1) + 0);
  });
  const lengths = columns.map((column) => Math.hypot(...column));
  if (
    !columns.every(({ length }) => length === 3) ||
    !lengths.every((length) => length > 1e-3 && length < 1e3)
  )
    throw new PrecedentError('unsupported', 'the axes of the NRRD image have no usable length');
  const [a, b, c] = columns.map((column, n) => column.map((value) => value / lengths[n]));
  const cosine = (u: readonly number[], v: readonly number[]) =>
    Math.abs(u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
  if (![cosine(a, b), cosine(a, c), cosine(b, c)].every((value) => value <= orthogonalTolerance))
    throw new PrecedentError('unsupported', 'the axes of the NRRD image are sheared');
  const at = [0, 1, 2].map((row) => (isPlaced ? origin[row] * (signs[row] ?? 1) + 0 : 0));
  if (!at.every((value) => Math.abs(value) < 1e6))
    throw new PrecedentError('unreadable', 'the NRRD header gives an impossible origin');
  return {
    grid: {
      dims,
      spacing: [lengths[0], lengths[1], lengths[2]],
      origin: [at[0], at[1], at[2]],
      direction: [a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]],
    },
    positioned: isPlaced,
  };
}

/** "left-posterior-superior", "RAS" … → what each axis is multiplied with to be LPS; undefined for another space. */
function signsOf(space: string | undefined): readonly number[] | undefined {
  const name = (space ?? '').toUpperCase();
  const initials = name.includes('-') ? name.split('-').map((word) => word[0]) : [...name];
  const signs = letters.map((pair, n) => [1, -1][pair.indexOf(initials[n] ?? '?')]);
  return initials.length === 3 && signs.every((sign) => sign !== undefined) ? signs : undefined;
}

function skip(fields: ReadonlyMap<string, string>, name: string, joined: string, least: number): number {
  const value = Number(fields.get(name) ?? fields.get(joined) ?? 0);
  if (Number.isInteger(value) && value >= least && value <= 2 ** 32) return value;
  throw new PrecedentError('unreadable', `the NRRD header gives an impossible ${name}`);
}

function numbers(text: string | undefined): number[] {
  return (text ?? '').split(/\s+/).filter(Boolean).map(Number);
}
