/** The surface of a mask by marching cubes (Lorensen and Cline, 1987) at the level one half: its volume and its area. */
import type { Vec3 } from '../volume/volume.ts';

/** A triangle of a cube's surface, in indices, its outside where it runs counter-clockwise. */
interface Triangle {
  readonly points: readonly [Vec3, Vec3, Vec3];
  /** How much it counts. */
  readonly share: number;
}

/**
 * Volume (mm³) and area (mm²) of the mesh around the members of a mask that leaves the outermost points of its grid
 * empty. Volume by the divergence theorem, as the flow of (x, 0, 0) through the surface.
 */
export function meshOf(
  bits: Uint8Array,
  [nx, ny, nz]: Vec3,
  [sx, sy, sz]: Vec3,
): { volume: number; area: number } {
  const counts = new Float64Array(256);
  const places = new Float64Array(256);
  for (let z = 0; z < nz - 1; z++) {
    for (let y = 0; y < ny - 1; y++) {
      let at = nx * (y + ny * z);
      let left = column(bits, at, nx, nx * ny);
      for (let x = 0; x < nx - 1; x++) {
        const right = column(bits, ++at, nx, nx * ny);
        const code = left | (right << 1);
        left = right;
        counts[code]++;
        places[code] += x;
      }
    }
  }
  let volume = 0;
  let area = 0;
  for (let code = 1; code < 255; code++) {
    if (counts[code] === 0) continue;
    for (const { points, share } of surfaceOf(code)) {
      const [a, b, c] = points;
      const [px, py, pz] = cross(a, b, c);
      area += (share * counts[code] * length([px * sy * sz, py * sx * sz, pz * sx * sy])) / 2;
      volume += share * (px / 2) * (places[code] + (counts[code] * (a[0] + b[0] + c[0])) / 3);
    }
  }
  return { volume: volume * sx * sy * sz, area };
}

/** The four corners of a cube that share its x, as the bits of a code that holds them. */
function column(bits: Uint8Array, at: number, strideY: number, strideZ: number): number {
  return (
    bits[at] | (bits[at + strideY] << 2) | (bits[at + strideZ] << 4) | (bits[at + strideY + strideZ] << 6)
  );
}

/** The corners of the six faces in turn, counter-clockwise seen from outside. */
const faces = [
  [0, 4, 6, 2],
  [1, 3, 7, 5],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
] as const;

/**
 * On each face the surface joins the middle of an edge that enters the inside to that of the next one that leaves it; where two
 * inside corners lie across, each is cut off on its own. The joints close to polygons.
 */
function surfaceThrough(code: number): readonly Triangle[] {
  const isInside = (corner: number) => ((code >> corner) & 1) === 1;
  const next = new Map<string, { edge: string; middle: Vec3 }>();
  for (const face of faces) {
    for (let n = 0; n < 4; n++) {
      if (isInside(face[n]) || !isInside(face[(n + 1) % 4])) continue;
      let last = n + 1;
      while (isInside(face[(last + 1) % 4])) last++;
      const [entering, leaving] = [
        edge(face[n], face[(n + 1) % 4]),
        edge(face[last % 4], face[(last + 1) % 4]),
      ];
      next.set(entering.edge, leaving);
    }
  }
  const triangles: Triangle[] = [];
  for (let [at] = next.keys(); at !== undefined; [at] = next.keys()) {
    const polygon: Vec3[] = [];
    for (let to = next.get(at); to; to = next.get(at)) {
      polygon.push(to.middle);
      next.delete(at);
      at = to.edge;
    }
    triangles.push(...cut(polygon));
  }
  return triangles;
}

/**
 * A polygon of more than four points is not flat, and volume and area depend on how it is cut. Here it is cut from one of its points
 * to all others, from the one that gives the greatest area, as the usual tables of cubes do. Where several give it, each
 * cut has its share: so mirrored and turned masks have the same volume and area.
 */
function cut(polygon: readonly Vec3[]): readonly Triangle[] {
  const fans = polygon.map((_, first) => {
    const turned = [...polygon.slice(first), ...polygon.slice(0, first)];
    const triangles = turned.slice(2).map((point, n) => [turned[0], turned[n + 1], point] as const);
    return { triangles, area: triangles.reduce((sum, [a, b, c]) => sum + length(cross(a, b, c)) / 2, 0) };
  });
  const greatest = Math.max(...fans.map(({ area }) => area));
  const chosen = fans.filter(({ area }) => area > greatest - 1e-9);
  return chosen.flatMap(({ triangles }) => triangles.map((points) => ({ points, share: 1 / chosen.length })));
}

/** Twice the area of a triangle, along its normal. */
function cross(a: Vec3, b: Vec3, c: Vec3): Vec3 {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}

const length = ([x, y, z]: Vec3) => Math.hypot(x, y, z);

/** The edge between two corners and its middle. */
function edge(a: number, b: number): { edge: string; middle: Vec3 } {
  const along = (axis: number) => (((a >> axis) & 1) + ((b >> axis) & 1)) / 2;
  return { edge: `${Math.min(a, b)}-${Math.max(a, b)}`, middle: [along(0), along(1), along(2)] };
}

/** For the 256 ways that a cube's corners (bit x + 2y + 4z) can lie inside, the surface through it, once it was asked for. */
const surfaces: (readonly Triangle[])[] = [];

/** Not all of them when the process starts: most processes measure nothing, and are waited for. */
function surfaceOf(code: number): readonly Triangle[] {
  surfaces[code] ??= surfaceThrough(code);
  return surfaces[code];
}
