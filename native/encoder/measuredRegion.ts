/** Which voxels are the lesion: those of its mask or, where only a box was drawn, what the intensities in it show. */
import { countVoxels, tightenMask } from '../lesion/mask.ts';
import { type Mask, sphereDiameterMm, type Vec3, type Volume, voxelMm3 } from '../volume/volume.ts';
import { estimatedRegion, type Region } from './region.ts';
import { boxExtent } from './sampling.ts';

/** A lesion and the voxels that it lies in: the volume's own or, for an estimate, those of a grid along the patient's axes. */
export interface MeasuredRegion {
  readonly volume: Volume;
  /** No larger than it has to be, and not empty. */
  readonly mask: Mask;
  /** The middle of the mask's box, in mm (LPS). */
  readonly center: Vec3;
  /** Of the sphere with the mask's volume. */
  readonly diameterMm: number;
}

export function measuredRegion(volume: Volume, region: Region): MeasuredRegion {
  const drawn = region.mask && tightenMask(region.mask);
  if (drawn) return described(volume, drawn);
  const estimate = estimatedRegion(volume, region.box);
  const mask = tightenMask(estimate.mask);
  if (!mask) throw new Error('the estimate of a region holds at least the core of its box');
  return described(estimate.volume, mask);
}

function described(volume: Volume, mask: Mask): MeasuredRegion {
  const diameterMm = sphereDiameterMm(voxelMm3(volume) * countVoxels(mask));
  return { volume, mask, center: boxExtent(volume, mask.box).center, diameterMm };
}
