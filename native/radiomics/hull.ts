/** The convex hull of a mask's surface, exact: its points lie on whole numbers. */
import type { Vec3 } from '../volume/volume.ts';

interface Face {
  /** Three points, counter-clockwise seen from outside. */
  readonly corners: Vec3;
  /** The plane: nx·x + ny·y + nz·z = offset; points beyond it give more. */
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
  readonly offset: number;
  /** Points beyond the face that no other face has taken, and the furthest of them. */
  readonly beyond: number[];
  furthest: number;
  distance: number;
}

/**
 * Volume (mm³) and area (mm²) of the convex hull of the marching-cubes surface around a mask, and the longest distance (mm)
 * between two of its points. The mask is not empty and leaves the outermost points of its grid empty.
 */
export function hullOf(
  bits: Uint8Array,
  dims: Vec3,
  spacing: Vec3,
): { volume: number; area: number; diameter: number } {
  const points = surfacePoints(bits, dims);
  const faces = convexHull(points);
  const mm = Float64Array.from(points);
  for (let n = 0; n < mm.length; n++) mm[n] *= spacing[n % 3] / 2;
  let volume = 0;
  let area = 0;
  const corners = new Set<number>();
  for (const {
    corners: [a, b, c],
  } of faces) {
    corners.add(a).add(b).add(c);
    const [ux, uy, uz] = [mm[b] - mm[a], mm[b + 1] - mm[a + 1], mm[b + 2] - mm[a + 2]];
    const [vx, vy, vz] = [mm[c] - mm[a], mm[c + 1] - mm[a + 1], mm[c + 2] - mm[a + 2]];
    const [px, py, pz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    area += Math.hypot(px, py, pz) / 2;
    volume += (mm[a] * px + mm[a + 1] * py + mm[a + 2] * pz) / 6;
  }
  const ends = Int32Array.from(corners);
  let square = 0;
  for (let n = 1; n < ends.length; n++) {
    for (let m = 0; m < n; m++) {
      const x = mm[ends[n]] - mm[ends[m]];
      const y = mm[ends[n] + 1] - mm[ends[m] + 1];
      const z = mm[ends[n] + 2] - mm[ends[m] + 2];
      const distance = x * x + y * y + z * z;
      if (distance > square) square = distance;
    }
  }
  return { volume, area, diameter: Math.sqrt(square) };
}

/**
 * The points halfway between a member and its neighbour outside, x, y, z in half voxels; of those in one row along x only the
 * two ends, since none between them is a corner of the hull.
 */
function surfacePoints(bits: Uint8Array, [nx, ny, nz]: Vec3): Int32Array {
  const points: number[] = [];
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 1; y < ny - 1; y++) {
      const row = nx * (y + ny * z);
      let first = 1;
      while (first < nx && bits[row + first] === 0) first++;
      if (first === nx) continue;
      let last = nx - 2;
      while (bits[row + last] === 0) last--;
      points.push(2 * first - 1, 2 * y, 2 * z, 2 * last + 1, 2 * y, 2 * z);
      for (const [dy, dz] of across) {
        const beside = row + nx * (dy + ny * dz);
        const isOnSurface = (x: number) => bits[row + x] === 1 && bits[beside + x] === 0;
        let [from, to] = [first, last];
        while (from <= last && !isOnSurface(from)) from++;
        if (from > last) continue;
        while (!isOnSurface(to)) to--;
        points.push(2 * from, 2 * y + dy, 2 * z + dz);
        if (to > from) points.push(2 * to, 2 * y + dy, 2 * z + dz);
      }
    }
  }
  return Int32Array.from(points);
}

const across = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

/**
 * Quickhull (Barber, Dobkin and Huhdanpaa, ACM TOMS 22, 1996) of points that do not lie in one plane, which those around a voxel
 * never do. Whole coordinates below 2^15 keep every sign exact, so coplanar points need no tolerance.
 */
function convexHull(points: Int32Array): readonly Face[] {
  const faces = firstFaces(points);
  const all = Array.from({ length: points.length / 3 }, (_, n) => 3 * n);
  hand(points, all, faces);
  for (let n = faces.length - 1; n >= 0; n--) {
    const apex = faces[n].furthest;
    if (apex < 0) continue;
    const seen: Face[] = [];
    let kept = 0;
    for (const f of faces) {
      if (heightOver(points, apex, f) > 0) seen.push(f);
      else faces[kept++] = f;
    }
    faces.length = kept;
    // What remains of the edges of the seen faces, each run through once, is the horizon.
    const horizon = new Map<number, readonly [number, number]>();
    for (const { corners: c } of seen) {
      for (let n = 0; n < 3; n++) {
        const from = c[n];
        const to = c[(n + 1) % 3];
        if (!horizon.delete(to * points.length + from)) horizon.set(from * points.length + to, [from, to]);
      }
    }
    const added = Array.from(horizon.values(), ([from, to]) => faceOf(points, from, to, apex));
    hand(
      points,
      seen.flatMap((f) => f.beyond),
      added,
    );
    faces.push(...added);
    n = faces.length;
  }
  return faces;
}

/** Gives each point to the first face that it lies beyond. */
function hand(points: Int32Array, which: readonly number[], faces: readonly Face[]): void {
  for (const p of which) {
    for (const face of faces) {
      const height = heightOver(points, p, face);
      if (height <= 0) continue;
      face.beyond.push(p);
      if (height > face.distance) {
        face.distance = height;
        face.furthest = p;
      }
      break;
    }
  }
}

function heightOver(points: Int32Array, p: number, face: Face): number {
  return face.nx * points[p] + face.ny * points[p + 1] + face.nz * points[p + 2] - face.offset;
}

function faceOf(points: Int32Array, a: number, b: number, c: number): Face {
  const ux = points[b] - points[a];
  const uy = points[b + 1] - points[a + 1];
  const uz = points[b + 2] - points[a + 2];
  const vx = points[c] - points[a];
  const vy = points[c + 1] - points[a + 1];
  const vz = points[c + 2] - points[a + 2];
  const nx = uy * vz - uz * vy;
  const ny = uz * vx - ux * vz;
  const nz = ux * vy - uy * vx;
  const offset = nx * points[a] + ny * points[a + 1] + nz * points[a + 2];
  return { corners: [a, b, c], nx, ny, nz, offset, beyond: [], furthest: -1, distance: 0 };
}

/** A tetrahedron of extreme points. */
function firstFaces(points: Int32Array): Face[] {
  let [a, b] = [0, 0];
  for (let p = 0; p < points.length; p += 3) {
    if (points[p] < points[a]) a = p;
    if (points[p] > points[b]) b = p;
  }
  const farthest = (distance: (p: number) => number) => {
    let [best, most] = [0, distance(0)];
    for (let p = 3; p < points.length; p += 3) {
      const d = distance(p);
      if (d > most) [best, most] = [p, d];
    }
    return best;
  };
  const c = farthest((p) => {
    const { nx, ny, nz } = faceOf(points, a, b, p);
    return nx * nx + ny * ny + nz * nz;
  });
  const base = faceOf(points, a, b, c);
  const d = farthest((p) => Math.abs(heightOver(points, p, base)));
  const [u, v] = heightOver(points, d, base) < 0 ? [b, c] : [c, b];
  return [faceOf(points, a, u, v), faceOf(points, a, v, d), faceOf(points, v, u, d), faceOf(points, u, a, d)];
}
