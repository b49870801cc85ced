/** The input of an encoder that sees a block of voxels: a lesion's crop or a whole volume, resampled along the patient's axes. */
import { boxDims, type Grid, type Vec3, type Volume } from '../volume/volume.ts';
import { channelsLast, checkFinite, fillChannels } from './channels.ts';
import { type VolumeManifest, windowChannels } from './manifestSchema.ts';
import { maskVolume } from './maskVolume.ts';
import type { Region } from './region.ts';
import { boxExtent, type SampleGrid, sampleVolume } from './sampling.ts';

/** Smallest side of a lesion crop in mm. */
const leastCropMm = 10;
/** Points averaged along each axis, where the model's grid is coarser than the voxels. */
const subsamples = { lesion: 3, whole: 4 };

/** Distance of the points in mm along x, y, z (LPS). A crop's longest edge takes its side, and the points are as far apart everywhere. */
function lesionSteps({ spacing }: Grid, { box }: Pick<Region, 'box'>, { input }: VolumeManifest): Vec3 {
  const { crop, size } = input;
  if (crop.kind === 'spacing') return crop.mm;
  const longest = Math.max(...boxDims(box).map((n, axis) => n * spacing[axis]));
  const side = crop.kind === 'fieldOfView' ? crop.mm : Math.max(leastCropMm, crop.margin * longest);
  const step = side / Math.max(...size);
  return [step, step, step];
}

/** How far from the box's centre the crop reaches at most, in mm. */
export function lesionReachMm(grid: Grid, region: Pick<Region, 'box'>, manifest: VolumeManifest): number {
  const [depth, height, width] = manifest.input.size;
  const [x, y, z] = lesionSteps(grid, region, manifest);
  return Math.hypot(x * width, y * height, z * depth) / 2;
}

/** The model's input for one lesion: the grid's middle is that of the lesion's box. */
export function lesionBlock(volume: Volume, region: Region, manifest: VolumeManifest): Float32Array {
  const { center } = boxExtent(volume, region.box);
  const grid = gridAround(center, lesionSteps(volume, region, manifest), manifest);
  return block(volume, region, grid, subsamples.lesion, manifest);
}

/** The model's input for a whole volume, which is stretched to fill it. */
export function wholeBlock(volume: Volume, manifest: VolumeManifest): Float32Array {
  const [ni, nj, nk] = volume.dims;
  const region = { box: [0, 0, 0, ni - 1, nj - 1, nk - 1] } as const;
  const { center, half } = boxExtent(volume, region.box);
  const d = volume.direction;
  const edge = (axis: number) =>
    2 * [0, 1, 2].reduce((sum, n) => sum + Math.abs(d[3 * n + axis]) * half[n], 0);
  const [depth, height, width] = manifest.input.size;
  const grid = gridAround(center, [edge(0) / width, edge(1) / height, edge(2) / depth], manifest);
  return block(volume, region, grid, subsamples.whole, manifest);
}

function gridAround(center: Vec3, [x, y, z]: Vec3, { input }: VolumeManifest): SampleGrid {
  const [depth, height, width] = input.size;
  return {
    dims: [width, height, depth],
    origin: [
      center[0] - ((width - 1) / 2) * x,
      center[1] - ((height - 1) / 2) * y,
      center[2] - ((depth - 1) / 2) * z,
    ],
    steps: [
      [x, 0, 0],
      [0, y, 0],
      [0, 0, z],
    ],
  };
}

function block(
  volume: Volume,
  { mask }: Region,
  grid: SampleGrid,
  most: number,
  manifest: VolumeManifest,
): Float32Array {
  const { input } = manifest;
  const windowed = windowChannels(manifest);
  const channels = windowed + Number(input.maskChannel);
  const hu = sampleVolume(volume, grid, most);
  checkFinite(hu);
  const data = new Float32Array(channels * hu.length);
  const end = fillChannels(data, 0, hu, input, windowed);
  if (input.maskChannel && mask) data.set(sampleVolume(maskVolume(volume, mask), grid, most), end);
  return input.layout === 'NCDHW' ? data : channelsLast(data, channels);
}
