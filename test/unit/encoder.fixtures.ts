/** Synthetic lesions for the encoder's tests: an analytic ball with structure, stored on any grid. */
import type { Grid, Mask, Vec3, Volume } from '../../native/volume/volume.ts';
import { indexToWorld } from '../../native/volume/volume.ts';

/** HU at a position (LPS mm): a soft-edged ball with a denser, off-centre part, in a background that varies slowly. */
export function anatomy(radius: number): (p: Vec3) => number {
  return ([x, y, z]) => {
    const background = -820 + 40 * Math.sin(x / 9) + 30 * Math.sin(y / 11 + z / 13);
    const inside = 1 / (1 + Math.exp((Math.hypot(x, y, z) - radius) / 0.8));
    const dense = Math.exp(
      -((x - radius / 3) ** 2 + y ** 2 + (z + radius / 4) ** 2) / (2 * (radius / 3) ** 2),
    );
    return background + inside * (800 + 150 * dense);
  };
}

/** A grid whose middle lies at the origin of LPS, spanning about `extent` mm along each of its axes. */
export function centredGrid(spacing: Vec3, direction: Grid['direction'], extent = 70): Grid {
  const dims = spacing.map((s) => 2 * Math.round(extent / s / 2) + 1) as [number, number, number];
  const grid: Grid = { dims, spacing, origin: [0, 0, 0], direction };
  const [x, y, z] = indexToWorld(grid, [(dims[0] - 1) / 2, (dims[1] - 1) / 2, (dims[2] - 1) / 2]);
  return { ...grid, origin: [-x, -y, -z] };
}

export function paint(grid: Grid, hu: (p: Vec3) => number): Volume {
  const [ni, nj, nk] = grid.dims;
  const voxels = new Float32Array(ni * nj * nk);
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++) voxels[at++] = hu(indexToWorld(grid, [i, j, k]));
    }
  }
  return { ...grid, voxels };
}

/** The ball of `radius` mm about the origin of LPS as a mask of the grid. */
export function ballMask(grid: Grid, radius: number): Mask {
  const box = grid.dims.map((n, axis) => [
    Math.ceil((n - 1) / 2 - radius / grid.spacing[axis]),
    Math.floor((n - 1) / 2 + radius / grid.spacing[axis]),
  ]);
  const [[i0, i1], [j0, j1], [k0, k1]] = box;
  const bits: number[] = [];
  for (let k = k0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++) {
      for (let i = i0; i <= i1; i++)
        bits.push(Math.hypot(...indexToWorld(grid, [i, j, k])) <= radius ? 1 : 0);
    }
  }
  return { box: [i0, j0, k0, i1, j1, k1], bits: Uint8Array.from(bits) };
}

export const identity: Grid['direction'] = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * y[at], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
