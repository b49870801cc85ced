/** What the encoder measures of a lesion beside its picture: size, shape, density and border, each one number. */
import type { Vec3 } from '../volume/volume.ts';
import { smoothed, squaredDistanceTo } from './fields.ts';
import type { SampledRegion } from './region.ts';

/** `where` says what a measurement looks at: the lesion's extent, its substance (see region.ts), or a fixed ball. */
export const measurementTable = {
  logVolume: { where: 'extent', what: 'log10 of the volume in mm³' },
  logDiameter: {
    where: 'extent',
    what: 'log10 of the longest axis in mm of the ellipsoid with equal second moments',
  },
  elongation: { where: 'extent', what: 'middle over longest axis' },
  flatness: { where: 'extent', what: 'shortest over longest axis' },
  sphericity: { where: 'extent', what: 'π^⅓ (6V)^⅔ / A (Wadell, 1935)' },
  meanSoft: { where: 'substance', what: 'mean HU, clipped to −150…250' },
  sdHu: { where: 'substance', what: 'standard deviation of the HU clipped to −1000…400' },
  p10: { where: 'substance', what: '10th percentile of the HU clipped to −1000…400' },
  p50: { where: 'substance', what: 'their median' },
  p90: { where: 'substance', what: 'their 90th percentile' },
  solidFraction: { where: 'substance', what: 'share above −300 HU' },
  denseFraction: { where: 'substance', what: 'share above 200 HU' },
  coreHu: { where: 'substance', what: 'mean HU at half the greatest depth or deeper, clipped to −1000…400' },
  peakHu: { where: 'substance', what: '97th percentile of the lightly smoothed HU, clipped to −1000…400' },
  surroundHu: { where: 'substance', what: 'mean HU 2 to 5 mm outside, clipped to −1000…400' },
  edgeSharpness: {
    where: 'substance',
    what: 'the step across the border (1.5 mm either side) over the contrast',
  },
  ball3: { where: 'ball', what: "mean HU within 3 mm of the box's centre, clipped to −1000…400" },
  ball6: { where: 'ball', what: 'the same within 6 mm' },
} as const;
export type MeasurementName = keyof typeof measurementTable;
export const measurementNames = Object.keys(measurementTable) as [MeasurementName, ...MeasurementName[]];
export type Measurements = Readonly<Record<MeasurementName, number>>;

const clip = (value: number, low: number, high: number) => (value < low ? low : value > high ? high : value);
const wide = (value: number) => clip(value, -1000, 400);

/**
 * Measures a sampled lesion whose extent and substance have at least one point each; HU, mm, mm³. What takes long and not
 * every encoder asks for is computed when it is read.
 */
export function measure(region: SampledRegion): Measurements {
  const { points, ...shape } = shapeOf(region);
  const density = densityOf(region);
  const inner = innerBands(region, density.mean);
  let outer: ReturnType<typeof outerBands> | undefined;
  const outside = () => {
    outer ??= outerBands(region, density.mean);
    return outer;
  };
  const { mean, ...rest } = density;
  return {
    ...shape,
    ...rest,
    ball3: ballMean(region, 3),
    ball6: ballMean(region, 6),
    coreHu: inner.core,
    get sphericity() {
      const { inside, dims, step } = region;
      const solid = Math.PI ** (1 / 3) * (6 * points * step ** 3) ** (2 / 3);
      return solid / surfaceArea(inside, dims, step);
    },
    get surroundHu() {
      return outside().surround;
    },
    get edgeSharpness() {
      const contrast = mean - outside().surround;
      // Damped where the contrast is as small as the noise.
      return ((inner.border - outside().border) * contrast) / (contrast * contrast + 30 * 30);
    },
  };
}

function shapeOf({ inside, dims, step, volumeMm3 }: SampledRegion) {
  const { axes, points } = principalAxes(inside, dims, step);
  return {
    points,
    logVolume: Math.log10(volumeMm3),
    logDiameter: Math.log10(axes[0]),
    elongation: axes[1] / axes[0],
    flatness: axes[2] / axes[0],
  };
}

function densityOf({ hu, smooth, substance }: SampledRegion) {
  let members = 0;
  for (let at = 0; at < substance.length; at++) members += substance[at];
  const values = new Float32Array(members);
  const smoothValues = new Float32Array(members);
  let [n, sum, squares, soft, solid, dense] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < hu.length; at++) {
    if (!substance[at]) continue;
    const value = wide(hu[at]);
    values[n] = value;
    smoothValues[n++] = wide(smooth[at]);
    sum += value;
    squares += value * value;
    soft += clip(hu[at], -150, 250);
    if (value > -300) solid++;
    if (value > 200) dense++;
  }
  const mean = sum / n;
  const sorted = values.sort();
  return {
    mean,
    meanSoft: soft / n,
    sdHu: Math.sqrt(Math.max(0, squares / n - mean * mean)),
    p10: percentile(sorted, 0.1),
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    solidFraction: solid / n,
    denseFraction: dense / n,
    peakHu: percentile(smoothValues.sort(), 0.97),
  };
}

const percentile = (sorted: Float32Array, p: number) => sorted[Math.round((sorted.length - 1) * p)];

/** The members' number and the full axes in mm, longest first, of the ellipsoid with the members' second moments (a voxel's own width included). */
function principalAxes(inside: Uint8Array, [nx, ny, nz]: Vec3, step: number) {
  let n = 0;
  const first = [0, 0, 0];
  const second = [0, 0, 0, 0, 0, 0];
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (!inside[at]) continue;
        n++;
        first[0] += x;
        first[1] += y;
        first[2] += z;
        second[0] += x * x;
        second[1] += y * y;
        second[2] += z * z;
        second[3] += x * y;
        second[4] += x * z;
        second[5] += y * z;
      }
    }
  }
  const [mx, my, mz] = first.map((s) => s / n);
  const own = 1 / 12;
  const [a, b, c] = symmetricEigenvalues(
    second[0] / n - mx * mx + own,
    second[1] / n - my * my + own,
    second[2] / n - mz * mz + own,
    second[3] / n - mx * my,
    second[4] / n - mx * mz,
    second[5] / n - my * mz,
  );
  // A solid ellipsoid's variance along an axis is (full axis)²/20.
  const axis = (variance: number) => step * Math.sqrt(20 * Math.max(own, variance));
  return { axes: [axis(a), axis(b), axis(c)], points: n };
}

/** Eigenvalues, largest first, of a symmetric 3×3 matrix by its trigonometric solution (O. K. Smith, CACM 4, 1961). */
function symmetricEigenvalues(
  xx: number,
  yy: number,
  zz: number,
  xy: number,
  xz: number,
  yz: number,
): [number, number, number] {
  const q = (xx + yy + zz) / 3;
  const off = xy * xy + xz * xz + yz * yz;
  const p = Math.sqrt(((xx - q) ** 2 + (yy - q) ** 2 + (zz - q) ** 2 + 2 * off) / 6);
  if (p < 1e-12) return [q, q, q];
  const [a, b, c, d, e, f] = [(xx - q) / p, (yy - q) / p, (zz - q) / p, xy / p, xz / p, yz / p];
  const half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2;
  const angle = Math.acos(clip(half, -1, 1)) / 3;
  const largest = q + 2 * p * Math.cos(angle);
  const smallest = q + 2 * p * Math.cos(angle + (2 * Math.PI) / 3);
  return [largest, 3 * q - largest - smallest, smallest];
}

/** Surface in mm²: the integral of the smoothed membership's gradient magnitude (coarea formula). */
function surfaceArea(inside: Uint8Array, dims: Vec3, step: number): number {
  const field = smoothed(inside, dims);
  const [nx, ny, nz] = dims;
  const plane = nx * ny;
  let sum = 0;
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 1; y < ny - 1; y++) {
      for (let x = 1; x < nx - 1; x++) {
        const at = x + nx * y + plane * z;
        const gx = field[at + 1] - field[at - 1];
        const gy = field[at + nx] - field[at - nx];
        const gz = field[at + plane] - field[at - plane];
        sum += Math.sqrt(gx * gx + gy * gy + gz * gz);
      }
    }
  }
  return (sum / 2) * step * step;
}

/** How far from the border "just inside" and "just outside" go, squared, in steps. */
function nearBorder(step: number): number {
  // Distances run between point centres; the border lies half a step before the first point of the other side.
  return ((1.5 + step / 2) / step) ** 2;
}

/** Mean HU of the core and just inside the border; `fallback` where there is none. */
function innerBands({ hu, substance, dims, step }: SampledRegion, fallback: number) {
  const inward = squaredDistanceTo(substance, 0, dims);
  const near = nearBorder(step);
  let deepest = 0;
  for (let at = 0; at < inward.length; at++) if (inward[at] > deepest) deepest = inward[at];
  const [core, border] = [new Mean(), new Mean()];
  for (let at = 0; at < hu.length; at++) {
    if (!substance[at]) continue;
    if (inward[at] <= near) border.add(wide(hu[at]));
    // Half the greatest depth, squared.
    if (inward[at] >= deepest / 4) core.add(wide(hu[at]));
  }
  return { core: core.or(fallback), border: border.or(fallback) };
}

/** Mean HU just outside the border and around the lesion; `fallback` where there is none. */
function outerBands({ hu, substance, dims, step }: SampledRegion, fallback: number) {
  const around = Math.max(5, 2 + 1.5 * step);
  const outward = squaredDistanceTo(substance, 1, dims, around / step);
  const near = nearBorder(step);
  const [from, to] = [(2 / step) ** 2, (around / step) ** 2];
  const [border, surround] = [new Mean(), new Mean()];
  for (let at = 0; at < hu.length; at++) {
    if (substance[at]) continue;
    if (outward[at] <= near) border.add(wide(hu[at]));
    if (outward[at] >= from && outward[at] <= to) surround.add(wide(hu[at]));
  }
  return { border: border.or(fallback), surround: surround.or(fallback) };
}

class Mean {
  #sum = 0;
  #n = 0;

  add(value: number): void {
    this.#sum += value;
    this.#n++;
  }

  or(fallback: number): number {
    return this.#n > 0 ? this.#sum / this.#n : fallback;
  }
}

/** The grid is symmetric about the box's centre and reaches at least 6 mm from it. */
function ballMean({ hu, dims: [nx, ny, nz], step }: SampledRegion, radiusMm: number): number {
  const radius = radiusMm / step;
  const middle = [(nx - 1) / 2, (ny - 1) / 2, (nz - 1) / 2];
  const [x0, y0, z0] = middle.map((m) => Math.max(0, Math.ceil(m - radius)));
  let sum = 0;
  let n = 0;
  for (let z = z0; z < nz - z0; z++) {
    for (let y = y0; y < ny - y0; y++) {
      for (let x = x0; x < nx - x0; x++) {
        const dx = x - middle[0];
        const dy = y - middle[1];
        const dz = z - middle[2];
        if (dx * dx + dy * dy + dz * dz > radius * radius) continue;
        sum += wide(hu[x + nx * (y + ny * z)]);
        n++;
      }
    }
  }
  return sum / n;
}
