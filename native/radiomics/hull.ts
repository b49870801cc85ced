/** The convex hull of a mask's surface, exact: its points lie on whole numbers. */
import type { Vec3 } from '../volume/volume.ts';

interface Face {
  /** Three points, counter-clockwise seen from outside. */
  readonly corners: Vec3;
  readonly normal: Vec3;
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
  const half = spacing.map((s) => s / 2);
  const at = (p: number) => [points[p] * half[0], points[p + 1] * half[1], points[p + 2] * half[2]];
  let volume = 0;
  let area = 0;
  const corners = new Set<number>();
  for (const { corners: face } of faces) {
    for (const p of face) corners.add(p);
    const [a, b, c] = face.map(at);
    const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
    const [px, py, pz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    area += Math.hypot(px, py, pz) / 2;
    volume += (a[0] * px + a[1] * py + a[2] * pz) / 6;
  }
  const ends = Float64Array.from([...corners].flatMap(at));
  let square = 0;
  for (let n = 0; n < ends.length; n += 3) {
    for (let m = 0; m < n; m += 3) {
      const [x, y, z] = [ends[n] - ends[m], ends[n + 1] - ends[m + 1], ends[n + 2] - ends[m + 2]];
      square = Math.max(square, x * x + y * y + z * z);
    }
  }
  return { volume, area, diameter: Math.sqrt(square) };
}

/** The points halfway between a member and its neighbour outside, x, y, z in half voxels. */
function surfacePoints(bits: Uint8Array, [nx, ny, nz]: Vec3): Int32Array {
  const points: number[] = [];
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 1; y < ny - 1; y++) {
      let at = nx * (y + ny * z);
      for (let x = 1; x < nx - 1; x++) {
        if (!bits[++at]) continue;
        if (!bits[at - 1]) points.push(2 * x - 1, 2 * y, 2 * z);
        if (!bits[at + 1]) points.push(2 * x + 1, 2 * y, 2 * z);
        if (!bits[at - nx]) points.push(2 * x, 2 * y - 1, 2 * z);
        if (!bits[at + nx]) points.push(2 * x, 2 * y + 1, 2 * z);
        if (!bits[at - nx * ny]) points.push(2 * x, 2 * y, 2 * z - 1);
        if (!bits[at + nx * ny]) points.push(2 * x, 2 * y, 2 * z + 1);
      }
    }
  }
  return Int32Array.from(points);
}

/**
 * Quickhull (Barber, Dobkin and Huhdanpaa, ACM TOMS 22, 1996) of points that do not lie in one plane, which those around a voxel
 * never do. Whole coordinates below 2^15 keep every sign exact, so coplanar points need no tolerance.
 */
function convexHull(points: Int32Array): readonly Face[] {
  let faces = firstFaces(points);
  const all = Array.from({ length: points.length / 3 }, (_, n) => 3 * n);
  hand(points, all, faces);
  for (let face = furthestFace(faces); face; face = furthestFace(faces)) {
    const apex = face.furthest;
    const seen: Face[] = [];
    const kept: Face[] = [];
    for (const f of faces) (heightOver(points, apex, f) > 0 ? seen : kept).push(f);
    // What remains of the edges of the seen faces, each run through once, is the horizon.
    const horizon = new Map<number, readonly [number, number]>();
    for (const { corners: c } of seen) {
      for (let n = 0; n < 3; n++) {
        const [from, to] = [c[n], c[(n + 1) % 3]];
        if (!horizon.delete(to * points.length + from)) horizon.set(from * points.length + to, [from, to]);
      }
    }
    const added = Array.from(horizon.values(), ([from, to]) => faceOf(points, from, to, apex));
    hand(
      points,
      seen.flatMap((f) => f.beyond),
      added,
    );
    faces = [...kept, ...added];
  }
  return faces;
}

const furthestFace = (faces: readonly Face[]) => faces.find((face) => face.beyond.length > 0);

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

function heightOver(points: Int32Array, p: number, { normal: n, offset }: Face): number {
  return n[0] * points[p] + n[1] * points[p + 1] + n[2] * points[p + 2] - offset;
}

function faceOf(points: Int32Array, a: number, b: number, c: number): Face {
  const [ux, uy, uz] = [points[b] - points[a], points[b + 1] - points[a + 1], points[b + 2] - points[a + 2]];
  const [vx, vy, vz] = [points[c] - points[a], points[c + 1] - points[a + 1], points[c + 2] - points[a + 2]];
  const normal: Vec3 = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const offset = normal[0] * points[a] + normal[1] * points[a + 1] + normal[2] * points[a + 2];
  return { corners: [a, b, c], normal, offset, beyond: [], furthest: -1, distance: 0 };
}

/** A tetrahedron of extreme points. */
function firstFaces(points: Int32Array): Face[] {
  let [a, b] = [0, 0];
  for (let p = 0; p < points.length; p += 3) {
    if (points[p] < points[a]) a = p;
    if (points[p] > points[b]) b = p;
  }
  const farthest = (distance: (p: number) => number) => {
    let best = 0;
    for (let p = 3; p < points.length; p += 3) if (distance(p) > distance(best)) best = p;
    return best;
  };
  const c = farthest((p) => {
    const [x, y, z] = faceOf(points, a, b, p).normal;
    return x * x + y * y + z * z;
  });
  const base = faceOf(points, a, b, c);
  const d = farthest((p) => Math.abs(heightOver(points, p, base)));
  const [u, v] = heightOver(points, d, base) < 0 ? [b, c] : [c, b];
  return [faceOf(points, a, u, v), faceOf(points, a, v, d), faceOf(points, v, u, d), faceOf(points, u, a, d)];
}
