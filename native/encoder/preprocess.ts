/** Turns a lesion in a volume into the encoder's input: windowed planes along the patient's axes, and measurements. */
import { createHash } from 'node:crypto';
import { PrecedentError } from '../contract/errors.ts';
import { boxDims, type Vec3, type Volume } from '../volume/volume.ts';
import type { Manifest, PlaneName } from './manifest.ts';
import { measure } from './measurements.ts';
import { type Region, sampleRegion } from './region.ts';
import { boxExtent, sampleVolume } from './sampling.ts';

export interface EncoderInput {
  /** [scales, planes, windows, size, size] of one lesion, each value 0…1 across its window. */
  readonly tensor: Float32Array;
  /** In the manifest's order, in their own units. */
  readonly measurements: Float32Array;
  /** Whether the lesion's extent was estimated from intensities, for want of a mask. */
  readonly estimated: boolean;
}

/** To be raised whenever this folder's arithmetic changes: embeddings of another version are not comparable. */
const preprocessingVersion = 1;

/** SHA-256 of everything but the model that an embedding depends on; stored with every embedding. */
export function preprocessingHash({ input, measurements, normalisation }: Manifest): string {
  const { shape, planes, scales, size, windows } = input;
  const text = JSON.stringify([
    preprocessingVersion,
    [
      shape,
      planes,
      scales.map((s) => Object.entries(s).sort()),
      size,
      windows.map((w) => [w.center, w.width]),
    ],
    measurements.map((m) => [m.name, m.mean, m.sd, m.weight]),
    [normalisation.outputWeight, normalisation.measurementWeight, normalisation.estimatedLength],
  ]);
  return createHash('sha256').update(text).digest('hex');
}

/** Smallest side of a tight crop in mm: below it there are only a few voxels to look at. */
export const leastTightMm = 10;

/**
 * The input for one lesion. The planes pass through the centre of the box, axial, coronal and sagittal of the patient
 * (not of the storage), rows and columns towards +x/+y, +x/−z and +y/−z of LPS. A tight crop's side is its margin times the diameter
 * of the sphere with the lesion's volume, taken from the mask or, without one, from the intensities in the box.
 * Throws `usage` when the box lies outside the volume, `unreadable` when voxels are not finite.
 */
export function lesionInput(volume: Volume, region: Region, manifest: Manifest): EncoderInput {
  checkRegion(volume, region);
  const sampled = sampleRegion(volume, region);
  const measured = measure(sampled);
  const diameter = Math.cbrt((6 / Math.PI) * sampled.volumeMm3);
  const sides = manifest.input.scales.map((scale) =>
    scale.kind === 'tight' ? Math.max(leastTightMm, scale.margin * diameter) : scale.mm,
  );
  const { center } = boxExtent(volume, region.box);
  return {
    tensor: planesInput(volume, center, sides, manifest.input.planes, manifest),
    measurements: Float32Array.from(manifest.measurements, ({ name }) => measured[name]),
    estimated: sampled.estimated,
  };
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

function planesInput(
  volume: Volume,
  center: Vec3,
  sides: readonly number[],
  planes: readonly PlaneName[],
  manifest: Manifest,
): Float32Array {
  const { size, windows } = manifest.input;
  const tensor = new Float32Array(sides.length * planes.length * windows.length * size * size);
  let at = 0;
  for (const side of sides) {
    for (const plane of planes) {
      const picture = planePicture(volume, center, side, plane, size);
      for (const window of windows) {
        const low = window.center - window.width / 2;
        for (let pixel = 0; pixel < picture.length; pixel++) {
          const value = (picture[pixel] - low) / window.width;
          tensor[at++] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
      }
    }
  }
  return tensor;
}

/** HU of a square of `side` mm, `size` pixels wide, averaged over one pixel's width in all three directions. */
function planePicture(
  volume: Volume,
  center: Vec3,
  side: number,
  plane: PlaneName,
  size: number,
): Float32Array {
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
  const grid = {
    dims: [size, size, 1],
    origin,
    steps: [scaled(row), scaled(column), scaled(normal)],
  } as const;
  const picture = sampleVolume(volume, grid, 3);
  let sum = 0;
  for (let pixel = 0; pixel < picture.length; pixel++) sum += picture[pixel];
  if (!Number.isFinite(sum)) {
    throw new PrecedentError(
      'unreadable',
      'the volume holds voxels that are not numbers',
      undefined,
      'import it again',
    );
  }
  return picture;
}

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
