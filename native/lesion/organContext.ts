/** Says where a lesion lies among organs: how much of it is inside, its size beside the organ's, and its place there. */
import type { OrganContext } from '../contract/model.ts';
import { type Box, boxDims, type Grid, indexToWorld, type Mask, type Vec3 } from '../volume/volume.ts';
import { countVoxels, reboxMask } from './mask.ts';

/** A lesion without voxels in any organ is said to lie beside those within this distance, in mm. */
const besideMm = 10;
/** A third of the organ on either side of its middle is its middle. */
const middle = 1 / 3;
/** Patient axis (LPS) → the words for its lower and upper end, in the order in which they are said. */
const words = [
  { axis: 0, below: 'right', above: 'left' },
  { axis: 2, below: 'lower', above: 'upper' },
  { axis: 1, below: 'anterior', above: 'posterior' },
] as const;

/**
 * The organs that hold voxels of a lesion, the one that holds most first; where none does, the nearest one within 10 mm.
 * Per organ: `inside` and `ofOrgan` are the lesion's part inside the organ and its volume as a part of the organ's (0…1 and
 * above); `position` is its centre of mass in the box around the organ's voxels, −1…1 to the patient's left, posterior
 * and superior; `where` says that in words ("right upper anterior", "center"), with the distance where it lies beside.
 */
export function organContext(
  lesion: Mask,
  organs: readonly { readonly name: string; readonly mask: Mask }[],
  grid: Grid,
): OrganContext[] {
  const voxels = countVoxels(lesion);
  if (voxels === 0) return [];
  const inside = organs.map(({ mask }) => countBoth(lesion, mask));
  const holding = organs
    .map((organ, n) => ({ organ, mm: 0, inside: inside[n] }))
    .filter((one) => one.inside > 0);
  const found =
    holding.length > 0 ? holding.sort((a, b) => b.inside - a.inside) : nearest(lesion, organs, grid);
  return found.map((one) => {
    const { name, mask } = one.organ;
    const position = positionIn(lesion, mask, grid);
    const place = inWords(position);
    return {
      organ: name,
      inside: one.inside / voxels,
      ofOrgan: voxels / countVoxels(mask),
      position,
      where: one.mm > 0 ? `${Math.max(1, Math.round(one.mm))} mm beside, ${place}` : place,
    };
  });
}

function countBoth(a: Mask, b: Mask): number {
  const other = reboxMask(b, a.box).bits;
  let both = 0;
  for (let v = 0; v < other.length; v++) if (a.bits[v] !== 0 && other[v] !== 0) both++;
  return both;
}

function nearest<T extends { readonly mask: Mask }>(
  lesion: Mask,
  organs: readonly T[],
  grid: Grid,
): { organ: T; mm: number; inside: 0 }[] {
  const within = organs.filter(({ mask }) => boxGap(lesion.box, mask.box, grid.spacing) <= besideMm);
  if (within.length === 0) return [];
  const offsets = offsetsWithin(besideMm, grid.spacing);
  const near = within
    .map((organ) => ({ organ, mm: distance(lesion, organ.mask, offsets, grid.spacing), inside: 0 as const }))
    .filter(({ mm }) => mm <= besideMm)
    .sort((a, b) => a.mm - b.mm);
  return near.slice(0, 1);
}

/** The distance of two boxes' voxel centres in mm. */
function boxGap(a: Box, b: Box, spacing: Vec3): number {
  const gap = (n: number) => Math.max(0, a[n] - b[n + 3], b[n] - a[n + 3]) * spacing[n];
  return Math.hypot(gap(0), gap(1), gap(2));
}

interface Offset {
  readonly by: Vec3;
  readonly mm: number;
}

/** Steps between voxels, the shortest first. */
function offsetsWithin(mm: number, spacing: Vec3): Offset[] {
  const [ni, nj, nk] = spacing.map((side) => Math.floor(mm / side));
  const offsets: Offset[] = [];
  for (let k = -nk; k <= nk; k++) {
    for (let j = -nj; j <= nj; j++) {
      for (let i = -ni; i <= ni; i++) {
        const length = Math.hypot(i * spacing[0], j * spacing[1], k * spacing[2]);
        if (length <= mm) offsets.push({ by: [i, j, k], mm: length });
      }
    }
  }
  return offsets.sort((a, b) => a.mm - b.mm);
}

/** The least distance of two masks' voxel centres in mm, as far as the offsets reach. */
function distance(lesion: Mask, organ: Mask, offsets: readonly Offset[], spacing: Vec3): number {
  const [ni, nj, nk] = boxDims(lesion.box);
  const [oi, oj, ok] = boxDims(organ.box);
  let [least, tried] = [Number.POSITIVE_INFINITY, offsets.length];
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, n++) {
        if (lesion.bits[n] === 0 || isInterior(lesion, i, j, k)) continue;
        const [x, y, z] = [lesion.box[0] + i, lesion.box[1] + j, lesion.box[2] + k];
        if (boxGap([x, y, z, x, y, z], organ.box, spacing) >= least) continue;
        // Only offsets that are shorter than the best so far can still be better.
        for (let o = 0; o < tried; o++) {
          const { by, mm } = offsets[o];
          const a = x + by[0] - organ.box[0];
          const b = y + by[1] - organ.box[1];
          const c = z + by[2] - organ.box[2];
          if (a < 0 || b < 0 || c < 0 || a >= oi || b >= oj || c >= ok) continue;
          if (organ.bits[a + oi * (b + oj * c)] === 0) continue;
          least = mm;
          tried = o;
        }
      }
    }
  }
  return least;
}

/** Whether a voxel has all six neighbours in the mask: then another one is nearer to whatever lies outside. */
function isInterior({ box, bits }: Mask, i: number, j: number, k: number): boolean {
  const [ni, nj, nk] = boxDims(box);
  if (i === 0 || j === 0 || k === 0 || i === ni - 1 || j === nj - 1 || k === nk - 1) return false;
  const n = i + ni * (j + nj * k);
  return [1, ni, ni * nj].every((step) => bits[n - step] !== 0 && bits[n + step] !== 0);
}

function positionIn(lesion: Mask, organ: Mask, grid: Grid): [number, number, number] {
  const { center } = extentOf(lesion, grid);
  const { low, high } = extentOf(organ, grid);
  const relative = center.map((mm, axis) => {
    const half = (high[axis] - low[axis]) / 2;
    const value = half > 0 ? (mm - (low[axis] + high[axis]) / 2) / half : 0;
    return Math.min(1, Math.max(-1, value));
  });
  return [relative[0], relative[1], relative[2]];
}

/** The centre of mass of a mask and the box around its voxel centres, in mm along the patient's axes (LPS). */
function extentOf({ box, bits }: Mask, grid: Grid): { center: number[]; low: number[]; high: number[] } {
  const [ni, nj, nk] = boxDims(box);
  const sum = [0, 0, 0];
  const low = [1, 1, 1].map(() => Number.POSITIVE_INFINITY);
  const high = [1, 1, 1].map(() => Number.NEGATIVE_INFINITY);
  let count = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = ni * (j + nj * k);
      let [first, last] = [-1, -1];
      for (let i = 0; i < ni; i++) {
        if (bits[row + i] === 0) continue;
        if (first < 0) first = i;
        last = i;
        sum[0] += i;
        sum[1] += j;
        sum[2] += k;
        count++;
      }
      if (first < 0) continue;
      // Positions are linear along a row: its ends are its extremes on every patient axis.
      for (const i of [first, last]) {
        for (const [axis, mm] of indexToWorld(grid, [box[0] + i, box[1] + j, box[2] + k]).entries()) {
          if (mm < low[axis]) low[axis] = mm;
          if (mm > high[axis]) high[axis] = mm;
        }
      }
    }
  }
  const mean: Vec3 = [box[0] + sum[0] / count, box[1] + sum[1] / count, box[2] + sum[2] / count];
  return { center: indexToWorld(grid, mean), low, high };
}

function inWords(position: Vec3): string {
  const said = words.flatMap(({ axis, below, above }) => {
    if (position[axis] < -middle) return [below];
    return position[axis] > middle ? [above] : [];
  });
  return said.join(' ') || 'center';
}
