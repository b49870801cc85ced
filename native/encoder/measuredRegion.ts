/** Which voxels are the lesion: those of its mask or, where only a box was drawn, what the intensities near it show. */
import { countVoxels, tightenMask } from '../lesion/mask.ts';
import { type Mask, sphereDiameterMm, type Vec3, type Volume, voxelMm3 } from '../volume/volume.ts';
import { fittedExtent } from './fittedExtent.ts';
import { estimatedRegion, type Region } from './region.ts';
import { boxExtent } from './sampling.ts';

/** A lesion and the voxels that it lies in: the volume's own or, for an estimate, those of a grid along the patient's axes. */
export interface MeasuredRegion {
  readonly volume: Volume;
  /** No larger than it has to be, and not empty. */
  readonly mask: Mask;
  /** The middle of the mask's box or of the ellipsoid that was fitted, in mm (LPS). */
  readonly center: Vec3;
  /** Of the sphere with the volume of the mask or of the ellipsoid. */
  readonly diameterMm: number;
}

export function measuredRegion(volume: Volume, region: Region): MeasuredRegion {
  const drawn = region.mask && tightenMask(region.mask);
  if (drawn) {
    const diameterMm = sphereDiameterMm(voxelMm3(volume) * countVoxels(drawn));
    return { volume, mask: drawn, center: boxExtent(volume, drawn.box).center, diameterMm };
  }
  const { center, half } = fittedExtent(volume, boxExtent(volume, region.box));
  const estimate = estimatedRegion(volume, { center, half });
  const mask = tightenMask(estimate.mask);
  if (!mask) throw new Error('the estimate of a region holds at least the core of its box');
  // The mask may follow a vessel for a while or leave out what is nearly as dark as the background; the ellipsoid does not.
  return { volume: estimate.volume, mask, center, diameterMm: 2 * Math.cbrt(half[0] * half[1] * half[2]) };
}
