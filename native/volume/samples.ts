/** Turns the raw sample bytes of an image file into typed arrays, and such arrays into the voxels of a volume. */
import { gunzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';

export type Samples =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int16Array
  | Int8Array
  | Uint8Array;
interface SampleArray {
  new (length: number): Samples;
  new (buffer: ArrayBufferLike, offset: number, length: number): Samples;
}

/** An image may not have more bytes of samples than this. */
export const maxSampleBytes = 2 ** 31;

export interface SampleType {
  readonly bytes: number;
  /** The array that holds such values; 64-bit integers lose what lies beyond 2^53. */
  readonly array: SampleArray;
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number;
}

export const sampleTypes = {
  uint8: { bytes: 1, array: Uint8Array, read: (view, offset) => view.getUint8(offset) },
  int8: { bytes: 1, array: Int8Array, read: (view, offset) => view.getInt8(offset) },
  uint16: { bytes: 2, array: Uint16Array, read: (view, offset, little) => view.getUint16(offset, little) },
  int16: { bytes: 2, array: Int16Array, read: (view, offset, little) => view.getInt16(offset, little) },
  uint32: { bytes: 4, array: Uint32Array, read: (view, offset, little) => view.getUint32(offset, little) },
  int32: { bytes: 4, array: Int32Array, read: (view, offset, little) => view.getInt32(offset, little) },
  uint64: { bytes: 8, array: Float64Array, read: readUint64 },
  int64: { bytes: 8, array: Float64Array, read: readInt64 },
  float32: { bytes: 4, array: Float32Array, read: (view, offset, little) => view.getFloat32(offset, little) },
  float64: { bytes: 8, array: Float64Array, read: (view, offset, little) => view.getFloat64(offset, little) },
} as const satisfies Record<string, SampleType>;

function readUint64(view: DataView, offset: number, little: boolean): number {
  const [low, high] = little ? [offset, offset + 4] : [offset + 4, offset];
  return view.getUint32(high, little) * 2 ** 32 + view.getUint32(low, little);
}

function readInt64(view: DataView, offset: number, little: boolean): number {
  const [low, high] = little ? [offset, offset + 4] : [offset + 4, offset];
  return view.getInt32(high, little) * 2 ** 32 + view.getUint32(low, little);
}

/**
 * The samples of a run of bytes.
 * @param mayShare whether the result may be, and thus change, the bytes themselves; otherwise it is a copy
 */
export function readSamples(
  bytes: Uint8Array,
  type: SampleType,
  littleEndian: boolean,
  mayShare: boolean,
): Samples {
  // Every platform that Precedent runs on is little-endian.
  const isStoredSo = littleEndian && type !== sampleTypes.uint64 && type !== sampleTypes.int64;
  if (isStoredSo || type.bytes === 1) {
    const isAligned = bytes.byteOffset % type.bytes === 0;
    const { buffer, byteOffset } = mayShare && isAligned ? bytes : Uint8Array.from(bytes);
    return new type.array(buffer, byteOffset, bytes.length / type.bytes);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new type.array(bytes.length / type.bytes);
  for (let n = 0; n < values.length; n++) values[n] = type.read(view, n * type.bytes, littleEndian);
  return values;
}

/**
 * HU on a grid: Int16 when every value is an integer in its range, else Float32. Values that are not finite become the
 * lowest finite one, with a warning. @throws PrecedentError `unreadable` when no value is finite
 */
export function huVoxels(values: Samples, warnings: string[]): Int16Array | Float32Array {
  const filled = fillNonFinite(values);
  if (filled > 0) warnings.push(`${filled} voxels without a finite value were set to the lowest one`);
  const exact = new Int16Array(values);
  if (values instanceof Int16Array) return exact;
  for (let n = 0; n < exact.length; n++) if (exact[n] !== values[n]) return new Float32Array(values);
  return exact;
}

function fillNonFinite(values: Samples): number {
  let lowest = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) count++;
    else if (value < lowest) lowest = value;
  }
  if (count === 0) return 0;
  if (count === values.length) throw new PrecedentError('unreadable', 'the image has no finite value');
  for (let n = 0; n < values.length; n++) if (!Number.isFinite(values[n])) values[n] = lowest;
  return count;
}

/** Inflates gzip data to at most `maxBytes`. @throws PrecedentError `unreadable`; `limit` when it grows beyond them */
export function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (thrown) {
    const tooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLarge) throw new PrecedentError('limit', 'the file inflates to more than its header says');
    throw new PrecedentError('unreadable', 'the gzip data is damaged or cut off');
  }
}
