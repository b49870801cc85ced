/** Reads NIfTI images and masks into volumes and masks in LPS, and writes them for export. */
import { gzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import { type LabelImage, labelMasks } from '../volume/labelMasks.ts';
import { gunzip, huVoxels, maxSampleBytes, readSamples, type Samples } from '../volume/samples.ts';
import type { Grid, Mask, Volume } from '../volume/volume.ts';
import { isGzip, niftiHeaderOf, parseNiftiHeader } from './header.ts';

/** What may follow the voxels of a file before inflating it stops. */
const trailingBytes = 2 ** 20;
const maxVoxelOffset = 64 * 2 ** 20;
/** Names of labels stand in the first part of an extension; what lies beyond is not looked at. */
const maxExtensionBytes = 2 ** 20;

/**
 * A NIfTI-1 or -2 image, gzipped or not, in the file's own voxel order: value · scl_slope + scl_inter taken for HU,
 * Int16 where every value is exact, else Float32. Values that are not finite become the lowest finite one.
 * @throws PrecedentError `unreadable`, `unsupported` or `limit`
 */
export function readNifti(bytes: Uint8Array): { volume: Volume; warnings: string[] } {
  const { grid, positioned, values } = readNiftiLabels(bytes);
  const warnings: string[] = [];
  if (!positioned)
    warnings.push('the NIfTI file gives no orientation: its axes are taken for right, anterior, up');
  return { volume: { ...grid, voxels: huVoxels(values, warnings) }, warnings };
}

/**
 * The labels of a NIfTI mask on the grid of its image: one mask for each value other than 0, ascending, all in memory
 * (`labelMasks` yields one at a time). A mask on another grid is taken over by the nearest voxel, with a warning.
 * @throws PrecedentError `unreadable`, `limit`; `unsupported` when the values are no labels or nothing lies inside
 */
export function readNiftiMask(
  bytes: Uint8Array,
  grid: Grid,
): { labels: { value: number; mask: Mask }[]; warnings: string[] } {
  const warnings: string[] = [];
  const labels = Array.from(labelMasks(readNiftiLabels(bytes), grid, warnings), ({ value, mask }) => ({
    value,
    mask,
  }));
  return { labels, warnings };
}

/**
 * The values of a NIfTI mask where the file puts them, and the names that it gives them.
 * @throws PrecedentError `unreadable`, `unsupported` or `limit`
 */
export function readNiftiLabels(bytes: Uint8Array): LabelImage & { names: ReadonlyMap<number, string> } {
  const early = niftiHeaderOf(bytes);
  const count = early.grid.dims[0] * early.grid.dims[1] * early.grid.dims[2];
  if (early.voxelOffset > maxVoxelOffset) throw new PrecedentError('limit', 'the NIfTI header is too long');
  const end = early.voxelOffset + count * early.type.bytes;
  if (count * early.type.bytes > maxSampleBytes)
    throw new PrecedentError('limit', 'the image has too many voxels');
  const isPacked = isGzip(bytes);
  const inflated = isPacked ? gunzip(bytes, end + trailingBytes) : bytes;
  if (inflated.length < end) throw new PrecedentError('unreadable', 'the file is cut off inside its voxels');
  const { type, voxelOffset, slope, intercept, littleEndian, grid, positioned } = parseNiftiHeader(inflated);
  const stored = readSamples(
    inflated.subarray(voxelOffset, voxelOffset + count * type.bytes),
    type,
    littleEndian,
    isPacked,
  );
  const names = labelTable(inflated.subarray(0, Math.min(voxelOffset, maxExtensionBytes)));
  return { grid, positioned, values: scaled(stored, slope, intercept), names };
}

/** The label table in the XML extension (code 30) that Connectome Workbench and TotalSegmentator write. */
function labelTable(beginning: Uint8Array): Map<number, string> {
  const text = new TextDecoder('utf-8').decode(beginning);
  const labels = text.matchAll(
    /<Label [^<>]{0,200}?Key="(\d{1,5})"[^<>]{0,200}>(?:<!\[CDATA\[)?([^<>\]]{1,200})/g,
  );
  return new Map([...labels].map(([, key, name]) => [Number(key), name.trim()]));
}

function scaled(stored: Samples, slope: number, intercept: number): Samples {
  if (slope === 1 && intercept === 0) return stored;
  const values = new Float64Array(stored.length);
  for (let n = 0; n < stored.length; n++) values[n] = stored[n] * slope + intercept;
  return values;
}

/** `niftiFile`, gzipped. */
export function writeNifti(grid: Grid, data: Int16Array | Float32Array | Uint8Array): Uint8Array {
  return gzipSync(niftiFile(grid, data));
}

/**
 * A NIfTI-1 file of a grid: `data` in the order i, j, k, as int16, float32 or uint8 by its type; sform
 * (code 1, scanner) in RAS mm. Read back with `readNifti` the voxels are identical, the geometry to float32.
 * @throws PrecedentError `usage` when the data does not fill the grid, `limit` when a side does not fit the format
 */
export function niftiFile(grid: Grid, data: Int16Array | Float32Array | Uint8Array): Uint8Array {
  const { dims, spacing, direction: d, origin } = grid;
  if (data.length !== dims[0] * dims[1] * dims[2])
    throw new PrecedentError('usage', 'the data does not fill the grid');
  if (dims.some((side) => side > 32_767))
    throw new PrecedentError('limit', 'NIfTI-1 allows 32,767 voxels a side');
  const [datatype, bytes] =
    data instanceof Int16Array ? [4, 2] : data instanceof Float32Array ? [16, 4] : [2, 1];
  const out = Buffer.alloc(352 + data.length * bytes);
  out.writeInt32LE(348, 0);
  for (const [n, value] of [3, ...dims, 1, 1, 1, 1].entries()) out.writeInt16LE(value, 40 + 2 * n);
  out.writeInt16LE(datatype, 70);
  out.writeInt16LE(8 * bytes, 72);
  for (const [n, value] of [1, ...spacing, 1, 1, 1, 1].entries()) out.writeFloatLE(value, 76 + 4 * n);
  out.writeFloatLE(352, 108);
  out.writeFloatLE(1, 112);
  out.writeUInt8(2, 123);
  out.writeInt16LE(1, 254);
  for (let row = 0; row < 3; row++) {
    const sign = row < 2 ? -1 : 1;
    const values = [d[row] * spacing[0], d[3 + row] * spacing[1], d[6 + row] * spacing[2], origin[row]];
    for (const [n, value] of values.entries()) out.writeFloatLE(sign * value + 0, 280 + 16 * row + 4 * n);
  }
  out.write('n+1\0', 344, 'latin1');
  const view = new DataView(out.buffer, out.byteOffset + 352);
  if (bytes === 2) for (let n = 0; n < data.length; n++) view.setInt16(2 * n, data[n], true);
  else if (bytes === 4) for (let n = 0; n < data.length; n++) view.setFloat32(4 * n, data[n], true);
  else out.set(data, 352);
  return out;
}
