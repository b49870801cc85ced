/** Small regions and volumes for the tests of the radiomic features. */
import { featureNames, featuresOf } from '../../native/radiomics/features.ts';
import { type Region, regionOf } from '../../native/radiomics/region.ts';
import type { Mask, Vec3, Volume } from '../../native/volume/volume.ts';

export function volumeOf(dims: Vec3, spacing: Vec3, hu: (p: Vec3) => number): Volume {
  const voxels = new Float32Array(dims[0] * dims[1] * dims[2]);
  for (let at = 0; at < voxels.length; at++) voxels[at] = hu(placeOf(at, dims));
  return { dims, spacing, origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1], voxels };
}

/** The voxels of a whole volume whose index holds. */
export function maskOf(dims: Vec3, holds: (p: Vec3) => boolean): Mask {
  const bits = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let at = 0; at < bits.length; at++) bits[at] = holds(placeOf(at, dims)) ? 1 : 0;
  return { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits };
}

export function ellipsoidMask({ dims, spacing }: Volume, radii: Vec3): Mask {
  const centre = dims.map((n) => (n - 1) / 2);
  return maskOf(
    dims,
    (p) => p.reduce((sum, x, a) => sum + (((x - centre[a]) * spacing[a]) / radii[a]) ** 2, 0) <= 1,
  );
}

/** The region of a mask on the voxels of its volume. */
export function regionOn(volume: Volume, mask: Mask): Region {
  return regionOf(volume, mask, null);
}

/** The features of a region with the values of its voxels as grey levels, which begin at 1. */
export function featuresOn(volume: Volume, mask: Mask) {
  const configuration = { discretisation: { width: 1, from: 1 }, volumeAxis: { whole: true } } as const;
  return featuresOf(regionOn(volume, mask), configuration, featureNames);
}

function placeOf(at: number, [ni, nj]: Vec3): Vec3 {
  return [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
}
