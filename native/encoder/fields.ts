/** Small filters on an isotropic grid of points, a first: smoothing, distances, connected parts. */
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

/**
 * Distance in mm from every point to the nearest one whose membership is `target` (infinite where there is none):
 * the exact Euclidean transform, axis by axis (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
 */
export function distanceTo(
  inside: Uint8Array,
  target: 0 | 1,
  [nx, ny, nz]: Vec3,
  step: number,
): Float32Array {
  const field = new Float64Array(inside.length);
  for (let at = 0; at < field.length; at++) field[at] = inside[at] === target ? 0 : Number.POSITIVE_INFINITY;
  const longest = Math.max(nx, ny, nz);
  const line = new Float64Array(longest);
  const vertices = new Int32Array(longest);
  const bounds = new Float64Array(longest + 1);
  const along = (start: number, stride: number, n: number) => {
    let last = -1;
    for (let q = 0; q < n; q++) {
      line[q] = field[start + q * stride];
      if (line[q] === Number.POSITIVE_INFINITY) continue;
      let from = Number.NEGATIVE_INFINITY;
      while (last >= 0) {
        const v = vertices[last];
        from = (line[q] - line[v] + q * q - v * v) / (2 * (q - v));
        if (from > bounds[last]) break;
        last--;
      }
      if (last < 0) from = Number.NEGATIVE_INFINITY;
      last++;
      vertices[last] = q;
      bounds[last] = from;
    }
    if (last < 0) return;
    for (let q = 0, at = 0; q < n; q++) {
      while (at < last && bounds[at + 1] < q) at++;
      field[start + q * stride] = (q - vertices[at]) ** 2 + line[vertices[at]];
    }
  };
  const plane = nx * ny;
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) along(z * plane + y * nx, 1, nx);
  for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) along(z * plane + x, nx, ny);
  for (let at = 0; at < plane; at++) along(at, plane, nz);
  const distance = new Float32Array(field.length);
  for (let at = 0; at < field.length; at++) distance[at] = Math.sqrt(field[at]) * step;
  return distance;
}
