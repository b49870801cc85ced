/** Turns a lesion in a volume into a multi-plane encoder's input: windowed planes along the patient's axes, and measurements. */
import { PrecedentError } from '../contract/errors.ts';
import { lesionFeatures } from '../radiomics/lesion.ts';
import { boxDims, type Vec3, type Volume } from '../volume/volume.ts';
import { checkFinite, fillChannels } from './channels.ts';
import type { MultiPlaneManifest, PlaneName } from './manifestSchema.ts';
import { maskVolume } from './maskVolume.ts';
import { type MeasuredRegion, measuredRegion } from './measuredRegion.ts';
import type { Region } from './region.ts';
import { type SampleGrid, sampleVolume } from './sampling.ts';

export interface EncoderInput {
  /** [scales, planes, windows and mask, size, size] of one lesion, each value 0…1 across its window, then normalised. */
  readonly pictures: Float32Array;
  /** In the manifest's order, in their own units; undefined where the model takes none. */
  readonly measurements: Float32Array | undefined;
}

/** Smallest side of a tight crop in mm: below it there are only a few voxels to look at. */
const leastTightMm = 10;

/** The side in mm of each of the manifest's scales, for a lesion of this diameter (that of the sphere of its volume). */
export function scaleSides({ input }: MultiPlaneManifest, diameterMm: number): number[] {
  return input.scales.map((scale) =>
    scale.kind === 'tight' ? Math.max(leastTightMm, scale.margin * diameterMm) : scale.mm,
  );
}

/** With fewer slices than this a scan shows nothing of a lesion's third dimension. */
const leastSlices = 3;

/**
 * The input for one lesion. The planes pass through the middle of the lesion, that of its mask's box or, without a mask, of what the
 * intensities in the box show (see measuredRegion.ts): axial, coronal and sagittal of the patient (not of the storage), rows and
 * columns towards +x/+y, +x/−z and +y/−z of LPS. A tight crop's side is its margin times the diameter of the sphere with the lesion's volume.
 * Throws `usage` when the box lies outside the volume, `unreadable` when voxels are not finite.
 */
export function lesionInput(volume: Volume, region: Region, manifest: MultiPlaneManifest): EncoderInput {
  checkRegion(volume, region);
  const lesion = measuredRegion(volume, region);
  const sides = scaleSides(manifest, lesion.diameterMm);
  return {
    pictures: planesInput(volume, region, lesion.center, sides, manifest),
    measurements: measurements(volume, lesion, manifest),
  };
}

function measurements(
  { dims }: Volume,
  lesion: MeasuredRegion,
  { input }: MultiPlaneManifest,
): Float32Array | undefined {
  if (!input.measurements) return undefined;
  const { of } = input.measurements;
  if (dims[2] < leastSlices) return Float32Array.from(of, ({ typical }) => typical);
  const names = of.map(({ name }) => name);
  const features = lesionFeatures(lesion.volume, lesion.mask, names);
  return Float32Array.from(names, (name) => features[name]);
}

/** Row step (right in the picture) and column step (down) of each plane, unit vectors in LPS. */
const planeAxes: Readonly<Record<PlaneName, readonly [Vec3, Vec3]>> = {
  axial: [
    [1, 0, 0],
    [0, 1, 0],
  ],
  coronal: [
    [1, 0, 0],
    [0, 0, -1],
  ],
  sagittal: [
    [0, 1, 0],
    [0, 0, -1],
  ],
};

/**
 * A volume of one or two slices shows its stored slice in place of every plane: the others would be smears of a few
 * voxels, and would say of the lesion what is true of the scan.
 */
function shownPlanes(volume: Volume, planes: readonly PlaneName[]): readonly PlaneName[] {
  if (volume.dims[2] >= leastSlices) return planes;
  const [x, y, z] = volume.direction.slice(6).map(Math.abs);
  const stored = z >= x && z >= y ? 'axial' : y >= x ? 'coronal' : 'sagittal';
  return planes.map(() => stored);
}

function planesInput(
  volume: Volume,
  { mask }: Region,
  center: Vec3,
  sides: readonly number[],
  { input }: MultiPlaneManifest,
): Float32Array {
  const { planes, size, windows, maskChannel } = input;
  const channels = windows.length + Number(maskChannel);
  const tensor = new Float32Array(sides.length * planes.length * channels * size * size);
  const members = maskChannel && mask ? maskVolume(volume, mask) : undefined;
  let at = 0;
  for (const side of sides) {
    for (const plane of shownPlanes(volume, planes)) {
      const grid = planeGrid(center, side, plane, size);
      const picture = sampleVolume(volume, grid, 3);
      checkFinite(picture);
      at = fillChannels(tensor, at, picture, input);
      if (!maskChannel) continue;
      if (members) tensor.set(sampleVolume(members, grid, 3), at);
      at += size * size;
    }
  }
  return tensor;
}

/** A square of `side` mm, `size` pixels wide; its normal step is a pixel too, so that what is averaged is a cube. */
function planeGrid(center: Vec3, side: number, plane: PlaneName, size: number): SampleGrid {
  const pixel = side / size;
  const [row, column] = planeAxes[plane];
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const scaled = (v: Vec3): Vec3 => [v[0] * pixel, v[1] * pixel, v[2] * pixel];
  const back = ((size - 1) / 2) * pixel;
  const origin: Vec3 = [
    center[0] - back * (row[0] + column[0]),
    center[1] - back * (row[1] + column[1]),
    center[2] - back * (row[2] + column[2]),
  ];
  return {
    dims: [size, size, 1],
    origin,
    steps: [scaled(row), scaled(column), scaled(normal)],
  };
}

/** Throws `usage` for a box outside the volume and a mask that does not fill its box. */
function checkRegion(volume: Volume, { box, mask }: Region): void {
  const ordered = [0, 1, 2].every(
    (axis) => box[axis] >= 0 && box[axis] <= box[axis + 3] && box[axis + 3] < volume.dims[axis],
  );
  if (!ordered || !box.every(Number.isInteger)) {
    throw new PrecedentError('usage', 'the region is not inside the volume', `box ${box.join(',')}`);
  }
  if (!mask) return;
  const [ni, nj, nk] = boxDims(mask.box);
  if (mask.bits.length !== ni * nj * nk) {
    throw new PrecedentError('usage', 'the mask does not fit its box', `box ${mask.box.join(',')}`);
  }
}
