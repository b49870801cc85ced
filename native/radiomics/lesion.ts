/** The features that Precedent computes of every lesion: one fixed way of processing, suited to CT. */
import { PrecedentError } from '../contract/errors.ts';
import { countVoxels, tightenMask } from '../lesion/mask.ts';
import { boxDims, type Mask, type Volume, voxelMm3 } from '../volume/volume.ts';
import { type FeatureName, featuresOf } from './features.ts';
import { type Region, regionOf, resegmented } from './region.ts';
import { type Shape, shapeOf } from './shape.ts';

/**
 * Isotropic resampling to 1 mm, coarser where the lesion or its box would hold more points than this, which bounds the
 * time; intensities from −1000 to 400 HU; grey levels 25 HU wide.
 */
const finestMm = 1;
const mostPoints = 5000;
const mostBoxPoints = 100_000;
const range = [-1000, 400] as const;
const levelHu = 25;

/**
 * The named features of one lesion, each finite. Intensities outside of the range are left out; where that would be half of
 * the lesion or more, as of a calcification, they count as the end of the range that they lie beyond.
 * Throws `usage` for an empty mask or one that reaches outside of the volume.
 */
export function lesionFeatures<N extends FeatureName>(
  volume: Volume,
  mask: Mask,
  names: readonly N[],
): Readonly<Record<N, number>> {
  const tight = tightenMask(mask);
  if (!tight)
    throw new PrecedentError('usage', 'an empty region cannot be measured', undefined, 'draw it again');
  if (tight.box.some((side, n) => side < 0 || side >= volume.dims[n % 3]))
    throw new PrecedentError('usage', 'the region reaches outside its volume', undefined, 'draw it again');
  const configuration = {
    discretisation: { width: levelHu, from: range[0] },
    volumeAxis: { whole: true, range },
  } as const;
  return featuresOf(inRange(sampled(volume, tight)), configuration, names);
}

/** The morphology alone, on the same grid. The mask has a voxel and lies inside the volume. */
export function lesionShape(volume: Volume, mask: Mask): Shape {
  return shapeOf(sampled(volume, mask));
}

function sampled(volume: Volume, mask: Mask): Region {
  const [ni, nj, nk] = boxDims(mask.box);
  const voxel = voxelMm3(volume);
  const step = Math.max(
    finestMm,
    Math.cbrt((voxel * countVoxels(mask)) / mostPoints),
    Math.cbrt((voxel * ni * nj * nk) / mostBoxPoints),
  );
  return regionOf(volume, mask, { method: 'trilinear', spacing: [step, step, step], centre: 'mask' });
}

function inRange(region: Region): Region {
  const kept = resegmented(region, { range });
  if (2 * kept.points.length > region.points.length) return kept;
  return { ...region, values: region.values.map((value) => Math.min(range[1], Math.max(range[0], value))) };
}
