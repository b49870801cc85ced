/** How large surfaces are drawn, so that every side shows the whole of its organ or lesion at the one scale. */
import { type Box, type Grid, indexToWorld, type Vec3 } from '../viewer/grid.ts';

/** How far a box reaches from a place along the patient's axes, in mm: the largest of the six ways. */
export function reachMm(box: Box, grid: Grid, from: Vec3): number {
  let reach = 0;
  for (let corner = 0; corner < 8; corner++) {
    const index: Vec3 = [
      box[corner & 1 ? 3 : 0] + (corner & 1 ? 0.5 : -0.5),
      box[corner & 2 ? 4 : 1] + (corner & 2 ? 0.5 : -0.5),
      box[corner & 4 ? 5 : 2] + (corner & 4 ? 0.5 : -0.5),
    ];
    const world = indexToWorld(grid, index);
    for (let c = 0; c < 3; c++) reach = Math.max(reach, Math.abs(world[c] - from[c]));
  }
  return reach;
}

/** What is left free around what is shown whole. */
const border = 1.08;

/** The scale at which places as far as this from the middle are in sight, in mm for each CSS pixel. */
export function fittedScale(reach: number, width: number, height: number): number {
  return (2 * border * reach) / Math.max(1, Math.min(width, height));
}

const barLengthsMm = [200, 100, 50, 20, 10, 5, 2, 1] as const;

/** The length of a scale bar that takes less than a third of a width. */
export function barLength(mmPerPixel: number, width: number): number {
  return barLengthsMm.find((mm) => mm / mmPerPixel <= width * 0.3) ?? 1;
}
