/** The fields of a NIfTI-1 or NIfTI-2 header (nifti1.h, nifti2.h) as rows to read. */

import { constants, gunzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import type { HeaderRow } from '../contract/originalHeader.ts';
import { openForReading } from '../files/files.ts';
import { isGzip } from './header.ts';

type FieldType = 'int16' | 'int32' | 'int64' | 'float32' | 'float64' | 'uint8' | 'text';
/** Name, offset, type, how many. */
type Field = readonly [name: string, offset: number, type: FieldType, count: number];

const version1: readonly Field[] = [
  ['sizeof_hdr', 0, 'int32', 1], ['dim_info', 39, 'uint8', 1], ['dim', 40, 'int16', 8], ['intent_p1', 56, 'float32', 1],
  ['intent_p2', 60, 'float32', 1], ['intent_p3', 64, 'float32', 1], ['intent_code', 68, 'int16', 1], ['datatype', 70, 'int16', 1],
  ['bitpix', 72, 'int16', 1], ['slice_start', 74, 'int16', 1], ['pixdim', 76, 'float32', 8], ['vox_offset', 108, 'float32', 1],
  ['scl_slope', 112, 'float32', 1], ['scl_inter', 116, 'float32', 1], ['slice_end', 120, 'int16', 1], ['slice_code', 122, 'uint8', 1],
  ['xyzt_units', 123, 'uint8', 1], ['cal_max', 124, 'float32', 1], ['cal_min', 128, 'float32', 1], ['slice_duration', 132, 'float32', 1],
  ['toffset', 136, 'float32', 1], ['descrip', 148, 'text', 80], ['aux_file', 228, 'text', 24], ['qform_code', 252, 'int16', 1],
  ['sform_code', 254, 'int16', 1], ['quatern_b', 256, 'float32', 1], ['quatern_c', 260, 'float32', 1], ['quatern_d', 264, 'float32', 1],
  ['qoffset_x', 268, 'float32', 1], ['qoffset_y', 272, 'float32', 1], ['qoffset_z', 276, 'float32', 1], ['srow_x', 280, 'float32', 4],
  ['srow_y', 296, 'float32', 4], ['srow_z', 312, 'float32', 4], ['intent_name', 328, 'text', 16], ['magic', 344, 'text', 4],
]; // biome-ignore format: one table
const version2: readonly Field[] = [
  ['sizeof_hdr', 0, 'int32', 1], ['magic', 4, 'text', 8], ['datatype', 12, 'int16', 1], ['bitpix', 14, 'int16', 1],
  ['dim', 16, 'int64', 8], ['intent_p1', 80, 'float64', 1], ['intent_p2', 88, 'float64', 1], ['intent_p3', 96, 'float64', 1],
  ['pixdim', 104, 'float64', 8], ['vox_offset', 168, 'int64', 1], ['scl_slope', 176, 'float64', 1], ['scl_inter', 184, 'float64', 1],
  ['cal_max', 192, 'float64', 1], ['cal_min', 200, 'float64', 1], ['slice_duration', 208, 'float64', 1], ['toffset', 216, 'float64', 1],
  ['slice_start', 224, 'int64', 1], ['slice_end', 232, 'int64', 1], ['descrip', 240, 'text', 80], ['aux_file', 320, 'text', 24],
  ['qform_code', 344, 'int32', 1], ['sform_code', 348, 'int32', 1], ['quatern_b', 352, 'float64', 1], ['quatern_c', 360, 'float64', 1],
  ['quatern_d', 368, 'float64', 1], ['qoffset_x', 376, 'float64', 1], ['qoffset_y', 384, 'float64', 1], ['qoffset_z', 392, 'float64', 1],
  ['srow_x', 400, 'float64', 4], ['srow_y', 432, 'float64', 4], ['srow_z', 464, 'float64', 4], ['slice_code', 496, 'int32', 1],
  ['xyzt_units', 500, 'int32', 1], ['intent_code', 504, 'int32', 1], ['intent_name', 508, 'text', 16], ['dim_info', 524, 'uint8', 1],
]; // biome-ignore format: one table
const sizes = { version1: 348, version2: 540 } as const;
/** Free text in which anything may stand. */
const texts = new Set(['descrip', 'aux_file', 'intent_name']);

/** @throws PrecedentError `unreadable` */
export async function niftiHeaderRows(
  path: string,
  { masked }: { readonly masked: boolean },
): Promise<HeaderRow[]> {
  const file = await openForReading(path);
  try {
    const bytes = Buffer.alloc(8192);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return rowsOf(inflated(bytes.subarray(0, bytesRead)), masked);
  } finally {
    await file.close();
  }
}

function inflated(bytes: Uint8Array): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    throw new PrecedentError('unreadable', 'the gzip data is damaged');
  }
}

function rowsOf(bytes: Uint8Array, masked: boolean): HeaderRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const known = [true, false].flatMap((little) =>
    ([version1, version2] as const).map((fields, n) => ({
      fields,
      little,
      size: n === 0 ? sizes.version1 : sizes.version2,
    })),
  );
  const found = known.find(({ little, size }) => bytes.length >= size && view.getInt32(0, little) === size);
  if (!found) throw new PrecedentError('unreadable', 'not a NIfTI file');
  return found.fields.map(([name, offset, type, count]) => {
    const identifying = texts.has(name);
    const value = masked && identifying ? '' : valueAt(view, offset, type, count, found.little);
    return { path: name, depth: 0, tag: '', name, vr: type, value, cut: false, private: false, identifying };
  });
}

const readers: Readonly<
  Record<
    Exclude<FieldType, 'text'>,
    readonly [bytes: number, read: (view: DataView, at: number, little: boolean) => number]
  >
> = {
  uint8: [1, (view, at) => view.getUint8(at)],
  int16: [2, (view, at, little) => view.getInt16(at, little)],
  int32: [4, (view, at, little) => view.getInt32(at, little)],
  int64: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  float32: [4, (view, at, little) => Number(view.getFloat32(at, little).toPrecision(7))],
  float64: [8, (view, at, little) => view.getFloat64(at, little)],
};

function valueAt(view: DataView, offset: number, type: FieldType, count: number, little: boolean): string {
  if (type === 'text') {
    const text = Buffer.from(view.buffer, view.byteOffset + offset, count).toString('latin1');
    return text.split('\0')[0];
  }
  const [size, read] = readers[type];
  return Array.from({ length: count }, (_, n) => read(view, offset + n * size, little)).join(', ');
}
