/** Corrections by hand: every function takes a mask and gives a new one; null means that nothing is left. */
import { type Plane, planeAxes } from '../contract/mark.ts';
import { type Box, boxDims, clipBox, type Grid, type Mask, type Vec3 } from '../volume/volume.ts';
import { connectedComponents } from './components.ts';
import { eraseMask, reboxMask, tightenMask, uniteMasks } from './mask.ts';

export interface BrushStroke {
  readonly mode: 'add' | 'erase';
  /** Continuous voxel index of the brush's centre. */
  readonly centerIjk: Vec3;
  readonly radiusMm: number;
  /** A disk paints on the slice of this plane that is nearest to the centre; without a plane the brush is a sphere. */
  readonly plane?: Plane;
}

/** Paints or erases the voxels whose centre lies within the radius. Voxels outside the grid are left out. */
export function brushMask(grid: Grid, mask: Mask, stroke: BrushStroke): Mask | null {
  const dab = brushDab(grid, stroke);
  if (!dab) return tightenMask(mask);
  return tightenMask(stroke.mode === 'add' ? uniteMasks(mask, dab) : eraseMask(mask, dab));
}

/** One voxel more on every face of the surface (6-neighbourhood), inside the grid. */
export function dilateMask(grid: Grid, mask: Mask): Mask | null {
  const tight = tightenMask(mask);
  if (!tight) return null;
  const b = tight.box;
  const box = clipBox([b[0] - 1, b[1] - 1, b[2] - 1, b[3] + 1, b[4] + 1, b[5] + 1], grid.dims);
  if (!box) return null;
  const { bits } = reboxMask(tight, box);
  return { box, bits: neighbourhood(bits, boxDims(box), 1) };
}

/** One voxel less on every face of the surface (6-neighbourhood); the border of the grid counts as outside. */
export function erodeMask(mask: Mask): Mask | null {
  const tight = tightenMask(mask);
  if (!tight) return null;
  const b = tight.box;
  // A margin of zeros makes the border of the box behave like any other surface.
  const box: Box = [b[0] - 1, b[1] - 1, b[2] - 1, b[3] + 1, b[4] + 1, b[5] + 1];
  const { bits } = reboxMask(tight, box);
  return tightenMask({ box, bits: neighbourhood(bits, boxDims(box), 0) });
}

/** Only the largest connected component (26-neighbourhood). */
export function keepLargest(mask: Mask): Mask | null {
  return connectedComponents(mask).masks[0] ?? null;
}

/** Fills cavities that no path of face neighbours connects with the outside. */
export function fillHoles(mask: Mask): Mask | null {
  const tight = tightenMask(mask);
  if (!tight) return null;
  const b = tight.box;
  const box: Box = [b[0] - 1, b[1] - 1, b[2] - 1, b[3] + 1, b[4] + 1, b[5] + 1];
  const { bits } = reboxMask(tight, box);
  const [ni, nj, nk] = boxDims(box);
  const queue = new Int32Array(bits.length);
  let [head, tail] = [0, 1];
  bits[0] = 2;
  const visit = (v: number) => {
    if (bits[v] !== 0) return;
    bits[v] = 2;
    queue[tail++] = v;
  };
  while (head < tail) {
    const v = queue[head++];
    const i = v % ni;
    const j = Math.floor(v / ni) % nj;
    const k = Math.floor(v / (ni * nj));
    if (i > 0) visit(v - 1);
    if (i < ni - 1) visit(v + 1);
    if (j > 0) visit(v - ni);
    if (j < nj - 1) visit(v + ni);
    if (k > 0) visit(v - ni * nj);
    if (k < nk - 1) visit(v + ni * nj);
  }
  for (let v = 0; v < bits.length; v++) bits[v] = bits[v] === 2 ? 0 : 1;
  return reboxMask({ box, bits }, tight.box);
}

function brushDab(grid: Grid, { centerIjk, radiusMm, plane }: BrushStroke): Mask | null {
  const center = [...centerIjk];
  const half = grid.spacing.map((s) => radiusMm / s);
  if (plane) {
    const { normal } = planeAxes(grid.direction, plane);
    center[normal] = Math.round(center[normal]);
    half[normal] = 0;
  }
  const low = center.map((c, a) => Math.ceil(c - half[a]));
  const high = center.map((c, a) => Math.floor(c + half[a]));
  const box = clipBox([low[0], low[1], low[2], high[0], high[1], high[2]], grid.dims);
  if (!box) return null;
  const [ni, nj, nk] = boxDims(box);
  const bits = new Uint8Array(ni * nj * nk);
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, v++) {
        const x = (box[0] + i - center[0]) * grid.spacing[0];
        const y = (box[1] + j - center[1]) * grid.spacing[1];
        const z = (box[2] + k - center[2]) * grid.spacing[2];
        if (x * x + y * y + z * z <= radiusMm * radiusMm) bits[v] = 1;
      }
    }
  }
  return { box, bits };
}

/** Each voxel that has `value` itself or in one of its face neighbours inside the box takes it. */
function neighbourhood(
  bits: Uint8Array,
  [ni, nj, nk]: readonly [number, number, number],
  value: 0 | 1,
): Uint8Array {
  const out = bits.slice();
  const slice = ni * nj;
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, v++) {
        if (
          (i > 0 && bits[v - 1] === value) ||
          (i < ni - 1 && bits[v + 1] === value) ||
          (j > 0 && bits[v - ni] === value) ||
          (j < nj - 1 && bits[v + ni] === value) ||
          (k > 0 && bits[v - slice] === value) ||
          (k < nk - 1 && bits[v + slice] === value)
        ) {
          out[v] = value;
        }
      }
    }
  }
  return out;
}
