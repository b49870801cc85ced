/** A key image on paper: the whole slice in its window, as radiologists look at it. */
import { encode } from 'fast-png';
import type { KeyImageShape } from '../contract/keyImages.ts';
import { planeAxes } from '../contract/mark.ts';
import { sampleVolume } from '../encoder/sampling.ts';
import { type Box, indexToWorld, type Vec3, type VoxelSource } from '../volume/volume.ts';

/** Pixels along the longer side. */
const longSide = 1024;
/** Where a pixel is wider than the voxels, so many points along each side of it are averaged. */
const mostSubsamples = 4;

/** Which patient axis (0 left, 1 posterior, 2 superior) runs right and which down, and whether down is its own sense. */
const screen = {
  axial: { right: 0, down: 1, sense: 1 },
  coronal: { right: 0, down: 2, sense: -1 },
  sagittal: { right: 1, down: 2, sense: -1 },
} as const;
const planeAlong = ['sagittal', 'coronal', 'axial'] as const;

/** A grey PNG with square pixels: axial from the feet, coronal from the front, sagittal from the patient's left. */
export async function keyPicture(
  source: VoxelSource,
  { plane, slice, view }: KeyImageShape,
): Promise<Uint8Array> {
  const { grid } = source;
  const axisAlong = (patientAxis: 0 | 1 | 2) => planeAxes(grid.direction, planeAlong[patientAxis]).normal;
  const { right: x, down: y, sense } = screen[plane];
  const [right, down] = [axisAlong(x), axisAlong(y)];
  const { normal } = planeAxes(grid.direction, plane);
  const signOf = (axis: number, patientAxis: number) => (grid.direction[3 * axis + patientAxis] < 0 ? -1 : 1);
  const signs = [signOf(right, x), signOf(down, y) * sense];
  const sides = [right, down].map((axis) => grid.dims[axis] * grid.spacing[axis]);
  const step = Math.max(...sides) / longSide;
  const [width, height] = sides.map((side) => Math.max(1, Math.round(side / step)));

  const reach = view.slabMm === null ? 0 : Math.floor(view.slabMm / 2 / grid.spacing[normal]);
  const first = Math.max(0, slice - reach);
  const last = Math.min(grid.dims[normal] - 1, slice + reach);
  const [from, to] = [[0, 0, 0], grid.dims.map((n) => n - 1)];
  [from[normal], to[normal]] = [first, last];
  const box: Box = [from[0], from[1], from[2], to[0], to[1], to[2]];
  const crop = await source.readBox(box);

  const unit = (axis: number, sign: number): Vec3 => [
    sign * grid.direction[3 * axis],
    sign * grid.direction[3 * axis + 1],
    sign * grid.direction[3 * axis + 2],
  ];
  const along = (v: Vec3, mm: number): Vec3 => [v[0] * mm, v[1] * mm, v[2] * mm];
  const corner: [number, number, number] = [0, 0, 0];
  const inset = (axis: number) => -0.5 + step / 2 / grid.spacing[axis];
  corner[right] = signs[0] > 0 ? inset(right) : grid.dims[right] - 1 - inset(right);
  corner[down] = signs[1] > 0 ? inset(down) : grid.dims[down] - 1 - inset(down);
  corner[normal] = first;
  const depth = last - first + 1;
  const hu = sampleVolume(
    crop,
    {
      dims: [width, height, depth],
      origin: indexToWorld(grid, corner),
      steps: [
        along(unit(right, signs[0]), step),
        along(unit(down, signs[1]), step),
        along(unit(normal, 1), grid.spacing[normal]),
      ],
    },
    mostSubsamples,
  );
  const data = new Uint8Array(width * height);
  for (let n = 0; n < data.length; n++) {
    let highest = hu[n];
    for (let d = 1; d < depth; d++) highest = Math.max(highest, hu[n + d * data.length]);
    const part = (highest - view.window.center) / view.window.width + 0.5;
    const grey = Math.max(0, Math.min(255, Math.round(255 * part)));
    data[n] = view.inverted ? 255 - grey : grey;
  }
  return encode({ width, height, data, channels: 1, depth: 8 });
}
