/** Reads NIfTI images and masks into volumes and masks in LPS, and writes them for export. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import {
  boxDims,
  type Grid,
  indexToWorld,
  type Mask,
  type Vec3,
  type Volume,
  worldToIndex,
} from '../volume/volume.ts';
import { isGzip, type NiftiHeader, type NiftiValues, niftiHeaderOf, parseNiftiHeader } from './header.ts';

/** What may follow the voxels of a file before inflating it stops. */
const trailingBytes = 2 ** 20;
const maxVoxelOffset = 64 * 2 ** 20;
/** Two grids are the same where no corner is further apart than this part of a voxel. */
const sameGridTolerance = 0.1;
const maxLabels = 1024;

/**
 * A NIfTI-1 or -2 image, gzipped or not, in the file's own voxel order: value · scl_slope + scl_inter taken for HU,
 * Int16 where every value is exact, else Float32. Values that are not finite become the lowest finite one.
 * @throws PrecedentError `unreadable`, `unsupported` or `limit`
 */
export function readNifti(bytes: Uint8Array): { volume: Volume; warnings: string[] } {
  const { header, values } = readValues(bytes);
  const warnings: string[] = [];
  if (!header.positioned)
    warnings.push('the NIfTI file gives no orientation: its axes are taken for right, anterior, up');
  const filled = fillNonFinite(values);
  if (filled > 0) warnings.push(`${filled} voxels without a finite value were set to the lowest one`);
  return { volume: { ...header.grid, voxels: huArray(values) }, warnings };
}

/**
 * The labels of a NIfTI mask on the grid of its image: one mask for each value other than 0, ascending. A mask on
 * another grid is taken over by the nearest voxel, with a warning.
 * @throws PrecedentError `unreadable`, `limit`; `unsupported` when the values are no labels or nothing lies inside
 */
export function readNiftiMask(
  bytes: Uint8Array,
  grid: Grid,
): { labels: { value: number; mask: Mask }[]; warnings: string[] } {
  const { header, values } = readValues(bytes);
  const warnings: string[] = [];
  const sameDims = header.grid.dims.every((side, n) => side === grid.dims[n]);
  if (!values.every((value) => value >= 0 && value <= 65535)) {
    throw new PrecedentError('unsupported', 'the mask holds values that are not labels');
  }
  if (sameDims && !header.positioned) {
    warnings.push('the mask gives no position: it is taken to lie on its image voxel by voxel');
    return { labels: masksOf(values, grid), warnings };
  }
  if (sameDims && sameGrid(header.grid, grid)) return { labels: masksOf(values, grid), warnings };
  const labels = masksOf(resampleNearest(values, header.grid, grid), grid);
  if (labels.length === 0 && values.some((value) => Math.round(value) !== 0)) {
    throw new PrecedentError('unsupported', 'the mask lies outside its image');
  }
  warnings.push('the mask has another grid than its image and was resampled to the nearest voxel');
  return { labels, warnings };
}

/**
 * A gzipped NIfTI-1 file of a grid: `data` in the order i, j, k, as int16, float32 or uint8 by its type; sform
 * (code 1, scanner) in RAS mm. Read back with `readNifti` the voxels are identical, the geometry to float32.
 * @throws PrecedentError `usage` when the data does not fill the grid, `limit` when a side does not fit the format
 */
export function writeNifti(grid: Grid, data: Int16Array | Float32Array | Uint8Array): Uint8Array {
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
  return gzipSync(out);
}

function readValues(bytes: Uint8Array): { header: NiftiHeader; values: NiftiValues } {
  const early = niftiHeaderOf(bytes);
  const count = early.grid.dims[0] * early.grid.dims[1] * early.grid.dims[2];
  if (early.voxelOffset > maxVoxelOffset) throw new PrecedentError('limit', 'the NIfTI header is too long');
  const end = early.voxelOffset + count * early.type.bytes;
  const inflated = isGzip(bytes) ? inflate(bytes, end + trailingBytes) : bytes;
  if (inflated.length < end) throw new PrecedentError('unreadable', 'the file is cut off inside its voxels');
  const header = parseNiftiHeader(inflated);
  const { type, voxelOffset, slope, intercept } = header;
  const stored = storedValues(inflated.subarray(voxelOffset, voxelOffset + count * type.bytes), header);
  if (slope === 1 && intercept === 0) return { header, values: stored };
  const values = new Float64Array(count);
  for (let n = 0; n < count; n++) values[n] = stored[n] * slope + intercept;
  return { header, values };
}

function storedValues(bytes: Uint8Array, { type, littleEndian }: NiftiHeader): NiftiValues {
  // Every platform that Precedent runs on is little-endian; a copy gives the alignment that the array needs.
  if (littleEndian) return new type.array(Uint8Array.from(bytes).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new type.array(bytes.length / type.bytes);
  for (let n = 0; n < values.length; n++) values[n] = type.read(view, n * type.bytes, false);
  return values;
}

/** Int16 when every value is an integer in its range, else Float32. */
function huArray(values: NiftiValues): Int16Array | Float32Array {
  const exact = new Int16Array(values);
  if (values instanceof Int16Array) return exact;
  for (let n = 0; n < exact.length; n++) if (exact[n] !== values[n]) return new Float32Array(values);
  return exact;
}

function inflate(bytes: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (thrown) {
    const tooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLarge) throw new PrecedentError('limit', 'the file inflates to more than its header says');
    throw new PrecedentError('unreadable', 'the gzip data is damaged or cut off');
  }
}

function fillNonFinite(values: NiftiValues): number {
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

function masksOf(values: NiftiValues, { dims }: Grid): { value: number; mask: Mask }[] {
  const boxes = new Map<number, [number, number, number, number, number, number]>();
  for (let k = 0, n = 0; k < dims[2]; k++) {
    for (let j = 0; j < dims[1]; j++) {
      for (let i = 0; i < dims[0]; i++, n++) {
        const value = Math.round(values[n]);
        if (value === 0) continue;
        const box = boxes.get(value);
        if (!box) {
          if (boxes.size === maxLabels)
            throw new PrecedentError('unsupported', `more than ${maxLabels} labels in a mask`);
          boxes.set(value, [i, j, k, i, j, k]);
          continue;
        }
        box[0] = Math.min(box[0], i);
        box[1] = Math.min(box[1], j);
        box[3] = Math.max(box[3], i);
        box[4] = Math.max(box[4], j);
        box[5] = k;
      }
    }
  }
  return [...boxes]
    .sort(([a], [b]) => a - b)
    .map(([value, box]) => {
      const [ni, nj, nk] = boxDims(box);
      const bits = new Uint8Array(ni * nj * nk);
      for (let k = 0, n = 0; k < nk; k++) {
        for (let j = 0; j < nj; j++) {
          const row = box[0] + dims[0] * (box[1] + j + dims[1] * (box[2] + k));
          for (let i = 0; i < ni; i++, n++) bits[n] = Math.round(values[row + i]) === value ? 1 : 0;
        }
      }
      return { value, mask: { box, bits } };
    });
}

function sameGrid(a: Grid, b: Grid): boolean {
  const last: Vec3 = [a.dims[0] - 1, a.dims[1] - 1, a.dims[2] - 1];
  const corners: Vec3[] = [[0, 0, 0], [last[0], 0, 0], [0, last[1], 0], [0, 0, last[2]], last];
  return corners.every((corner) => {
    const there = worldToIndex(b, indexToWorld(a, corner));
    return there.every((value, n) => Math.abs(value - corner[n]) <= sameGridTolerance);
  });
}

/** The label at each voxel centre of `to`, 0 outside; voxel steps of `to` are affine in the indices of `from`. */
function resampleNearest(values: NiftiValues, from: Grid, to: Grid): NiftiValues {
  const at = (i: number, j: number, k: number) => worldToIndex(from, indexToWorld(to, [i, j, k]));
  const origin = at(0, 0, 0);
  const steps = [at(1, 0, 0), at(0, 1, 0), at(0, 0, 1)].map((end) =>
    end.map((value, n) => value - origin[n]),
  );
  const out = new Int32Array(to.dims[0] * to.dims[1] * to.dims[2]);
  for (let k = 0, n = 0; k < to.dims[2]; k++) {
    for (let j = 0; j < to.dims[1]; j++) {
      for (let i = 0; i < to.dims[0]; i++, n++) {
        const x = Math.round(origin[0] + i * steps[0][0] + j * steps[1][0] + k * steps[2][0]);
        const y = Math.round(origin[1] + i * steps[0][1] + j * steps[1][1] + k * steps[2][1]);
        const z = Math.round(origin[2] + i * steps[0][2] + j * steps[1][2] + k * steps[2][2]);
        const inside = x >= 0 && y >= 0 && z >= 0 && x < from.dims[0] && y < from.dims[1] && z < from.dims[2];
        if (inside) out[n] = Math.round(values[x + from.dims[0] * (y + from.dims[1] * z)]);
      }
    }
  }
  return out;
}
