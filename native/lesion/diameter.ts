/** Exact longest distances of voxel sets, fast enough for a lesion of half a litre. */

/**
 * The corners of the convex hull of one slice of a mask, in indices of the slice, by Andrew's monotone chain. A corner of
 * the 3D hull is always a corner of the hull of its slice, so these are all the points a longest distance can end at.
 * `offset` is where the slice starts in `bits`, `size` and `stride` are those of its two axes.
 */
export function planarHull(
  bits: Uint8Array,
  offset: number,
  size: readonly [number, number],
  stride: readonly [number, number],
): [number, number][] {
  // Only the two ends of each line can be corners, and lines come sorted.
  const points: [number, number][] = [];
  for (let b = 0; b < size[1]; b++) {
    const line = offset + b * stride[1];
    let first = 0;
    while (first < size[0] && bits[line + first * stride[0]] === 0) first++;
    if (first === size[0]) continue;
    let last = size[0] - 1;
    while (bits[line + last * stride[0]] === 0) last--;
    points.push([first, b]);
    if (last > first) points.push([last, b]);
  }
  if (points.length < 3) return points;
  const lower = halfHull(points);
  const upper = halfHull(points.toReversed());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function halfHull(points: readonly [number, number][]): [number, number][] {
  const hull: [number, number][] = [];
  for (const p of points) {
    while (hull.length > 1) {
      const [o, a] = [hull[hull.length - 2], hull[hull.length - 1]];
      if ((a[0] - o[0]) * (p[1] - o[1]) - (a[1] - o[1]) * (p[0] - o[0]) > 0) break;
      hull.pop();
    }
    hull.push(p);
  }
  return hull;
}

interface Cell {
  readonly points: number[];
  readonly low: [number, number, number];
  readonly high: [number, number, number];
}

/**
 * The longest distance in mm between surface points of voxels. `points` holds x, y, z of voxel centres in mm along the
 * axes of the grid; the surface points of a voxel are its centre ± half its spacing along one axis (a spacing of 0
 * leaves an axis out). For a pair of voxels d apart the longest such distance is √(|d|² + max(2·s·|d_s| + s²)) over the
 * axes s, because a length is convex and so largest at a corner. Exact: pairs of cells are skipped only when not even
 * the far corners of their boxes are further apart than what was found.
 */
export function longestDistance(
  points: readonly number[],
  spacing: readonly [number, number, number],
): number {
  const cells = gridCells(points);
  const pairs: { a: Cell; b: Cell; bound: number }[] = [];
  for (let n = 0; n < cells.length; n++) {
    for (let m = n; m < cells.length; m++) {
      const [a, b] = [cells[n], cells[m]];
      const far = (axis: 0 | 1 | 2) =>
        Math.max(Math.abs(a.high[axis] - b.low[axis]), Math.abs(b.high[axis] - a.low[axis]));
      pairs.push({ a, b, bound: reach(far(0), far(1), far(2), spacing) });
    }
  }
  pairs.sort((p, q) => q.bound - p.bound);
  let longest = 0;
  for (const { a, b, bound } of pairs) {
    if (bound <= longest) break;
    for (let n = 0; n < a.points.length; n += 3) {
      for (let m = 0; m < b.points.length; m += 3) {
        const x = Math.abs(a.points[n] - b.points[m]);
        const y = Math.abs(a.points[n + 1] - b.points[m + 1]);
        const z = Math.abs(a.points[n + 2] - b.points[m + 2]);
        const square = reach(x, y, z, spacing);
        if (square > longest) longest = square;
      }
    }
  }
  return Math.sqrt(longest);
}

function reach(x: number, y: number, z: number, s: readonly [number, number, number]): number {
  const more = Math.max((2 * x + s[0]) * s[0], (2 * y + s[1]) * s[1], (2 * z + s[2]) * s[2]);
  return x * x + y * y + z * z + more;
}

/** The points sorted into at most 8³ cells of their bounding box, each with its tight box. */
function gridCells(points: readonly number[]): Cell[] {
  const perAxis = points.length > 600 ? 8 : 1;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let p = 0; p < points.length; p++) {
    low[p % 3] = Math.min(low[p % 3], points[p]);
    high[p % 3] = Math.max(high[p % 3], points[p]);
  }
  const cells = new Map<number, Cell>();
  for (let p = 0; p < points.length; p += 3) {
    let key = 0;
    for (let a = 0; a < 3; a++) {
      const share = (points[p + a] - low[a]) / (high[a] - low[a] || 1);
      key = key * perAxis + Math.min(perAxis - 1, Math.floor(share * perAxis));
    }
    let cell = cells.get(key);
    if (!cell) {
      cell = { points: [], low: [Infinity, Infinity, Infinity], high: [-Infinity, -Infinity, -Infinity] };
      cells.set(key, cell);
    }
    for (let a = 0; a < 3; a++) {
      cell.points.push(points[p + a]);
      cell.low[a] = Math.min(cell.low[a], points[p + a]);
      cell.high[a] = Math.max(cell.high[a], points[p + a]);
    }
  }
  return [...cells.values()];
}
