/** What a lesion's outline is like: how round, how even, and over how many millimetres its density goes over into what is around it. */
import type { Outline } from '../contract/model.ts';
import { lesionShape } from '../radiomics/lesion.ts';
import {
  boxDims,
  growBox,
  type Mask,
  type Vec3,
  type Volume,
  type VoxelSource,
  voxelMm3,
} from '../volume/volume.ts';
import { countVoxels } from './mask.ts';
import { moveBox } from './measureIn.ts';

/** Profiles reach so many mm to either side of the outline, in steps of so many. */
const reachMm = 4;
const stepMm = 0.5;
/** As many places of the outline, evenly taken, give its width. */
const mostRays = 1500;
/** A ray over which the density changes by less has no edge; where most are so, none is measured. */
const leastStepHu = 50;

/** The outline of a mask in a stored volume; the mask has a voxel and lies inside. */
export async function outlineIn(source: VoxelSource, mask: Mask): Promise<Outline> {
  const crop = growBox(mask.box, reachMm + 1, source.grid);
  const volume = await source.readBox(crop);
  const box = moveBox(mask.box, [-crop[0], -crop[1], -crop[2]]);
  return measureOutline(volume, { box, bits: mask.bits });
}

/**
 * Sphericity and convexity by the IBSI's definitions. The edge: along rays across the outline the density goes from that of
 * the lesion to that of what is around it; the width is the mean distance from four fifths to one fifth of each ray's step,
 * and the whole reach outside where a ray does not come down.
 */
export function measureOutline(volume: Volume, mask: Mask): Outline {
  const { volume: ml, area, hull } = lesionShape(volume, mask);
  return {
    sphericity: Math.cbrt(36 * Math.PI * ml ** 2) / area,
    convexity: Math.min(1, ml / hull.volume),
    edgeMm: edgeWidth(raysAcross(volume, mask)),
  };
}

interface Rays {
  /** HU from inside to outside. */
  readonly rays: readonly Float64Array[];
  /** How many values of a ray lie inside. */
  readonly inside: number;
}

/** The rays that stay in the volume. */
function raysAcross(volume: Volume, mask: Mask): Rays {
  const { dims, spacing } = volume;
  const radius = Math.cbrt((3 * voxelMm3(volume) * countVoxels(mask)) / (4 * Math.PI));
  const inside = Math.max(1, Math.floor(Math.min(reachMm, 0.7 * radius) / stepMm));
  const count = inside + Math.round(reachMm / stepMm);
  const rays: Float64Array[] = [];
  const border = borderOf(mask);
  const every = Math.max(1, border.length / mostRays);
  for (let n = 0; n < border.length; n += every) {
    const at = border[Math.floor(n)];
    const normal = outwards(mask, at, spacing);
    if (!normal) continue;
    const places = Array.from({ length: count }, (_, s) =>
      at.map((c, a) => mask.box[a] + c + (normal[a] * (s - inside) * stepMm) / spacing[a]),
    );
    if (places.some((place) => place.some((c, a) => c < 0 || c > dims[a] - 1))) continue;
    rays.push(Float64Array.from(places, (place) => trilinear(volume, place)));
  }
  return { rays, inside };
}

function edgeWidth({ rays, inside }: Rays): number | undefined {
  const step = rays.reduce((sum, ray) => sum + ray[0] - ray[ray.length - 1], 0) / rays.length;
  const sign = step < 0 ? -1 : 1;
  let [sum, count] = [0, 0];
  for (const ray of rays) {
    const falling = ray.map((value) => sign * value);
    const high = Math.max(...falling.subarray(0, inside));
    const low = Math.min(...falling.subarray(inside));
    if (high - low < leastStepHu) continue;
    const below = (share: number) => falling.findIndex((value) => value < low + share * (high - low));
    const [from, to] = [below(0.8), below(0.2)];
    sum += (to - from) * stepMm;
    count++;
  }
  return 2 * count >= rays.length && count > 0 ? sum / count : undefined;
}

/** The places in the box of the mask's voxels that have a face outside. */
function borderOf({ box, bits }: Mask): Vec3[] {
  const [ni, nj, nk] = boxDims(box);
  const set = (i: number, j: number, k: number) =>
    i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk && bits[i + ni * (j + nj * k)] === 1;
  const border: Vec3[] = [];
  for (let k = 0, v = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, v++) {
        if (bits[v] === 0) continue;
        const within =
          set(i - 1, j, k) &&
          set(i + 1, j, k) &&
          set(i, j - 1, k) &&
          set(i, j + 1, k) &&
          set(i, j, k - 1) &&
          set(i, j, k + 1);
        if (!within) border.push([i, j, k]);
      }
  return border;
}

/** The unit vector in mm from the mask's part in the neighbourhood to what is not of it, along the index axes. */
function outwards({ box, bits }: Mask, [i, j, k]: Vec3, spacing: Vec3): Vec3 | undefined {
  const [ni, nj, nk] = boxDims(box);
  const sum = [0, 0, 0];
  const reach = spacing.map((mm) => Math.max(1, Math.round(2 / mm)));
  for (let c = -reach[2]; c <= reach[2]; c++)
    for (let b = -reach[1]; b <= reach[1]; b++)
      for (let a = -reach[0]; a <= reach[0]; a++) {
        const [x, y, z] = [i + a, j + b, k + c];
        const inside =
          x >= 0 && y >= 0 && z >= 0 && x < ni && y < nj && z < nk && bits[x + ni * (y + nj * z)] === 1;
        if (inside) continue;
        sum[0] += a * spacing[0];
        sum[1] += b * spacing[1];
        sum[2] += c * spacing[2];
      }
  const length = Math.hypot(...sum);
  return length < 1e-9 ? undefined : [sum[0] / length, sum[1] / length, sum[2] / length];
}

function trilinear({ dims, voxels }: Volume, place: readonly number[]): number {
  const low = place.map((c, a) => Math.min(Math.floor(c), Math.max(0, dims[a] - 2)));
  let value = 0;
  for (let corner = 0; corner < 8; corner++) {
    let [weight, at] = [1, 0];
    for (let a = 0, stride = 1; a < 3; stride *= dims[a], a++) {
      const up = (corner >> a) & 1;
      const part = place[a] - low[a];
      weight *= up ? part : 1 - part;
      at += stride * Math.min(dims[a] - 1, low[a] + up);
    }
    if (weight > 0) value += weight * voxels[at];
  }
  return value;
}
