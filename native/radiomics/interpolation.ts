/** Interpolates a volume at the points of an axis-aligned grid: trilinear, or with the cubic B-splines through the voxels. */
import type { Vec3 } from '../volume/volume.ts';

/** Where the points of a grid lie along one axis of the volume: the voxel at or before, and the fraction to the next. */
export interface Axis {
  readonly at: Int32Array;
  readonly fraction: Float64Array;
}

interface Samples {
  readonly dims: Vec3;
  readonly voxels: ArrayLike<number>;
}

/** Name → values at the points, x fastest. Places lie inside the volume; beyond it trilinear repeats and spline mirrors. */
export const interpolations = { trilinear, spline } as const;

function trilinear({ dims, voxels }: Samples, [x, y, z]: readonly Axis[]): Float32Array {
  const [nx, ny, nz] = dims;
  const out = new Float32Array(x.at.length * y.at.length * z.at.length);
  let to = 0;
  for (let c = 0; c < z.at.length; c++) {
    const fz = z.fraction[c];
    const z0 = z.at[c] * nx * ny;
    const z1 = Math.min(nz - 1, z.at[c] + 1) * nx * ny;
    for (let b = 0; b < y.at.length; b++) {
      const fy = y.fraction[b];
      const y0 = y.at[b] * nx;
      const y1 = Math.min(ny - 1, y.at[b] + 1) * nx;
      for (let a = 0; a < x.at.length; a++) {
        const fx = x.fraction[a];
        const x0 = x.at[a];
        const x1 = x0 + 1 < nx ? x0 + 1 : x0;
        const v00 = voxels[x0 + y0 + z0] * (1 - fx) + voxels[x1 + y0 + z0] * fx;
        const v10 = voxels[x0 + y1 + z0] * (1 - fx) + voxels[x1 + y1 + z0] * fx;
        const v01 = voxels[x0 + y0 + z1] * (1 - fx) + voxels[x1 + y0 + z1] * fx;
        const v11 = voxels[x0 + y1 + z1] * (1 - fx) + voxels[x1 + y1 + z1] * fx;
        out[to++] = (v00 * (1 - fy) + v10 * fy) * (1 - fz) + (v01 * (1 - fy) + v11 * fy) * fz;
      }
    }
  }
  return out;
}

function spline({ dims, voxels }: Samples, [x, y, z]: readonly Axis[]): Float32Array {
  const [nx, ny, nz] = dims;
  const coefficients = splineCoefficients(voxels, dims);
  const [wx, wy, wz] = [weights(x, nx), weights(y, ny), weights(z, nz)];
  const out = new Float32Array(x.at.length * y.at.length * z.at.length);
  let to = 0;
  for (let c = 0; c < z.at.length; c++) {
    for (let b = 0; b < y.at.length; b++) {
      for (let a = 0; a < x.at.length; a++) {
        let sum = 0;
        for (let r = 4 * c; r < 4 * c + 4; r++) {
          for (let q = 4 * b; q < 4 * b + 4; q++) {
            const row = nx * (wy.at[q] + ny * wz.at[r]);
            let line = 0;
            for (let p = 4 * a; p < 4 * a + 4; p++) line += wx.weight[p] * coefficients[row + wx.at[p]];
            sum += wy.weight[q] * wz.weight[r] * line;
          }
        }
        out[to++] = sum;
      }
    }
  }
  return out;
}

/** The four coefficients that each point depends on, and the weights of the cubic B-spline. */
function weights({ at, fraction }: Axis, n: number): { at: Int32Array; weight: Float64Array } {
  const index = new Int32Array(4 * at.length);
  const weight = new Float64Array(4 * at.length);
  for (let q = 0; q < at.length; q++) {
    const f = fraction[q];
    for (let o = 0; o < 4; o++) index[4 * q + o] = mirrored(at[q] - 1 + o, n);
    weight[4 * q] = (1 - f) ** 3 / 6;
    weight[4 * q + 1] = (4 - 6 * f * f + 3 * f ** 3) / 6;
    weight[4 * q + 2] = (1 + 3 * f + 3 * f * f - 3 * f ** 3) / 6;
    weight[4 * q + 3] = f ** 3 / 6;
  }
  return { at: index, weight };
}

function mirrored(index: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const within = ((index % period) + period) % period;
  return within < n ? within : period - within;
}

/** Coefficients whose cubic B-spline passes through the voxels, mirrored at the borders (Unser, IEEE SPM 16(6), 1999). */
function splineCoefficients(voxels: ArrayLike<number>, [nx, ny, nz]: Vec3): Float64Array {
  const out = Float64Array.from(voxels);
  const pole = Math.sqrt(3) - 2;
  const along = (first: number, stride: number, n: number) => {
    if (n === 1) return;
    let sum = 0;
    // The causal sum over the mirrored line, cut off where its weights fall below double precision.
    for (let q = 0, weight = 1; q < 40; q++, weight *= pole)
      sum += weight * out[first + stride * mirrored(q, n)];
    out[first] = sum;
    for (let q = 1; q < n; q++) out[first + stride * q] += pole * out[first + stride * (q - 1)];
    const last = first + stride * (n - 1);
    out[last] = (pole / (pole * pole - 1)) * (out[last] + pole * out[last - stride]);
    for (let q = n - 2; q >= 0; q--) {
      const at = first + stride * q;
      out[at] = pole * (out[at + stride] - out[at]);
    }
    for (let q = 0; q < n; q++) out[first + stride * q] *= 6;
  };
  for (let row = 0; row < ny * nz; row++) along(row * nx, 1, nx);
  for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) along(z * nx * ny + x, nx, ny);
  for (let at = 0; at < nx * ny; at++) along(at, nx * ny, nz);
  return out;
}
