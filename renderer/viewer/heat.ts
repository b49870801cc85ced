/** A coarse map drawn over one slice: warm where a value is above 0, cold where it is below. */
import type { Grid } from './grid.ts';
import { indexToPixel, type PaneView } from './planes.ts';

/** In voxel indices of what the pane shows; cells run along i, then along j. */
export interface Heat {
  readonly box: readonly number[];
  readonly cell: readonly number[];
  readonly columns: number;
  readonly rows: number;
  readonly values: readonly number[];
  /** The value, of either sign, that is drawn strongest. */
  readonly strongest: number;
}

const warm = '255, 150, 40';
const cold = '70, 150, 255';
const mostOpaque = 0.6;

/** The largest value of some maps, of either sign, so that their colours compare. */
export function strongestOf(maps: readonly { readonly values: readonly number[] }[]): number {
  return Math.max(...maps.flatMap(({ values }) => values.map(Math.abs)));
}

/** Nothing on slices that the cells do not reach, and in planes that they do not lie in. */
export function drawHeat(context: CanvasRenderingContext2D, view: PaneView, grid: Grid, heat: Heat): void {
  const { box, cell, columns, values, strongest } = heat;
  if (view.geometry.normal !== 2 || view.slice < box[2] || view.slice > box[5] || strongest === 0) return;
  for (const [n, value] of values.entries()) {
    const i = box[0] + (n % columns) * cell[0];
    const j = box[1] + Math.floor(n / columns) * cell[1];
    // A voxel reaches half an index to either side.
    const from = indexToPixel(view, grid, [i - 0.5, j - 0.5, view.slice]);
    const to = indexToPixel(view, grid, [
      Math.min(box[3], i + cell[0] - 1) + 0.5,
      Math.min(box[4], j + cell[1] - 1) + 0.5,
      view.slice,
    ]);
    const alpha = (mostOpaque * Math.abs(value)) / strongest;
    context.fillStyle = `rgba(${value > 0 ? warm : cold}, ${alpha})`;
    context.fillRect(from[0], from[1], to[0] - from[0], to[1] - from[1]);
  }
}
