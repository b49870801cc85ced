/** Turns a request for slices or a box of a volume into a stream of bytes; every slice is verified before it is sent. */
import { PrecedentError } from '../native/contract/errors.ts';
import { type Box, boxDims, type Vec3 } from '../native/volume/volume.ts';
import { openVoxelFile } from '../native/volume/voxelFile.ts';

const slicesPattern = /^(\d{1,6})-(\d{1,6})$/;
const boxPattern = /^(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})$/;

export type VoxelRange = { readonly slices: readonly [number, number] } | { readonly box: Box };

/** Reads `slices=a-b` or `box=i0,j0,k0,i1,j1,k1`, exactly one of them and nothing else; null when it is neither. */
export function parseVoxelRange(search: URLSearchParams): VoxelRange | null {
  const entries = [...search];
  const [name, value] = entries[0] ?? [];
  if (entries.length !== 1 || value === undefined) return null;
  if (name === 'slices') {
    const match = slicesPattern.exec(value);
    return match ? { slices: [Number(match[1]), Number(match[2])] } : null;
  }
  const match = name === 'box' ? boxPattern.exec(value) : null;
  if (!match) return null;
  const [i0, j0, k0, i1, j1, k1] = match.slice(1).map(Number);
  return { box: [i0, j0, k0, i1, j1, k1] };
}

/** The inclusive box that a range means on a grid, or null where it is empty or reaches outside. */
function rangeBox(range: VoxelRange, dims: Vec3): Box | null {
  const box: Box =
    'box' in range ? range.box : [0, 0, range.slices[0], dims[0] - 1, dims[1] - 1, range.slices[1]];
  const ordered = box[0] <= box[3] && box[1] <= box[4] && box[2] <= box[5];
  const inside = box[3] < dims[0] && box[4] < dims[1] && box[5] < dims[2];
  return ordered && inside ? box : null;
}

type Slice = Int16Array | Float32Array;

/** The part of one slice inside a box, i fastest; the slice itself where the box covers it. */
function cropSlice(slice: Slice, rowLength: number, box: Box): Slice {
  const [ni, nj] = boxDims(box);
  if (ni * nj === slice.length) return slice;
  const part = slice instanceof Int16Array ? new Int16Array(ni * nj) : new Float32Array(ni * nj);
  for (let j = 0; j < nj; j++) {
    const from = box[0] + rowLength * (box[1] + j);
    part.set(slice.subarray(from, from + ni), ni * j);
  }
  return part;
}

function bytesOf(slice: Slice): Uint8Array<ArrayBuffer> {
  return new Uint8Array(slice.buffer as ArrayBuffer, slice.byteOffset, slice.byteLength);
}

export interface VoxelBody {
  readonly bytes: number;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Little-endian voxels of a range, one slice at a time, i fastest then j then k; the file is closed when the stream ends
 * or is given up. The first slice is read before the reply begins, so that its damage becomes an error and not a torn
 * body. Returns null for a range outside the volume; throws `corrupt` for a slice that fails its check.
 */
export async function streamVoxels(path: string, range: VoxelRange): Promise<VoxelBody | null> {
  const file = await openVoxelFile(path);
  try {
    const { dims, dtype } = file.header;
    const box = rangeBox(range, dims);
    if (!box) {
      await file.close();
      return null;
    }
    const read = async (k: number) => bytesOf(cropSlice(await file.readSlice(k), dims[0], box));
    let next: Uint8Array<ArrayBuffer> | null = await read(box[2]);
    let k = box[2];
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          try {
            controller.enqueue(next ?? (await read(k)));
            next = null;
            k += 1;
            if (k <= box[5]) return;
            await file.close();
            controller.close();
          } catch (error) {
            await file.close();
            controller.error(PrecedentError.from(error));
          }
        },
        cancel: () => file.close(),
      },
      { highWaterMark: 1 },
    );
    const [ni, nj, nk] = boxDims(box);
    return { bytes: ni * nj * nk * (dtype === 'int16' ? 2 : 4), stream };
  } catch (error) {
    await file.close();
    throw error;
  }
}
