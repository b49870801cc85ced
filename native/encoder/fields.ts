/** Small filters on an isotropic grid of points, a first: smoothing, distances, connected parts. */
import type { Box, Vec3 } from '../volume/volume.ts';

/** The binomial filter (1 2 1)/4 along each axis; the outermost points are repeated. */
export function smoothed(values: ArrayLike<number>, [nx, ny, nz]: Vec3): Float32Array {
  let from = new Float32Array(values);
  let to = new Float32Array(from.length);
  const axes = [
    [1, nx],
    [nx, ny],
    [nx * ny, nz],
  ];
  for (const [stride, n] of axes) {
    const block = stride * n;
    if (stride === 1) {
      for (let start = 0; start < from.length; start += n) {
        const last = start + n - 1;
        for (let at = start + 1; at < last; at++) to[at] = (from[at - 1] + 2 * from[at] + from[at + 1]) / 4;
        to[start] = (3 * from[start] + from[Math.min(last, start + 1)]) / 4;
        to[last] = (from[Math.max(start, last - 1)] + 3 * from[last]) / 4;
      }
      [from, to] = [to, from];
      continue;
    }
    for (let start = 0; start < from.length; start += block) {
      for (let along = 0; along < n; along++) {
        const row = start + along * stride;
        const before = along > 0 ? -stride : 0;
        const after = along < n - 1 ? stride : 0;
        for (let at = row; at < row + stride; at++) {
          to[at] = (from[at + before] + 2 * from[at] + from[at + after]) / 4;
        }
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Of `members`, those joined to a seed by faces. A member on the grid's outermost points is not passed through. */
export function connected(members: Uint8Array, seeds: Uint8Array, [nx, ny, nz]: Vec3): Uint8Array {
  const reached = new Uint8Array(members.length);
  const stack: number[] = [];
  for (let at = 0; at < members.length; at++) {
    if (!seeds[at] || !members[at]) continue;
    reached[at] = 1;
    stack.push(at);
  }
  const neighbours = [1, -1, nx, -nx, nx * ny, -nx * ny];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const x = at % nx;
    const y = Math.floor(at / nx) % ny;
    const z = Math.floor(at / (nx * ny));
    if (x === 0 || y === 0 || z === 0 || x === nx - 1 || y === ny - 1 || z === nz - 1) continue;
    for (const offset of neighbours) {
      const next = at + offset;
      if (reached[next] || !members[next]) continue;
      reached[next] = 1;
      stack.push(next);
    }
  }
  return reached;
}

/** Farther, squared, than any grid is wide: there is nothing to be near to. */
const far = 2 ** 28;

/**
 * The squared distance in steps, a whole number, from every point to the nearest one whose membership is `target`; `far`
 * where there is none, and where it is more than `most` steps away along an axis. The exact Euclidean transform, axis by axis
 * (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012), with the short lines of these grids searched outwards from
 * each point.
 */
export function squaredDistanceTo(
  inside: Uint8Array,
  target: 0 | 1,
  [nx, ny, nz]: Vec3,
  most = Number.POSITIVE_INFINITY,
): Int32Array {
  const reach = Math.min(Math.ceil(most), Math.max(nx, ny, nz));
  const field = new Int32Array(inside.length);
  for (let at = 0; at < field.length; at++) field[at] = inside[at] === target ? 0 : far;
  const line = new Int32Array(Math.max(nx, ny, nz));
  const along = (start: number, stride: number, n: number) => {
    let any = false;
    for (let q = 0, at = start; q < n; q++, at += stride) {
      line[q] = field[at];
      if (line[q] < far) any = true;
    }
    if (!any) return;
    for (let q = 0, at = start; q < n; q++, at += stride) {
      let best = line[q];
      for (let d = 1; d <= reach && d * d < best; d++) {
        if (q >= d && line[q - d] + d * d < best) best = line[q - d] + d * d;
        if (q + d < n && line[q + d] + d * d < best) best = line[q + d] + d * d;
      }
      field[at] = best;
    }
  };
  // Beyond these lines every distance is known: 0 to what is not inside, or more than `most` to what is.
  const [x0, y0, z0, x1, y1, z1] = extent(inside, [nx, ny, nz], target === 1 ? reach : 1);
  const plane = nx * ny;
  for (let z = z0; z <= z1; z++)
    for (let y = y0; y <= y1; y++) along(z * plane + y * nx + x0, 1, x1 - x0 + 1);
  for (let z = z0; z <= z1; z++)
    for (let x = x0; x <= x1; x++) along(z * plane + y0 * nx + x, nx, y1 - y0 + 1);
  for (let y = y0; y <= y1; y++)
    for (let x = x0; x <= x1; x++) along(z0 * plane + y * nx + x, plane, z1 - z0 + 1);
  return field;
}

/** First and last index along x, y, z of the box around the members, `margin` wider to all sides; the last before the first when there are none. */
function extent(members: Uint8Array, [nx, ny, nz]: Vec3, margin: number): Box {
  let [x0, y0, z0, x1, y1, z1] = [nx, ny, nz, -1, -1, -1];
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (!members[at]) continue;
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        if (y > y1) y1 = y;
        if (z < z0) z0 = z;
        if (z > z1) z1 = z;
      }
    }
  }
  if (x1 < 0) return [0, 0, 0, -1, -1, -1];
  const low = (n: number) => Math.max(0, n - margin);
  const high = (n: number, size: number) => Math.min(size - 1, n + margin);
  return [low(x0), low(y0), low(z0), high(x1, nx), high(y1, ny), high(z1, nz)];
}
