/**
 * The voxel file: one decoded volume on disk, each slice compressed and checked on its own, so that any slice range or
 * box is read without the rest.
 *
 * Layout: the magic "PVOX0001", the header's length as uint32 LE, the header as UTF-8 JSON, the slices in ascending k.
 * A slice is dims[0]·dims[1] little-endian Int16 or Float32 values in HU, i fastest, compressed with zstd. `slices` gives for
 * each its offset from the end of the header, its compressed length and the CRC-32 of the compressed bytes; the header
 * ends the same way: `headerCrc` follows it as uint32 LE.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import { direction, vec3 } from '../contract/model.ts';
import { writeFileAtomic } from '../files/files.ts';
import { type Box, boxDims, type Grid, indexToWorld, type Volume } from './volume.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const magic = Buffer.from('PVOX0001');
const largestHeader = 16 * 1024 * 1024;

const headerSchema = z.object({
  dims: vec3,
  spacing: vec3,
  origin: vec3,
  direction,
  dtype: z.enum(['int16', 'float32']),
  slices: z.array(
    z.object({ offset: z.number().int().min(0), bytes: z.number().int().min(1), crc: z.number().int() }),
  ),
});
export type VoxelHeader = z.infer<typeof headerSchema>;

/** Writes a volume as a voxel file, complete or not at all. */
export async function writeVoxelFile(path: string, volume: Volume): Promise<void> {
  const [ni, nj, nk] = volume.dims;
  const { voxels } = volume;
  const slices: VoxelHeader['slices'] = [];
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (let k = 0; k < nk; k++) {
    const slice = voxels.subarray(k * ni * nj, (k + 1) * ni * nj);
    const raw = new Uint8Array(slice.buffer, slice.byteOffset, slice.byteLength);
    const packed = await compress(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    slices.push({ offset, bytes: packed.length, crc: crc32(packed) });
    chunks.push(packed);
    offset += packed.length;
  }
  const header: VoxelHeader = {
    dims: [ni, nj, nk],
    spacing: [...volume.spacing],
    origin: [...volume.origin],
    direction: [...volume.direction],
    dtype: voxels instanceof Int16Array ? 'int16' : 'float32',
    slices,
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(json));
  await writeFileAtomic(path, [magic, length, json, crc, ...chunks]);
}

/** An open voxel file. Every slice is verified when it is read. */
export class VoxelFile {
  readonly header: VoxelHeader;
  readonly #file: FileHandle;
  readonly #start: number;

  constructor(file: FileHandle, header: VoxelHeader, start: number) {
    this.#file = file;
    this.header = header;
    this.#start = start;
  }

  /** Slice k: dims[0]·dims[1] values in HU. Throws `corrupt` when its bytes are not the ones written. */
  async readSlice(k: number): Promise<Int16Array | Float32Array> {
    const { dims, dtype, slices } = this.header;
    const entry = slices[k];
    if (!entry) throw new PrecedentError('usage', `the volume has no slice ${k}`);
    const packed = Buffer.alloc(entry.bytes);
    const { bytesRead } = await this.#file.read(packed, 0, entry.bytes, this.#start + entry.offset);
    if (bytesRead !== entry.bytes || crc32(packed) !== entry.crc) throw damaged();
    const size = dims[0] * dims[1] * (dtype === 'int16' ? 2 : 4);
    const raw = await decompress(packed, { maxOutputLength: size }).catch(() => {
      throw damaged();
    });
    if (raw.length !== size) throw damaged();
    const aligned = raw.buffer.slice(raw.byteOffset, raw.byteOffset + size) as ArrayBuffer;
    return dtype === 'int16' ? new Int16Array(aligned) : new Float32Array(aligned);
  }

  /** The voxels of an inclusive box as a volume of their own. */
  async readBox(box: Box): Promise<Volume> {
    const { dims, dtype } = this.header;
    if (
      box[0] < 0 ||
      box[1] < 0 ||
      box[2] < 0 ||
      box[3] >= dims[0] ||
      box[4] >= dims[1] ||
      box[5] >= dims[2]
    ) {
      throw new PrecedentError('usage', 'the box lies outside the volume');
    }
    const [ni, nj, nk] = boxDims(box);
    const voxels = dtype === 'int16' ? new Int16Array(ni * nj * nk) : new Float32Array(ni * nj * nk);
    for (let k = 0; k < nk; k++) {
      const slice = await this.readSlice(box[2] + k);
      for (let j = 0; j < nj; j++) {
        const from = box[0] + dims[0] * (box[1] + j);
        voxels.set(slice.subarray(from, from + ni), ni * (j + nj * k));
      }
    }
    const origin = indexToWorld(this.grid, [box[0], box[1], box[2]]);
    return { ...this.grid, dims: [ni, nj, nk], origin, voxels };
  }

  /** The whole volume. */
  readAll(): Promise<Volume> {
    const [ni, nj, nk] = this.header.dims;
    return this.readBox([0, 0, 0, ni - 1, nj - 1, nk - 1]);
  }

  get grid(): Grid {
    const { dims, spacing, origin, direction: axes } = this.header;
    return { dims, spacing, origin, direction: axes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Opens a voxel file read-only. Throws `not-found`, or `corrupt` when its header fails its check. */
export async function openVoxelFile(path: string): Promise<VoxelFile> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new PrecedentError('not-found', 'the voxels of this volume are missing');
    throw PrecedentError.from(error);
  });
  try {
    const start = Buffer.alloc(12);
    await file.read(start, 0, 12, 0);
    const length = start.readUInt32LE(8);
    if (!start.subarray(0, 8).equals(magic) || length > largestHeader) throw damaged();
    const json = Buffer.alloc(length + 4);
    const { bytesRead } = await file.read(json, 0, json.length, 12);
    if (bytesRead !== json.length || json.readUInt32LE(length) !== crc32(json.subarray(0, length)))
      throw damaged();
    const header = headerSchema.safeParse(JSON.parse(json.toString('utf8', 0, length)));
    if (!header.success || header.data.slices.length !== header.data.dims[2]) throw damaged();
    return new VoxelFile(file, header.data, 16 + length);
  } catch (error) {
    await file.close();
    throw error instanceof SyntaxError ? damaged() : error;
  }
}

function damaged(): PrecedentError {
  return new PrecedentError(
    'corrupt',
    'the stored voxels of this volume are damaged',
    undefined,
    'run verify --repair to rebuild them from the original images',
  );
}
