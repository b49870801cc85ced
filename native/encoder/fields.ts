/** Small filters on an isotropic grid of points, a first: smoothing, connected parts. */
import type { Vec3 } from '../volume/volume.ts';

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
