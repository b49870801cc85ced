/** A stored slice as the patient is seen, and what an encoder that looks at single slices is shown of it. */
import type { Box, Vec3, Volume } from '../volume/volume.ts';
import { channelsLast, checkFinite, fillChannels } from './channels.ts';
import { clipInput } from './clip.ts';
import { type SliceManifest, windowChannels } from './manifestSchema.ts';
import { sampleVolume } from './sampling.ts';

/** HU in rows, left to right and top to bottom; pixel sizes in mm. */
export interface SlicePicture {
  readonly hu: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly pixelMm: readonly [x: number, y: number];
}
/** In pixels of a picture, which may reach beyond it; `x` and `y` are those of its left upper corner. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Which storage axis runs along a picture's rows and which down it, and whether they have to be turned round. */
interface Orientation {
  readonly across: 0 | 1;
  readonly turnAcross: boolean;
  readonly turnDown: boolean;
}

/**
 * Left of the patient is on the right, the back below; a slice that is not axial has the head above. Nothing is
 * interpolated: an oblique slice is turned to the nearest of these.
 */
function orientation({ direction }: Volume): Orientation {
  const [i, j] = [direction.slice(0, 3), direction.slice(3, 6)];
  const axisOfI = largest(i);
  const axisOfJ = largest(j.map((value, axis) => (axis === axisOfI ? 0 : value)));
  const across = axisOfI < axisOfJ ? 0 : 1;
  const [right, down] = across === 0 ? [i[axisOfI], j[axisOfJ]] : [j[axisOfJ], i[axisOfI]];
  const towardsHead = Math.max(axisOfI, axisOfJ) === 2;
  return { across, turnAcross: right < 0, turnDown: towardsHead ? down > 0 : down < 0 };
}

function largest(values: readonly number[]): number {
  const sizes = values.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes));
}

/** Slice `k` of a volume, whole. */
export function slicePicture(volume: Volume, k: number): SlicePicture {
  const { across, turnAcross, turnDown } = orientation(volume);
  const [ni, nj] = volume.dims;
  const slice = volume.voxels.subarray(k * ni * nj, (k + 1) * ni * nj);
  const [width, height] = across === 0 ? [ni, nj] : [nj, ni];
  const hu = new Float32Array(ni * nj);
  for (let y = 0, at = 0; y < height; y++) {
    const down = turnDown ? height - 1 - y : y;
    for (let x = 0; x < width; x++, at++) {
      const right = turnAcross ? width - 1 - x : x;
      hu[at] = across === 0 ? slice[right + ni * down] : slice[down + ni * right];
    }
  }
  checkFinite(hu);
  const [si, sj] = volume.spacing;
  return { hu, width, height, pixelMm: across === 0 ? [si, sj] : [sj, si] };
}

/** A box of the volume as pixels of its slices' pictures. */
function boxInPicture(volume: Volume, [i0, j0, , i1, j1]: Box): Rectangle {
  const { across, turnAcross, turnDown } = orientation(volume);
  const [ni, nj] = volume.dims;
  const [rightSide, downSide] = across === 0 ? [[i0, i1, ni], [j0, j1, nj]] : [[j0, j1, nj], [i0, i1, ni]]; // biome-ignore format: two pairs
  const from = ([low, high, n]: readonly number[], turned: boolean) => (turned ? n - 1 - high : low);
  return {
    x: from(rightSide, turnAcross),
    y: from(downSide, turnDown),
    width: rightSide[1] - rightSide[0] + 1,
    height: downSide[1] - downSide[0] + 1,
  };
}

/** Smallest side of a lesion crop in mm: below it there are only a few pixels to look at. */
const leastCropMm = 10;

/** The part of a picture that the crop rule shows of a lesion in `box`: a square in mm about the box's centre. */
function cropRectangle(picture: SlicePicture, volume: Volume, box: Box, { input }: SliceManifest): Rectangle {
  const { pixelMm } = picture;
  if (input.crop.kind === 'slice') return whole(picture);
  const lesion = boxInPicture(volume, box);
  const side =
    input.crop.kind === 'fieldOfView'
      ? input.crop.mm
      : Math.max(
          leastCropMm,
          input.crop.margin * Math.max(lesion.width * pixelMm[0], lesion.height * pixelMm[1]),
        );
  const [width, height] = [side / pixelMm[0], side / pixelMm[1]];
  return {
    x: lesion.x + (lesion.width - width) / 2,
    y: lesion.y + (lesion.height - height) / 2,
    width,
    height,
  };
}

function whole({ width, height }: SlicePicture): Rectangle {
  return { x: 0, y: 0, width, height };
}

/** The model's input for one slice, in the manifest's layout: of a lesion's box as the crop rule says, or whole. */
export function sliceInput(
  volume: Volume,
  k: number,
  box: Box | undefined,
  manifest: SliceManifest,
): Float32Array {
  const picture = slicePicture(volume, k);
  const shown = box ? cropRectangle(picture, volume, box, manifest) : whole(picture);
  const { layout, resize } = manifest.input;
  const channels = windowChannels(manifest);
  const data =
    resize.kind === 'clip'
      ? clipChannels(picture, shown, resize.mode, manifest)
      : areaChannels(picture, shown, channels, manifest);
  return layout === 'NCHW' ? data : channelsLast(data, channels);
}

function clipChannels(
  picture: SlicePicture,
  shown: Rectangle,
  resizeMode: 'shortest' | 'squash',
  { input }: SliceManifest,
): Float32Array {
  const { size, windows, mean = [0, 0, 0], std = [1, 1, 1] } = input;
  const [first, second, third] = windows;
  return clipInput(cut(picture, shown), {
    size,
    resizeMode,
    mean: [mean[0], mean[1], mean[2]],
    std: [std[0], std[1], std[2]],
    windows: windows.length === 1 ? [first] : [first, second, third],
  });
}

/** Whole pixels of a picture; beyond its edge the outermost go on. */
function cut({ hu, width, height }: SlicePicture, shown: Rectangle): SlicePicture {
  const [w, h] = [Math.max(1, Math.round(shown.width)), Math.max(1, Math.round(shown.height))];
  const [x0, y0] = [Math.round(shown.x), Math.round(shown.y)];
  const pixels = new Float32Array(w * h);
  for (let y = 0, at = 0; y < h; y++) {
    const row = Math.min(height - 1, Math.max(0, y0 + y)) * width;
    for (let x = 0; x < w; x++, at++) pixels[at] = hu[row + Math.min(width - 1, Math.max(0, x0 + x))];
  }
  return { hu: pixels, width: w, height: h, pixelMm: [1, 1] };
}

/** More points a pixel would cost more than they show. */
const mostSubsamples = 8;

function areaChannels(
  { hu, width, height, pixelMm }: SlicePicture,
  shown: Rectangle,
  channels: number,
  { input }: SliceManifest,
): Float32Array {
  const { size } = input;
  const flat: Volume = {
    dims: [width, height, 1],
    spacing: [pixelMm[0], pixelMm[1], 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels: hu,
  };
  const step = Math.max(shown.width * pixelMm[0], shown.height * pixelMm[1]) / size;
  const first = (corner: number, length: number, mm: number) =>
    (corner + (length - 1) / 2) * mm - ((size - 1) / 2) * step;
  const origin: Vec3 = [first(shown.x, shown.width, pixelMm[0]), first(shown.y, shown.height, pixelMm[1]), 0];
  const steps = [[step, 0, 0], [0, step, 0], [0, 0, 0]] as const; // biome-ignore format: one matrix
  const sampled = sampleVolume(flat, { dims: [size, size, 1], origin, steps }, mostSubsamples);
  const data = new Float32Array(channels * size * size);
  fillChannels(data, 0, sampled, input, channels);
  return data;
}
