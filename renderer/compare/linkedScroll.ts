/** Two patients side by side: the same distance in mm from each lesion's centre along the slice normal, in the same sense of the body. */
import type { Grid } from '../viewer/grid.ts';
import type { PlaneGeometry } from '../viewer/planes.ts';

/** Slice of a grid that lies `offsetMm` (towards the head on axial) from the lesion's centre, clamped to the grid. */
export function sliceAtOffset(
  grid: Grid,
  geometry: PlaneGeometry,
  centreIndex: number,
  offsetMm: number,
): number {
  const index = centreIndex + (offsetMm / grid.spacing[geometry.normal]) * geometry.normalSign;
  return Math.min(grid.dims[geometry.normal] - 1, Math.max(0, Math.round(index)));
}

/** The offset after `steps` slices of the coarser of two grids, so that each step moves both, kept where at least one has slices. */
export function stepOffset(offsetMm: number, steps: number, sides: readonly LinkedSide[]): number {
  const step = Math.max(...sides.map(({ grid, geometry }) => grid.spacing[geometry.normal]));
  const reach = sides.map(({ grid, geometry, centreIndex }) => {
    const spacing = grid.spacing[geometry.normal];
    const towardsLast = (grid.dims[geometry.normal] - 1 - centreIndex) * spacing;
    const towardsFirst = centreIndex * spacing;
    return geometry.normalSign > 0 ? [-towardsFirst, towardsLast] : [-towardsLast, towardsFirst];
  });
  const low = Math.min(...reach.map((r) => r[0]));
  const high = Math.max(...reach.map((r) => r[1]));
  return Math.min(high, Math.max(low, offsetMm + steps * step));
}

export interface LinkedSide {
  readonly grid: Grid;
  readonly geometry: PlaneGeometry;
  readonly centreIndex: number;
}
