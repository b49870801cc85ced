/**
 * Outlined masses set into lung, for training: a real mass with its texture and its outline by hand, with air where its
 * surroundings were on one side, bites out of it and pockets of air in it, as lung tumours have that lie against the chest wall
 * or the mediastinum. No outlined lung tumour may be trained on.
 */
import { boxDims, type Mask, type Volume } from '../volume/volume.ts';
import { connectedComponents } from './components.ts';

interface Ball {
  /** mm from the middle of the mask's box. */
  readonly at: readonly number[];
  readonly radiusMm: number;
}

/** The volume (int16 HU, the same grid) and the mask that is left of it, its largest piece. */
export function transplantIntoLung(
  volume: Volume,
  mask: Mask,
  random: () => number,
): { volume: Volume; mask: Mask } {
  const between = (low: number, high: number) => low + (high - low) * random();
  const { dims, spacing } = volume;
  const size = boxDims(mask.box);
  const middle = [0, 1, 2].map((a) => (mask.box[a] + mask.box[a + 3]) / 2);
  const voxelMm3 = spacing[0] * spacing[1] * spacing[2];
  const inside = mask.bits.reduce((sum, bit) => sum + bit, 0);
  const radius = Math.cbrt((0.75 * inside * voxelMm3) / Math.PI);
  const open = direction(random);
  const from = between(-0.6, 0.5) * radius;
  const onRim = (): readonly number[] => {
    // The rim is where a way outwards leaves the mask.
    const way = direction(random);
    let at = [0, 0, 0];
    for (let mm = 0; mm < 3 * radius; mm += 1) {
      const next = way.map((x) => x * mm);
      if (
        !holds(
          mask,
          next.map((x, a) => Math.round(middle[a] + x / spacing[a])),
        )
      )
        break;
      at = next;
    }
    return at;
  };
  const balls = (count: number, low: number, high: number): Ball[] =>
    Array.from({ length: count }, () => ({ at: onRim(), radiusMm: between(low, high) * radius }));
  const bites = balls(Math.floor(between(0, 4)), 0.3, 0.75);
  const pockets = balls(Math.floor(between(0, 4)), 0.08, 0.2).map((p) => ({
    ...p,
    at: p.at.map((x) => x * between(0, 0.8)),
  }));
  const lung = between(-900, -760);
  const grain = between(15, 70);
  const air = new Float32Array(volume.voxels.length);
  const bits = new Uint8Array(mask.bits.length);
  for (let k = 0, v = 0; k < dims[2]; k++) {
    for (let j = 0; j < dims[1]; j++) {
      for (let i = 0; i < dims[0]; i++, v++) {
        const at = [i, j, k].map((c, a) => (c - middle[a]) * spacing[a]);
        const lesion = holds(mask, [i, j, k]) && !bites.some((ball) => near(ball, at));
        if (lesion) bits[i - mask.box[0] + size[0] * (j - mask.box[1] + size[1] * (k - mask.box[2]))] = 1;
        const bitten = bites.some((ball) => near(ball, at)) && holds(mask, [i, j, k]);
        const beside = !holds(mask, [i, j, k]) && at[0] * open[0] + at[1] * open[1] + at[2] * open[2] > from;
        if (bitten || beside || (lesion && pockets.some((ball) => near(ball, at)))) air[v] = 1;
      }
    }
  }
  const share = softened(air, dims);
  const voxels = new Int16Array(air.length);
  for (let v = 0; v < voxels.length; v++) {
    const noise = grain * 2 * (random() + random() + random() - 1.5);
    voxels[v] = Math.round((1 - share[v]) * volume.voxels[v] + share[v] * (lung + noise));
  }
  const [largest] = connectedComponents({ box: mask.box, bits }).masks;
  return { volume: { ...volume, voxels }, mask: largest };
}

function holds({ box, bits }: Mask, [i, j, k]: readonly number[]): boolean {
  if (i < box[0] || j < box[1] || k < box[2] || i > box[3] || j > box[4] || k > box[5]) return false;
  const [ni, nj] = boxDims(box);
  return bits[i - box[0] + ni * (j - box[1] + nj * (k - box[2]))] !== 0;
}

function near({ at, radiusMm }: Ball, [x, y, z]: readonly number[]): boolean {
  return (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2 < radiusMm * radiusMm;
}

function direction(random: () => number): readonly [number, number, number] {
  const [turn, up] = [2 * Math.PI * random(), 2 * random() - 1];
  const flat = Math.sqrt(1 - up * up);
  return [flat * Math.cos(turn), flat * Math.sin(turn), up];
}

/** Blurred by a voxel within the slice, as a scanner would. */
function softened(air: Float32Array, [ni, nj, nk]: readonly [number, number, number]): Float32Array {
  let from = air;
  for (const step of [1, ni]) {
    const out = from.slice();
    for (let v = step; v < ni * nj * nk - step; v++)
      out[v] = (from[v - step] + 2 * from[v] + from[v + step]) / 4;
    from = out;
  }
  return from;
}
