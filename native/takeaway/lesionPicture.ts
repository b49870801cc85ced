/** A lesion on paper: a slice through it or beside it, its outline drawn, in a given window and at a given scale. */
import { encode } from 'fast-png';
import type { Plane } from '../contract/mark.ts';
import { sampleVolume } from '../encoder/sampling.ts';
import type { EmbedRegion } from '../encoder/voxelSource.ts';
import {
  type Box,
  boxDims,
  type Grid,
  indexToWorld,
  type Mask,
  type Vec3,
  type VoxelSource,
  worldToIndex,
} from '../volume/volume.ts';

export interface PictureView {
  /** In HU. */
  readonly window: { readonly width: number; readonly center: number };
  /** The side of the square that is shown, in mm. */
  readonly fieldMm: number;
  /** Of the outline: red, green, blue. */
  readonly color: readonly [number, number, number];
  /** Axial unless another is named. */
  readonly plane?: Plane;
  /** From the lesion's middle, along the plane's normal. */
  readonly offsetMm?: number;
}

/**
 * Where a picture's right and down and its normal lie in the patient (LPS), as radiologists look at it: the patient's right
 * on the left, front above; from the left side with the front on the left; upright.
 */
const axes: Readonly<Record<Plane, { readonly right: Vec3; readonly down: Vec3; readonly normal: Vec3 }>> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0], normal: [0, 0, 1] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1], normal: [0, 1, 0] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1], normal: [1, 0, 0] },
};

/** Pixels along each side. */
export const pictureSide = 480;
/** Where a pixel is wider than the voxels, so many points along each side of it are averaged. */
const mostSubsamples = 4;

/**
 * A square RGB PNG, black where the volume ends. The slice is one of the patient's planes through the middle of the region's
 * box, or `offsetMm` beside it, whatever the storage.
 */
export async function lesionPicture(
  source: VoxelSource,
  region: EmbedRegion,
  view: PictureView,
): Promise<Uint8Array> {
  return outlined(await slice(source, region, view), view.color);
}

/** As `lesionPicture`, and the same without its outline. */
export async function lesionPictures(
  source: VoxelSource,
  region: EmbedRegion,
  view: PictureView,
): Promise<{ plain: Uint8Array; outlined: Uint8Array }> {
  const drawn = await slice(source, region, view);
  const plain = encode({ width: pictureSide, height: pictureSide, data: drawn.grey, channels: 1, depth: 8 });
  return { plain, outlined: outlined(drawn, view.color) };
}

/** Pixel by pixel how bright it is, and whether the lesion is there. */
interface Slice {
  readonly grey: Uint8Array;
  readonly inside: Uint8Array;
}

async function slice(
  source: VoxelSource,
  { box, mask }: EmbedRegion,
  { window, fieldMm, plane: name = 'axial', offsetMm = 0 }: PictureView,
): Promise<Slice> {
  const { grid } = source;
  const middle = [0, 1, 2].map((axis) => Math.round((box[axis] + box[axis + 3]) / 2));
  const centre = indexToWorld(grid, [middle[0], middle[1], middle[2]]);
  const { right, down, normal } = axes[name];
  const step = fieldMm / pictureSide;
  const half = ((pictureSide - 1) / 2) * step;
  const along = (x: number, y: number): Vec3 => {
    const [a, b, c] = [0, 1, 2].map(
      (axis) => centre[axis] + x * right[axis] + y * down[axis] + offsetMm * normal[axis],
    );
    return [a, b, c];
  };
  const indexAt = (x: number, y: number) => worldToIndex(grid, along(x * step - half, y * step - half));
  const crop = await source.readBox(boxAround(grid, indexAt));
  const scaled = ([x, y, z]: Vec3): Vec3 => [x * step, y * step, z * step];
  const steps = [scaled(right), scaled(down), normal] as const;
  const plane = { dims: [pictureSide, pictureSide, 1], origin: along(-half, -half), steps } as const;
  const hu = sampleVolume(crop, plane, mostSubsamples);
  const grey = new Uint8Array(pictureSide ** 2);
  const inside = new Uint8Array(pictureSide ** 2);
  for (let y = 0; y < pictureSide; y++) {
    for (let x = 0; x < pictureSide; x++) {
      const at = indexAt(x, y);
      if (at.some((value, axis) => value < -0.5 || value > grid.dims[axis] - 0.5)) continue;
      const n = x + pictureSide * y;
      grey[n] = Math.max(0, Math.min(255, ((hu[n] - window.center) / window.width + 0.5) * 255));
      if (mask) inside[n] = isInside(mask, at) ? 1 : 0;
    }
  }
  return { grey, inside };
}

function outlined({ grey, inside }: Slice, color: PictureView['color']): Uint8Array {
  const data = new Uint8Array(3 * pictureSide ** 2);
  for (let n = 0; n < grey.length; n++)
    data.set(isEdge(inside, n) ? color : [grey[n], grey[n], grey[n]], 3 * n);
  return encode({ width: pictureSide, height: pictureSide, data, channels: 3, depth: 8 });
}

/** The voxels that the picture is interpolated from. */
function boxAround({ dims }: Grid, indexAt: (x: number, y: number) => Vec3): Box {
  const ends = [0, pictureSide - 1];
  const corners = ends.flatMap((x) => ends.map((y) => indexAt(x, y)));
  const span = (axis: 0 | 1 | 2): [number, number] => {
    const along = corners.map((corner) => corner[axis]);
    // Rounding may put a slice's own plane just beside it.
    const low = Math.min(dims[axis] - 1, Math.max(0, Math.floor(Math.min(...along) + 1e-3)));
    return [low, Math.max(low, Math.min(dims[axis] - 1, Math.ceil(Math.max(...along) - 1e-3)))];
  };
  const [[i0, i1], [j0, j1], [k0, k1]] = [span(0), span(1), span(2)];
  return [i0, j0, k0, i1, j1, k1];
}

function isInside({ box, bits }: Mask, at: Vec3): boolean {
  const [i, j, k] = at.map((value, axis) => Math.round(value) - box[axis]);
  const [ni, nj, nk] = boxDims(box);
  return i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk && bits[i + ni * (j + nj * k)] === 1;
}

/** A pixel of one side beside one of the other: two pixels wide along the outline. */
function isEdge(inside: Uint8Array, n: number): boolean {
  return [n - 1, n + 1, n - pictureSide, n + pictureSide].some((other) => (inside[other] ?? 0) !== inside[n]);
}
