/** Implicit shapes: functions of a position that return the approximate signed distance to a surface in mm, negative inside. */
import type { Vec3 } from '../volume/volume.ts';
import { textureAt } from './noise.ts';

/** `index` is the voxel's index in the canvas, for fields that read a precomputed map. */
export type Field = (x: number, y: number, z: number, index: number) => number;

/** Corners in mm: [x0, y0, z0, x1, y1, z1]. */
export type Bounds = readonly [number, number, number, number, number, number];

export interface Shape {
  readonly field: Field;
  readonly bounds: Bounds;
}

/** An ellipsoid with semi-axes `radii`, turned by `turn` radians about z and then tilted by `tilt` about its own x axis. */
export function ellipsoid(center: Vec3, radii: Vec3, turn = 0, tilt = 0): Shape {
  const [cx, cy, cz] = center;
  const [ix, iy, iz] = radii.map((r) => 1 / r);
  const [ct, st, cl, sl] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  const turned = turn !== 0 || tilt !== 0;
  const reach = turned ? Math.max(...radii) : 0;
  const [rx, ry, rz] = turned ? [reach, reach, reach] : radii;
  return {
    bounds: [cx - rx, cy - ry, cz - rz, cx + rx, cy + ry, cz + rz],
    field: (x, y, z) => {
      let dx = x - cx;
      let dy = y - cy;
      let dz = z - cz;
      if (turned) {
        const tx = dx * ct + dy * st;
        const ty = dy * ct - dx * st;
        dx = tx;
        dy = ty * cl + dz * sl;
        dz = dz * cl - ty * sl;
      }
      // Distance approximation k0·(k0 − 1)/k1 with k0 = |p/r|, k1 = |p/r²| (I. Quilez, "ellipsoids").
      const ax = dx * ix;
      const ay = dy * iy;
      const az = dz * iz;
      const k0 = Math.sqrt(ax * ax + ay * ay + az * az);
      const bx = ax * ix;
      const by = ay * iy;
      const bz = az * iz;
      return (k0 * (k0 - 1)) / (Math.sqrt(bx * bx + by * by + bz * bz) + 1e-9);
    },
  };
}

/** A point of a tube's centre line with the tube's radius there, in mm: [x, y, z, radius]. */
export type TubePoint = readonly [number, number, number, number];

/** A tube along a polyline, its radius interpolated between the points. */
export function tube(points: readonly TubePoint[]): Shape {
  const n = points.length - 1;
  const data = new Float64Array(n * 9);
  for (let s = 0; s < n; s++) {
    const [a, b] = [points[s], points[s + 1]];
    const d = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const length2 = d[0] ** 2 + d[1] ** 2 + d[2] ** 2 + 1e-9;
    data.set([a[0], a[1], a[2], d[0], d[1], d[2], 1 / length2, a[3], b[3] - a[3]], s * 9);
  }
  const low = [0, 1, 2].map((axis) => Math.min(...points.map((p) => p[axis] - p[3])));
  const high = [0, 1, 2].map((axis) => Math.max(...points.map((p) => p[axis] + p[3])));
  return {
    bounds: [low[0], low[1], low[2], high[0], high[1], high[2]],
    field: (x, y, z) => {
      let best = 1e9;
      for (let o = 0; o < data.length; o += 9) {
        const px = x - data[o];
        const py = y - data[o + 1];
        const pz = z - data[o + 2];
        const dx = data[o + 3];
        const dy = data[o + 4];
        const dz = data[o + 5];
        let t = (px * dx + py * dy + pz * dz) * data[o + 6];
        if (t < 0) t = 0;
        else if (t > 1) t = 1;
        const ex = px - t * dx;
        const ey = py - t * dy;
        const ez = pz - t * dz;
        const d = Math.sqrt(ex * ex + ey * ey + ez * ez) - data[o + 7] - t * data[o + 8];
        if (d < best) best = d;
      }
      return best;
    },
  };
}

/** Catmull-Rom interpolation through the points, `per` pieces between neighbours. */
export function smoothLine(points: readonly TubePoint[], per: number): TubePoint[] {
  const at = (n: number): TubePoint => points[Math.min(points.length - 1, Math.max(0, n))];
  const out: TubePoint[] = [];
  for (let s = 0; s < points.length - 1; s++) {
    for (let m = 0; m < per; m++) {
      const t = m / per;
      const value = (axis: 0 | 1 | 2 | 3): number => {
        const [a, b, c, d] = [at(s - 1)[axis], at(s)[axis], at(s + 1)[axis], at(s + 2)[axis]];
        return (
          0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t ** 3)
        );
      };
      out.push([value(0), value(1), value(2), Math.max(0.5, value(3))]);
    }
  }
  out.push(at(points.length - 1));
  return out;
}

/** Union whose seam is rounded over `k` mm (polynomial smooth minimum). */
export function smoothUnion(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - 0.25 * h * h * k;
}

/** The field with its surface pushed in and out by about `amplitude` mm over features of about 5·`cellMm`. */
export function bumpy(field: Field, amplitude: number, cellMm: number, offset: number): Field {
  return (x, y, z, index) => {
    const d = field(x, y, z, index);
    // Far from the surface the bumps cannot matter, and the texture is the dear part.
    if (d > 12 || d < -12) return d;
    return d + amplitude * textureAt(x / cellMm + offset, y / cellMm + 2 * offset, z / cellMm + 3 * offset);
  };
}

export function unite(a: Bounds, b: Bounds): Bounds {
  return [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.max(a[3], b[3]),
    Math.max(a[4], b[4]),
    Math.max(a[5], b[5]),
  ];
}
