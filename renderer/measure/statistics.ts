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

/** At least the voxel in its middle counts. Null while a voxel has not arrived or where the ellipse lies outside the grid. */
export function ellipseStatistics(
  { normal, inPlane: [u, v], centre, radii }: Ellipse,
  voxels: HuSource,
): Statistics | null {
  const { dims } = voxels.grid;
  const range = (axis: 0 | 1 | 2, radius: number) => [
    Math.max(0, Math.ceil(centre[axis] - radius)),
    Math.min(dims[axis] - 1, Math.floor(centre[axis] + radius)),
  ];
  const [u0, u1] = range(u, radii[0]);
  const [v0, v1] = range(v, radii[1]);
  const index: [number, number, number] = [0, 0, 0];
  index[normal] = Math.round(centre[normal]);
  const values: number[] = [];
  for (let y = v0; y <= v1; y++) {
    for (let x = u0; x <= u1; x++) {
      if (squared(x - centre[u], radii[0]) + squared(y - centre[v], radii[1]) > 1) continue;
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

/** The squared part of a radius that a distance is; 0 of 0 is the middle itself. */
function squared(distance: number, radius: number): number {
  return distance === 0 ? 0 : (distance / radius) ** 2;
}
