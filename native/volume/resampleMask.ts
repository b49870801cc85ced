/** Places masks that were drawn on other voxels onto a grid: exactly where the voxels coincide, else by the nearest one. */
import { tightenMask } from '../lesion/mask.ts';
import { type Box, boxDims, type Grid, indexToWorld, type Mask, type Vec3, worldToIndex } from './volume.ts';

/** The marked pixels of one plane: a rectangle of them, and one byte (0 or 1) per pixel, x fastest. */
export interface MaskPlane {
  /** Position of the centre of the plane's pixel (0, 0) in mm (LPS). */
  readonly origin: Vec3;
  readonly rect: readonly [x0: number, y0: number, x1: number, y1: number];
  readonly bits: Uint8Array;
}

/** Parallel planes in patient space, in any order, at any distance: slices of a grid, frames of a segmentation. */
export interface PlaneStack {
  /** Unit vectors of x (along a row), of y (along a column) and of the planes' normal. */
  readonly direction: Grid['direction'];
  /** Distance of pixels along x and y, and the thickness that a plane stands for, in mm. */
  readonly spacing: Vec3;
  readonly planes: readonly MaskPlane[];
}

export interface Placed {
  readonly mask: Mask;
  /** Each voxel of the mask is one voxel of the grid. */
  readonly exact: boolean;
  /** A part of the mask lies outside the grid. */
  readonly cut: boolean;
}

/** Voxels coincide when no centre is further apart than this part of a voxel. */
const coincidenceTolerance = 0.1;
/** Rounding errors must not decide between two voxels that are equally near. */
const tie = 1e-4;

/** A mask of one grid on another, or null when nothing of it lies there. */
export function placeMask(mask: Mask, from: Grid, to: Grid): Placed | null {
  return placePlanes({ direction: from.direction, spacing: from.spacing, planes: planesOf(mask, from) }, to);
}

/**
 * The voxels of a grid whose centre lies in a marked pixel, or null when none does. A centre belongs to the nearest
 * plane, when that is within half its thickness, and there to the nearest pixel.
 */
export function placePlanes(stack: PlaneStack, grid: Grid): Placed | null {
  const planes = stack.planes.filter(({ bits }) => bits.includes(1));
  if (planes.length === 0) return null;
  const reach = reachOf(stack, planes, grid);
  const { dims } = grid;
  const box: Box = [
    Math.max(0, Math.ceil(reach[0] - tie)),
    Math.max(0, Math.ceil(reach[1] - tie)),
    Math.max(0, Math.ceil(reach[2] - tie)),
    Math.min(dims[0] - 1, Math.floor(reach[3] + tie)),
    Math.min(dims[1] - 1, Math.floor(reach[4] + tie)),
    Math.min(dims[2] - 1, Math.floor(reach[5] + tie)),
  ];
  if (box[0] > box[3] || box[1] > box[4] || box[2] > box[5]) return null;
  const [ni, nj, nk] = boxDims(box);
  const mask = tightenMask({ box, bits: sample(stack, planes, grid, box, new Uint8Array(ni * nj * nk)) });
  if (!mask) return null;
  const cut = reach.some((end, n) => (n < 3 ? end < -0.75 : end > dims[n - 3] - 0.25));
  return { mask, exact: coincide({ ...stack, planes }, grid), cut };
}

/** Whether every pixel of the planes is one voxel of the grid, in any order and orientation of axes. */
export function coincide({ direction: d, spacing, planes }: PlaneStack, grid: Grid): boolean {
  const steps = [0, 1, 2].map((axis) => stepOf([d[3 * axis], d[3 * axis + 1], d[3 * axis + 2]], grid));
  const along = steps.map(steepest);
  if (new Set(along).size < 3) return false;
  const size = along.map((axis, n) => spacing[n] * Math.abs(steps[n][axis]));
  if (Math.abs(size[0] - 1) > coincidenceTolerance || Math.abs(size[1] - 1) > coincidenceTolerance)
    return false;
  // A plane fills its slice and does not reach those beside it.
  if (size[2] < 0.5 || size[2] >= 2) return false;
  return planes.every(({ origin, rect: [x0, y0, x1, y1] }) => {
    const first = pixelIndex(origin, d, spacing, x0, y0, grid).map(Math.round);
    return [
      [x0, y0],
      [x1, y0],
      [x0, y1],
      [x1, y1],
    ].every(([x, y]) => {
      const expected = [...first];
      expected[along[0]] += (x - x0) * Math.sign(steps[0][along[0]]);
      expected[along[1]] += (y - y0) * Math.sign(steps[1][along[1]]);
      const there = pixelIndex(origin, d, spacing, x, y, grid);
      return there.every((value, n) => Math.abs(value - expected[n]) <= coincidenceTolerance);
    });
  });
}

/** The distance of a grid's slices along a direction, in mm: of those slices that lie most across it. */
export function sliceSpacing(unit: Vec3, grid: Grid): number {
  const step = stepOf(unit, grid);
  return 1 / Math.abs(step[steepest(step)]);
}

function steepest(step: readonly number[]): number {
  const sizes = step.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes));
}

/** A direction of one mm in voxels of a grid. */
function stepOf(unit: Vec3, grid: Grid): number[] {
  const { origin: o } = grid;
  return worldToIndex(grid, [o[0] + unit[0], o[1] + unit[1], o[2] + unit[2]]);
}

function pixelIndex(o: Vec3, d: Grid['direction'], s: Vec3, x: number, y: number, grid: Grid): number[] {
  const [u, v] = [x * s[0], y * s[1]];
  return worldToIndex(grid, [
    o[0] + u * d[0] + v * d[3],
    o[1] + u * d[1] + v * d[4],
    o[2] + u * d[2] + v * d[5],
  ]);
}

/** The continuous voxel indices that the marked rectangles reach, half a pixel and half a thickness around them included. */
function reachOf(
  { direction: d, spacing: s }: PlaneStack,
  planes: readonly MaskPlane[],
  grid: Grid,
): number[] {
  const reach = [1, 1, 1, -1, -1, -1].map((sign) => sign * Number.POSITIVE_INFINITY);
  const normal = stepOf([d[6], d[7], d[8]], grid).map((step) => Math.abs(step) * (s[2] / 2));
  for (const { origin, rect } of planes) {
    for (const x of [rect[0] - 0.5, rect[2] + 0.5]) {
      for (const y of [rect[1] - 0.5, rect[3] + 0.5]) {
        for (const [axis, value] of pixelIndex(origin, d, s, x, y, grid).entries()) {
          reach[axis] = Math.min(reach[axis], value - normal[axis]);
          reach[axis + 3] = Math.max(reach[axis + 3], value + normal[axis]);
        }
      }
    }
  }
  return reach;
}

function sample(
  { direction: d, spacing: s }: PlaneStack,
  planes: readonly MaskPlane[],
  grid: Grid,
  box: Box,
  bits: Uint8Array,
): Uint8Array {
  const part = (p: Vec3, axis: number) =>
    p[0] * d[3 * axis] + p[1] * d[3 * axis + 1] + p[2] * d[3 * axis + 2];
  const ordered = planes
    .map((plane) => ({
      ...plane,
      at: part(plane.origin, 2),
      x: part(plane.origin, 0),
      y: part(plane.origin, 1),
    }))
    .sort((a, b) => a.at - b.at);
  const start = indexToWorld(grid, [box[0], box[1], box[2]]);
  const step = [0, 1, 2].map((axis) => {
    const g: Vec3 = [grid.direction[3 * axis], grid.direction[3 * axis + 1], grid.direction[3 * axis + 2]];
    return [0, 1, 2].map((n) => part(g, n) * grid.spacing[axis]);
  });
  const from = [part(start, 0), part(start, 1), part(start, 2)];
  const [ni, nj, nk] = boxDims(box);
  // Where a row runs inside one plane, as it does on most grids, the plane is looked up once.
  const level = Math.abs(step[0][2]) * ni < tie * s[2];
  let plane: (typeof ordered)[number] | null = null;
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, n++) {
        if (!level || i === 0)
          plane = nearest(ordered, from[2] + i * step[0][2] + j * step[1][2] + k * step[2][2], s[2]);
        if (!plane) continue;
        const { rect } = plane;
        const x = Math.floor(
          (from[0] + i * step[0][0] + j * step[1][0] + k * step[2][0] - plane.x) / s[0] + 0.5 + tie,
        );
        const y = Math.floor(
          (from[1] + i * step[0][1] + j * step[1][1] + k * step[2][1] - plane.y) / s[1] + 0.5 + tie,
        );
        if (x < rect[0] || y < rect[1] || x > rect[2] || y > rect[3]) continue;
        bits[n] |= plane.bits[x - rect[0] + (rect[2] - rect[0] + 1) * (y - rect[1])];
      }
    }
  }
  return bits;
}

/** Of ascending planes the one whose slab of half a thickness to either side holds a distance. */
function nearest<T extends { readonly at: number }>(
  planes: readonly T[],
  w: number,
  thickness: number,
): T | null {
  let [low, high] = [0, planes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    // Halfway between two planes is the upper one, as half a pixel is rounded up.
    if (w >= (planes[middle].at + planes[middle + 1].at) / 2 - tie * thickness) low = middle + 1;
    else high = middle;
  }
  const beyond = (w - planes[low].at) / thickness;
  return beyond >= -0.5 - tie && beyond < 0.5 - tie ? planes[low] : null;
}

function planesOf({ box, bits }: Mask, grid: Grid): MaskPlane[] {
  const [ni, nj, nk] = boxDims(box);
  return Array.from({ length: nk }, (_, k) => ({
    origin: indexToWorld(grid, [0, 0, box[2] + k]),
    rect: [box[0], box[1], box[3], box[4]] as const,
    bits: bits.subarray(k * ni * nj, (k + 1) * ni * nj),
  }));
}
