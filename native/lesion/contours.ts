/** Contours of a level field on one slice: marching squares with linear interpolation, and polygon arithmetic; outlines of masks. */
import { boxDims, type Mask } from '../volume/volume.ts';

export type Point = readonly [number, number];

/**
 * Closed polygons around the region where `level` is negative, in index coordinates of the array (pixel centres at
 * integers); the region must not touch the array's border. Outer borders have positive area (`polygonArea`), holes negative.
 * Marching squares after Lorensen & Cline (SIGGRAPH 1987) in two dimensions; saddles keep the inside parts apart.
 */
export function traceContours(level: Float32Array, width: number, height: number): Point[][] {
  // An edge between neighbouring pixels has the number 2·pixel (to the right) or 2·pixel + 1 (downwards).
  const next = new Map<number, number>();
  for (let j = 0; j < height - 1; j++) {
    for (let i = 0; i < width - 1; i++) {
      const p = i + width * j;
      const code =
        (level[p] < 0 ? 1 : 0) |
        (level[p + 1] < 0 ? 2 : 0) |
        (level[p + 1 + width] < 0 ? 4 : 0) |
        (level[p + width] < 0 ? 8 : 0);
      if (code === 0 || code === 15) continue;
      const sides = [2 * p, 2 * (p + 1) + 1, 2 * (p + width), 2 * p + 1]; // top, right, bottom, left
      for (const [to, from] of segments[code]) next.set(sides[from], sides[to]);
    }
  }
  const crossing = (edge: number): Point => {
    const p = edge >> 1;
    const q = edge & 1 ? p + width : p + 1;
    // Kept off the pixel centres, so that rounding in a file cannot move a pixel across the line.
    const t = Math.max(0.02, Math.min(0.98, level[p] / (level[p] - level[q])));
    const [i, j] = [p % width, Math.floor(p / width)];
    return edge & 1 ? [i, j + t] : [i + t, j];
  };
  const loops: Point[][] = [];
  while (next.size > 0) {
    const [start] = next.keys();
    const loop: Point[] = [];
    let edge: number | undefined = start;
    while (edge !== undefined && next.has(edge)) {
      loop.push(crossing(edge));
      const following: number | undefined = next.get(edge);
      next.delete(edge);
      edge = following;
    }
    if (loop.length > 2) loops.push(loop);
  }
  return loops;
}

// For each pattern of corners inside (1 top left, 2 top right, 4 bottom right, 8 bottom left): pieces from side to side
// (0 top, 1 right, 2 bottom, 3 left), [to, from], so that
// outer borders get positive area.
const segments: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  1: [[3, 0]],
  2: [[0, 1]],
  3: [[3, 1]],
  4: [[1, 2]],
  5: [
    [3, 0],
    [1, 2],
  ],
  6: [[0, 2]],
  7: [[3, 2]],
  8: [[2, 3]],
  9: [[2, 0]],
  10: [
    [0, 1],
    [2, 3],
  ],
  11: [[2, 1]],
  12: [[1, 3]],
  13: [[1, 0]],
  14: [[0, 3]],
};

/** Signed area of a closed polygon (shoelace formula), in squared units of its coordinates. */
export function polygonArea(points: readonly Point[]): number {
  let sum = 0;
  for (let n = 0; n < points.length; n++) {
    const [a, b] = [points[n], points[(n + 1) % points.length]];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

/** A closed polygon with fewer points, none of the dropped ones farther than `tolerance` from it (Douglas & Peucker 1973). */
export function simplify(points: readonly Point[], tolerance: number): Point[] {
  let far = 0;
  let reach = -1;
  for (let n = 1; n < points.length; n++) {
    const d = (points[n][0] - points[0][0]) ** 2 + (points[n][1] - points[0][1]) ** 2;
    if (d > reach) [reach, far] = [d, n];
  }
  const keep = new Set<number>([0, far]);
  const closed = [...points, points[0]];
  const stack: [number, number][] = [
    [0, far],
    [far, points.length],
  ];
  for (let span = stack.pop(); span; span = stack.pop()) {
    const [a, b] = span;
    const [ax, ay] = closed[a];
    const [vx, vy] = [closed[b][0] - ax, closed[b][1] - ay];
    const length = Math.hypot(vx, vy) || 1;
    let [worst, at] = [tolerance, -1];
    for (let n = a + 1; n < b; n++) {
      const d = Math.abs((closed[n][0] - ax) * vy - (closed[n][1] - ay) * vx) / length;
      if (d > worst) [worst, at] = [d, n];
    }
    if (at < 0) continue;
    keep.add(at);
    stack.push([a, at], [at, b]);
  }
  return points.filter((_, n) => keep.has(n));
}

/**
 * The outer borders of a mask on each slice k, as continuous voxel indices (i, j): halfway between voxels inside and outside. Holes
 * are not told: a polygon alone cannot say which side it bounds.
 */
export function maskContours({ box, bits }: Mask): { readonly k: number; readonly points: Point[] }[] {
  const [ni, nj, nk] = boxDims(box);
  const [width, height] = [ni + 2, nj + 2];
  const level = new Float32Array(width * height);
  return Array.from({ length: nk }, (_, k) => {
    level.fill(0.5);
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) if (bits[i + ni * (j + nj * k)]) level[i + 1 + width * (j + 1)] = -0.5;
    return traceContours(level, width, height)
      .filter((loop) => polygonArea(loop) > 0)
      .map((loop) => ({
        k: box[2] + k,
        points: loop.map(([i, j]): Point => [i - 1 + box[0], j - 1 + box[1]]),
      }));
  }).flat();
}
