/**
 * The voxel file: one decoded volume on disk, each slice compressed and checked on its own, so that any slice range or
 * box is read without the rest, and written one slice after another, so that no more than a slice is held.
 *
 * Layout: the magic "PVOX0002", the slices in ascending k without gaps, the header as UTF-8 JSON, its length and its
 * CRC-32 as uint32 LE each, the magic again. A slice is dims[0]·dims[1] little-endian Int16 or Float32 values in HU, i
 * fastest, compressed with zstd; the header's `slices` gives for each its compressed length and the CRC-32 of the
 * compressed bytes. The lengths must add up to where the header begins: every byte of the file is accounted for.
 */
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import { direction, vec3 } from '../contract/model.ts';
import { type AtomicFile, createFileAtomic, openForReading } from '../files/files.ts';
import type { ReadableFile } from '../files/readable.ts';
import { type Box, boxDims, type Grid, indexToWorld, type Volume } from './volume.ts';

const compress = promisify(zstdCompress);
const decompressAside = promisify(zstdDecompress);
/** With two cores the other one is at the model; handing a slice to another thread then costs more than it brings. */
const aside = availableParallelism() > 2;
/** A slice's worth of output comes in one piece, not in dozens that each pass through the event loop. */
const packOptions = { chunkSize: 2 ** 20, params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const magic = Buffer.from('PVOX0002');
const footerBytes = 8 + magic.length;
/** zlib takes no smaller one; else a slice comes in one piece. */
const leastChunk = 64;
/** The cores are used, and no more than these are held unpacked. */
const slicesAtOnce = 8;
const largestHeader = 16 * 1024 * 1024;

const headerSchema = z.object({
  dims: vec3,
  spacing: vec3,
  origin: vec3,
  direction,
  dtype: z.enum(['int16', 'float32']),
  slices: z.array(z.object({ bytes: z.number().int().min(1), crc: z.number().int() })),
});
export type VoxelHeader = z.infer<typeof headerSchema>;
export type VoxelType = VoxelHeader['dtype'];

/** Writes a voxel file slice by slice; it is at its path only after `commit`. */
class VoxelFileWriter {
  readonly #file: AtomicFile;
  readonly #grid: Grid;
  readonly #dtype: VoxelType;
  readonly #slices: VoxelHeader['slices'] = [];
  #begun = 0;
  /** The last slice on its way into the file. */
  #writing: Promise<void> = Promise.resolve();

  constructor(file: AtomicFile, grid: Grid, dtype: VoxelType) {
    this.#file = file;
    this.#grid = grid;
    this.#dtype = dtype;
  }

  /**
   * Appends the next slice in ascending k: dims[0]·dims[1] values in HU of the file's type, which stay as they are from now
   * on. Returns when the slice before is written: this one is compressed while the caller decodes the next.
   */
  async writeSlice(values: Int16Array | Float32Array): Promise<void> {
    const [ni, nj, nk] = this.#grid.dims;
    const fits = values instanceof Int16Array === (this.#dtype === 'int16') && values.length === ni * nj;
    if (!fits || this.#begun === nk)
      throw new PrecedentError('internal', 'a slice does not fit into its voxel file');
    this.#begun++;
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const packing = compress(raw, packOptions);
    const before = this.#writing;
    this.#writing = Promise.all([packing, before]).then(async ([packed]) => {
      await this.#file.write(packed);
      this.#slices.push({ bytes: packed.length, crc: crc32(packed) });
    });
    // A fault is thrown by the next call; nobody waits for the promise before that.
    this.#writing.catch(() => undefined);
    await before;
  }

  /** Ends the file, fsyncs it and moves it to its path. Throws `internal` when slices are missing. */
  async commit(): Promise<void> {
    await this.#writing;
    const { dims, spacing, origin, direction: axes } = this.#grid;
    if (this.#slices.length !== dims[2])
      throw new PrecedentError('internal', 'slices of a voxel file are missing');
    const header: VoxelHeader = {
      dims: [...dims],
      spacing: [...spacing],
      origin: [...origin],
      direction: [...axes],
      dtype: this.#dtype,
      slices: this.#slices,
    };
    const json = Buffer.from(JSON.stringify(header));
    const footer = Buffer.alloc(8);
    footer.writeUInt32LE(json.length, 0);
    footer.writeUInt32LE(crc32(json), 4);
    await this.#file.write(Buffer.concat([json, footer, magic]));
    await this.#file.commit();
  }

  /** Removes what was written; nothing happens after a commit. */
  async abandon(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.abandon();
  }
}

/** Begins a voxel file that is written slice by slice. The caller ends it with `commit` or `abandon`. Throws `storage`. */
export async function createVoxelFile(path: string, grid: Grid, dtype: VoxelType): Promise<VoxelFileWriter> {
  const file = await createFileAtomic(path);
  try {
    await file.write(magic);
  } catch (error) {
    await file.abandon();
    throw error;
  }
  return new VoxelFileWriter(file, grid, dtype);
}

/** Writes a volume as a voxel file, complete or not at all. */
export async function writeVoxelFile(path: string, volume: Volume): Promise<void> {
  const [ni, nj, nk] = volume.dims;
  const { voxels } = volume;
  const writer = await createVoxelFile(path, volume, voxels instanceof Int16Array ? 'int16' : 'float32');
  try {
    for (let k = 0; k < nk; k++) await writer.writeSlice(voxels.subarray(k * ni * nj, (k + 1) * ni * nj));
    await writer.commit();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** An open voxel file. Every slice is verified when it is read. */
export class VoxelFile {
  readonly header: VoxelHeader;
  readonly #file: ReadableFile;
  readonly #offsets: readonly number[];
  /** Unpacked slices that are kept, the one used last at the end. */
  readonly #kept = new Map<number, Int16Array | Float32Array>();
  #keepBytes = 0;

  /** @param offsets where each slice begins in the file */
  constructor(file: ReadableFile, header: VoxelHeader, offsets: readonly number[]) {
    this.#file = file;
    this.header = header;
    this.#offsets = offsets;
  }

  /** From now on keeps up to so many bytes of the slices that boxes need: for several boxes that overlap. */
  keepSlices(bytes: number): void {
    this.#keepBytes = bytes;
  }

  /** Slice k: dims[0]·dims[1] values in HU. Throws `corrupt` when its bytes are not the ones written. */
  async readSlice(k: number): Promise<Int16Array | Float32Array> {
    const entry = this.header.slices[k];
    if (!entry) throw new PrecedentError('usage', `the volume has no slice ${k}`);
    return this.#unpack(k, await this.#readBytes(this.#offsets[k], entry.bytes));
  }

  async #readBytes(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    if (bytesRead !== length) throw damaged();
    return bytes;
  }

  async #unpack(k: number, packed: Buffer): Promise<Int16Array | Float32Array> {
    const { dims, dtype, slices } = this.header;
    if (crc32(packed) !== slices[k].crc) throw damaged();
    const size = dims[0] * dims[1] * (dtype === 'int16' ? 2 : 4);
    const options = { maxOutputLength: size, chunkSize: Math.max(leastChunk, size) };
    let raw: Buffer;
    try {
      raw = aside ? await decompressAside(packed, options) : zstdDecompressSync(packed, options);
    } catch {
      throw damaged();
    }
    if (raw.length !== size) throw damaged();
    const aligned = raw.byteOffset % 4 === 0 ? raw : new Uint8Array(raw);
    const { buffer, byteOffset } = aligned;
    const length = dims[0] * dims[1];
    return dtype === 'int16'
      ? new Int16Array(buffer, byteOffset, length)
      : new Float32Array(buffer, byteOffset, length);
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
    const take = async (k: number, packed: Buffer) => {
      const slice = this.#kept.get(k) ?? (await this.#unpack(k, packed));
      this.#keep(k, slice);
      for (let j = 0; j < nj; j++) {
        const from = box[0] + dims[0] * (box[1] + j);
        voxels.set(slice.subarray(from, from + ni), ni * (j + nj * (k - box[2])));
      }
    };
    // Neighbouring slices lie one after the other in the file: one read for a few, which are unpacked side by side.
    for (let k = box[2]; k <= box[5]; k += slicesAtOnce) {
      const few = this.header.slices.slice(k, Math.min(k + slicesAtOnce, box[5] + 1));
      const begin = this.#offsets[k];
      const bytes = await this.#readBytes(
        begin,
        few.reduce((sum, slice) => sum + slice.bytes, 0),
      );
      const packed = few.map((slice, n) => {
        const from = this.#offsets[k + n] - begin;
        return bytes.subarray(from, from + slice.bytes);
      });
      for (const taken of await Promise.allSettled(packed.map((one, n) => take(k + n, one))))
        if (taken.status === 'rejected') throw taken.reason;
    }
    const origin = indexToWorld(this.grid, [box[0], box[1], box[2]]);
    return { ...this.grid, dims: [ni, nj, nk], origin, voxels };
  }

  #keep(k: number, slice: Int16Array | Float32Array): void {
    this.#kept.delete(k);
    this.#kept.set(k, slice);
    const most = Math.floor(this.#keepBytes / slice.byteLength);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= most) break;
      this.#kept.delete(oldest);
    }
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
  const file = await openForReading(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new PrecedentError('not-found', 'the voxels of this volume are missing');
    throw PrecedentError.from(error);
  });
  try {
    const { header, begin } = await readVoxelHeader(file);
    const offsets: number[] = [];
    let end = magic.length;
    for (const { bytes } of header.slices) {
      offsets.push(end);
      end += bytes;
    }
    if (end !== begin || offsets.length !== header.dims[2]) throw damaged();
    return new VoxelFile(file, header, offsets);
  } catch (error) {
    await file.close();
    throw error instanceof SyntaxError ? damaged() : error;
  }
}

/** The header, checked, and where it begins. Throws `corrupt`, or SyntaxError for damaged JSON under a right checksum. */
async function readVoxelHeader(file: ReadableFile): Promise<{ header: VoxelHeader; begin: number }> {
  const { size } = await file.stat();
  const readAt = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    if (bytesRead !== length) throw damaged();
    return bytes;
  };
  if (size < magic.length + footerBytes || !(await readAt(0, magic.length)).equals(magic)) throw damaged();
  const footer = await readAt(size - footerBytes, footerBytes);
  const length = footer.readUInt32LE(0);
  const begin = size - footerBytes - length;
  if (!footer.subarray(8).equals(magic) || length > largestHeader || begin < magic.length) throw damaged();
  const json = await readAt(begin, length);
  if (crc32(json) !== footer.readUInt32LE(4)) throw damaged();
  const header = headerSchema.safeParse(JSON.parse(json.toString('utf8')));
  if (!header.success) throw damaged();
  return { header: header.data, begin };
}

function damaged(): PrecedentError {
  return new PrecedentError(
    'corrupt',
    'the stored voxels of this volume are damaged',
    undefined,
    'run verify --repair to rebuild them from the original images',
  );
}
