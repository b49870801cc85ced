/** HU statistics of an ellipse, of the stored voxels whose centres lie in it; the window measures them, since it holds the voxels. */
import type { Grid, Vec3 } from '../viewer/grid.ts';
import type { Ellipse } from './geometry.ts';

/** A volume's HU by voxel index; null for a voxel that has not arrived or does not exist. */
export interface HuSource {
  readonly grid: Grid;
  readonly valueAt: (index: Vec3) => number | null;
}

export interface Statistics {
  readonly voxels: number;
  readonly meanHu: number;
  /** Divides by n. */
  readonly sdHu: number;
  readonly minHu: number;
  readonly maxHu: number;
}

/** Rounding keeps no voxel out whose centre lies on the line. */
const outlineSlack = 1e-9;

/** At least the voxel in its middle counts. Null while a voxel has not arrived or where the ellipse lies outside the grid. */
export function ellipseStatistics(
  { normal, inPlane: [u, v], centre, halves }: Ellipse,
  voxels: HuSource,
): Statistics | null {
  const { dims, spacing } = voxels.grid;
  const range = (axis: 0 | 1 | 2, n: 0 | 1) => {
    const reach = Math.hypot(halves[0][n], halves[1][n]) / spacing[axis] + outlineSlack;
    return [
      Math.max(0, Math.ceil(centre[axis] - reach)),
      Math.min(dims[axis] - 1, Math.floor(centre[axis] + reach)),
    ];
  };
  const [u0, u1] = range(u, 0);
  const [v0, v1] = range(v, 1);
  const [a, b] = halves.map((half) => Math.hypot(...half));
  const along = directionOf(halves);
  const index: [number, number, number] = [0, 0, 0];
  index[normal] = Math.round(centre[normal]);
  const values: number[] = [];
  for (let y = v0; y <= v1; y++) {
    for (let x = u0; x <= u1; x++) {
      const [dx, dy] = [(x - centre[u]) * spacing[u], (y - centre[v]) * spacing[v]];
      const part = squared(dx * along[0] + dy * along[1], a) + squared(dy * along[0] - dx * along[1], b);
      if (part > 1 + outlineSlack) continue;
      index[u] = x;
      index[v] = y;
      const value = voxels.valueAt(index);
      if (value === null) return null;
      values.push(value);
    }
  }
  if (values.length === 0) {
    const value = voxels.valueAt(centre);
    if (value === null) return null;
    values.push(value);
  }
  const n = values.length;
  const meanHu = values.reduce((sum, value) => sum + value, 0) / n;
  return {
    voxels: n,
    meanHu,
    sdHu: Math.sqrt(values.reduce((sum, value) => sum + (value - meanHu) ** 2, 0) / n),
    minHu: values.reduce((least, value) => Math.min(least, value)),
    maxHu: values.reduce((most, value) => Math.max(most, value)),
  };
}

/** The unit vector along the first axis; an ellipse without one is a line across it. */
function directionOf([a, b]: Ellipse['halves']): readonly [number, number] {
  const [x, y] = Math.hypot(...a) > 0 ? a : [b[1], -b[0]];
  const length = Math.hypot(x, y);
  return length > 0 ? [x / length, y / length] : [1, 0];
}

/** The squared part of a radius that a distance is; 0 of 0 is the middle itself. */
function squared(distance: number, radius: number): number {
  return distance === 0 ? 0 : (distance / radius) ** 2;
}
