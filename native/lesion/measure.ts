/** What a lesion measures: volume, diameters, density, place. */
import { PrecedentError } from '../contract/errors.ts';
import { planeAxes } from '../contract/mark.ts';
import type { Measurements } from '../contract/model.ts';
import { boxDims, indexToWorld, type Mask, type Volume } from '../volume/volume.ts';
import { longestDistance, planarHull } from './diameter.ts';
import { tightenMask } from './mask.ts';

/**
 * Measures a lesion. Diameters run between surface points halfway between a voxel of the lesion and its neighbour
 * outside, the vertices of the marching-cubes surface that IBSI's maximum 3D diameter (L0JK) is defined on: a single
 * voxel is as long as it is, and a digitised sphere comes out without the half-voxel loss of centre to centre or the
 * gain of corner to corner. `centerMm` is the centroid of the voxels (LPS); `boxIjk` the smallest box. Axial slices are those across the index axis nearest to the patient's z.
 * Throws `usage` for an empty mask or one that reaches outside the volume.
 */
export function measureLesion(volume: Volume, mask: Mask): Measurements {
  const tight = tightenMask(mask);
  if (!tight)
    throw new PrecedentError('usage', 'an empty region cannot be measured', undefined, 'draw it again');
  const { box, bits } = tight;
  const { dims, spacing, voxels } = volume;
  for (let a = 0; a < 3; a++) {
    if (box[a] >= 0 && box[a + 3] < dims[a]) continue;
    throw new PrecedentError('usage', 'the region reaches outside its volume', undefined, 'draw it again');
  }
  const [ni, nj, nk] = boxDims(box);
  let [n, sum, si, sj, sk] = [0, 0, 0, 0, 0];
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = box[0] + dims[0] * (box[1] + j + dims[1] * (box[2] + k));
      for (let i = 0; i < ni; i++, v++) {
        if (bits[v] === 0) continue;
        n++;
        sum += voxels[row + i];
        si += i;
        sj += j;
        sk += k;
      }
    }
  }
  const mean = sum / n;
  let squares = 0;
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = box[0] + dims[0] * (box[1] + j + dims[1] * (box[2] + k));
      for (let i = 0; i < ni; i++, v++) if (bits[v] !== 0) squares += (voxels[row + i] - mean) ** 2;
    }
  }
  return {
    volumeMl: (n * spacing[0] * spacing[1] * spacing[2]) / 1000,
    ...diameters(volume, tight),
    meanHu: mean,
    sdHu: Math.sqrt(squares / n),
    centerMm: indexToWorld(volume, [box[0] + si / n, box[1] + sj / n, box[2] + sk / n]),
    boxIjk: [...box],
  };
}

function diameters(volume: Volume, mask: Mask): { diameterMm: number; diameter3dMm: number } {
  const size = boxDims(mask.box);
  const { spacing } = volume;
  const { normal, inPlane } = planeAxes(volume.direction, 'axial');
  const stride = [1, size[0], size[0] * size[1]];
  const [u, w] = inPlane;
  const hulls: number[] = [];
  let diameterMm = 0;
  for (let s = 0; s < size[normal]; s++) {
    const hull = planarHull(mask.bits, s * stride[normal], [size[u], size[w]], [stride[u], stride[w]]);
    if (hull.length === 0) continue;
    const flat: number[] = [];
    for (const [a, b] of hull) {
      flat.push(a * spacing[u], b * spacing[w], 0);
      const point = [0, 0, 0];
      point[u] = a * spacing[u];
      point[w] = b * spacing[w];
      point[normal] = s * spacing[normal];
      hulls.push(...point);
    }
    diameterMm = Math.max(diameterMm, longestDistance(flat, [spacing[u], spacing[w], 0]));
  }
  return { diameterMm, diameter3dMm: longestDistance(hulls, spacing) };
}
