/** What is known about each cell around a mark: place in the mark, density against inside and outside, ways from the centre. */
import { blurField, cellCoordinate, cellsPerAxis as n } from './growField.ts';
import type { MarkRegion } from './markRegion.ts';

export const featureNames = [
  'rho', // in-plane radial coordinate of the mark
  'depth', // distance across the slices, in guessed half extents
  'radius', // √(rho² + depth²)
  'likelihood', // log-likelihood ratio of the HU inside against outside
  'likelihoodBlurred',
  'likelihoodWide',
  'deviation', // |HU − median inside| in robust standard deviations
  'signedDeviation',
  'contrastShare', // 0 at the median outside, 1 at the median inside
  'geodesic', // extra length of the way from the centre when deviating tissue costs more
  'geodesicSteep',
  'rayWorst', // the least lesion-like tissue on the straight way from the centre
  'edge', // gradient magnitude per contrast
  'sliceLowest', // mean likelihood in the middle of a slice, lowest from the mark's slice to this one
  'sliceHere', // the same of this slice alone
  'raySum', // unlike tissue summed along the straight way from the centre
  'contrast', // of the whole mark
  'spread', // robust standard deviation inside, /100 HU
  'density', // median inside, /500 HU
  'size', // log of the in-plane radius in cm
  'aspect', // |log(a/b)|
  'hu', // /500 HU
  'tissueDeviation', // from the tissue that most of the mark is made of, in its standard deviations
  'tissueSigned',
  'tissueNear', // share of that tissue around
  'tissueGeodesic', // as geodesic, through that tissue
  'tissueDensity', // its median, /500 HU
  'tissueSpread', // /100 HU
] as const;

const histogramBins = 128;
/** Beyond this many half extents no way is followed. */
const farthest = 2.3;

/** Feature f of every cell of the cube, in the order of `featureNames`; cells as in `sampleField`. */
export function cellFeatures(hu: Float32Array, region: MarkRegion): Float32Array[] {
  const [a, b] = [region.radiiMm[region.inPlane[0]], region.radiiMm[region.inPlane[1]]];
  const coordinate = Float32Array.from({ length: n }, (_, c) => cellCoordinate(c));
  const planeRho = new Float32Array(n * n);
  for (let w = 0; w < n; w++) {
    for (let u = 0; u < n; u++) planeRho[u + n * w] = region.radial(coordinate[u] * a, coordinate[w] * b);
  }
  const cells = n * n * n;
  const rho = new Float32Array(cells);
  const depth = new Float32Array(cells);
  const radius = new Float32Array(cells);
  for (let t = 0, v = 0; t < n; t++) {
    const z = Math.abs(coordinate[t]);
    for (let p = 0; p < n * n; p++, v++) {
      rho[v] = Math.min(3, planeRho[p]);
      depth[v] = z;
      radius[v] = Math.sqrt(rho[v] ** 2 + z * z);
    }
  }
  const soft = blurField(hu, 1, 1);
  const inside: number[] = [];
  const outside: number[] = [];
  const core: number[] = [];
  for (let v = 0; v < cells; v++) {
    if (rho[v] < 0.65 && depth[v] < 0.3) inside.push(hu[v]);
    if (rho[v] < 0.55 && depth[v] < 0.35) core.push(soft[v]);
    if (rho[v] > 1.35 && rho[v] < 2.2 && depth[v] < 0.6) outside.push(hu[v]);
  }
  const inner = robust(inside);
  const outer = robust(outside);
  const scale = inner.spread + 20;
  const table = likelihoodTable(inside, outside);
  const likelihood = hu.map((x) => table[bin(x)]);
  const likelihoodBlurred = blurField(likelihood, 1, 2);
  const likelihoodWide = blurField(likelihood, 3, 2);
  const deviation = soft.map((x) => Math.min(5, Math.abs(x - inner.median) / scale));
  const signedDeviation = soft.map((x) => Math.max(-5, Math.min(5, (x - inner.median) / scale)));
  const gap = inner.median - outer.median;
  const span = Math.sign(gap || 1) * Math.max(30, Math.abs(gap));
  const contrastShare = soft.map((x) => Math.max(-1, Math.min(2, (x - inner.median) / span + 1)));
  const oddity = likelihoodBlurred.map((x, v) => Math.max(0, 0.5 * deviation[v] - 0.25 - 0.3 * x));
  const geodesic = geodesicExcess(oddity, radius, 1.5);
  const geodesicSteep = geodesicExcess(oddity, radius, 6);
  const { rayWorst, raySum } = rays(oddity, coordinate);
  const tissue = mainTissue(core);
  const unit = tissue.spread + 15;
  const tissueSigned = soft.map((x) => Math.max(-5, Math.min(5, (x - tissue.median) / unit)));
  const tissueDeviation = tissueSigned.map(Math.abs);
  const tissueNear = blurField(
    tissueDeviation.map((x) => (x < 2 ? 1 : 0)),
    2,
    2,
  );
  const unlike = tissueDeviation.map((x, v) => Math.max(0, 0.7 * x - 0.7 - tissueNear[v]));
  const tissueGeodesic = geodesicExcess(unlike, radius, 3);
  const edge = edges(soft, Math.abs(span) + scale);
  const { sliceLowest, sliceHere } = slices(likelihoodBlurred, rho);
  const constant = (x: number) => new Float32Array(cells).fill(x);
  return [
    rho,
    depth,
    radius,
    likelihood,
    likelihoodBlurred,
    likelihoodWide,
    deviation,
    signedDeviation,
    contrastShare,
    geodesic,
    geodesicSteep,
    rayWorst,
    edge,
    sliceLowest,
    sliceHere,
    raySum,
    constant(Math.min(5, Math.abs(gap) / (inner.spread + outer.spread + 20))),
    constant(inner.spread / 100),
    constant(inner.median / 500),
    constant(Math.log(Math.sqrt(a * b) / 10)),
    constant(Math.abs(Math.log(a / b))),
    soft.map((x) => x / 500),
    tissueDeviation,
    tissueSigned,
    tissueNear,
    tissueGeodesic,
    constant(tissue.median / 500),
    constant(tissue.spread / 100),
  ];
}

function robust(values: readonly number[]): { median: number; spread: number } {
  if (values.length === 0) return { median: 0, spread: 100 };
  const sorted = Float32Array.from(values).sort();
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  return { median: at(0.5), spread: (at(0.84) - at(0.16)) / 2 };
}

/**
 * The tissue that most of the mark is made of, however much of another lies in it: the middle of the narrowest range that
 * holds 40% of the values (the mode of Venter 1967), and the standard deviation of the normal distribution that it fits.
 */
function mainTissue(values: readonly number[]): { median: number; spread: number } {
  if (values.length === 0) return { median: 0, spread: 100 };
  const sorted = Float32Array.from(values).sort();
  const held = Math.floor(0.4 * (sorted.length - 1));
  let first = 0;
  for (let at = 1; at + held < sorted.length; at++) {
    if (sorted[at + held] - sorted[at] < sorted[first + held] - sorted[first]) first = at;
  }
  return {
    median: sorted[first + (held >> 1)],
    spread: (sorted[first + held] - sorted[first]) / 1.049,
  };
}

function bin(hu: number): number {
  // Finer above −200 HU, where soft tissues differ by a few tens.
  const x = hu < -200 ? (hu + 1000) / 20 : 40 + (hu + 200) / 7;
  return Math.max(0, Math.min(histogramBins - 1, Math.floor(x)));
}

function likelihoodTable(inside: readonly number[], outside: readonly number[]): Float32Array {
  const p = density(inside);
  const q = density(outside);
  return p.map((x, k) => Math.max(-3, Math.min(3, Math.log(x / q[k]))));
}

function density(values: readonly number[]): Float32Array {
  const counts = new Float32Array(histogramBins);
  for (const x of values) counts[bin(x)] += 1 / values.length;
  let smooth = counts;
  for (let pass = 0; pass < 4; pass++) {
    const from = smooth;
    smooth = from.map(
      (x, k) => (from[Math.max(0, k - 1)] + 2 * x + from[Math.min(histogramBins - 1, k + 1)]) / 4,
    );
  }
  return smooth.map((x) => x + 0.1 / histogramBins);
}

/**
 * Length of the cheapest way from the centre in cells of the mark, minus the straight length, when a step through tissue
 * of this oddity costs 1 + weight·oddity: 0 in the mark's own tissue, large behind walls. Relaxed in sweeps (fast
 * sweeping), which needs no priority queue.
 */
function geodesicExcess(oddity: Float32Array, radius: Float32Array, weight: number): Float32Array {
  const step = cellCoordinate(1) - cellCoordinate(0);
  const cost = oddity.map((x) => step * (1 + weight * x));
  const way = new Float32Array(n * n * n).fill(1e6);
  for (let v = 0; v < way.length; v++) if (radius[v] < 0.35) way[v] = radius[v];
  const n2 = n * n;
  for (let round = 0; round < 2; round++) {
    for (let sweep = 0; sweep < 8; sweep++) {
      const [du, dw, dt] = [sweep & 1 ? -1 : 1, sweep & 2 ? -1 : 1, sweep & 4 ? -1 : 1];
      for (let c = 0; c < n; c++) {
        const t = dt > 0 ? c : n - 1 - c;
        for (let b = 0; b < n; b++) {
          const w = dw > 0 ? b : n - 1 - b;
          for (let a = 0; a < n; a++) {
            const u = du > 0 ? a : n - 1 - a;
            const v = u + n * w + n2 * t;
            if (radius[v] > farthest) continue;
            const x = a > 0 ? way[v - du] : 1e6;
            const y = b > 0 ? way[v - dw * n] : 1e6;
            const z = c > 0 ? way[v - dt * n2] : 1e6;
            const best = eikonal(x, y, z, cost[v]);
            if (best < way[v]) way[v] = best;
          }
        }
      }
    }
  }
  for (let v = 0; v < way.length; v++) way[v] = Math.min(5, Math.max(-0.5, way[v] - radius[v]));
  return way;
}

/** The upwind solution of |∇T| = cost on a unit grid from the smallest neighbours along each axis (Zhao 2005). */
function eikonal(x: number, y: number, z: number, cost: number): number {
  const low = Math.min(x, y, z);
  const high = Math.max(x, y, z);
  const mid = x + y + z - low - high;
  let result = low + cost;
  if (result <= mid) return result;
  result = (low + mid + Math.sqrt(Math.max(0, 2 * cost * cost - (low - mid) ** 2))) / 2;
  if (result <= high) return result;
  const sum = low + mid + high;
  return (
    (sum + Math.sqrt(Math.max(0, sum * sum - 3 * (low * low + mid * mid + high * high - cost * cost)))) / 3
  );
}

/** Cells from the centre outwards, and for each the cell two steps nearer to the centre on the straight way to it. */
const waysOut = makeWaysOut();

function makeWaysOut(): {
  readonly order: Int32Array;
  readonly parent: Int32Array;
  readonly step: Float32Array;
} {
  const middle = n / 2 - 0.5;
  const cells = n * n * n;
  const distance = new Float32Array(cells);
  const parent = new Int32Array(cells);
  const step = new Float32Array(cells);
  for (let v = 0; v < cells; v++) {
    const [u, w, t] = [(v % n) - middle, (Math.floor(v / n) % n) - middle, Math.floor(v / (n * n)) - middle];
    const length = Math.hypot(u, w, t);
    const nearer = Math.max(0, 1 - 2 / length);
    const at = (x: number) => Math.round(middle + x * nearer);
    distance[v] = length;
    parent[v] = at(u) + n * (at(w) + n * at(t));
    step[v] = Math.min(2, length);
  }
  const order = Int32Array.from({ length: cells }, (_, v) => v).sort((a, b) => distance[a] - distance[b]);
  return { order, parent, step };
}

/** Along the straight way from the centre to each cell: the worst oddity, and their sum by length in half extents. */
function rays(
  oddity: Float32Array,
  coordinate: Float32Array,
): { rayWorst: Float32Array; raySum: Float32Array } {
  const { order, parent, step } = waysOut;
  const rayWorst = oddity.slice();
  const raySum = new Float32Array(oddity.length);
  const cell = coordinate[1] - coordinate[0];
  for (const v of order) {
    const from = parent[v];
    if (from === v) continue;
    raySum[v] = raySum[from] + oddity[v] * step[v] * cell;
    if (rayWorst[from] > rayWorst[v]) rayWorst[v] = rayWorst[from];
  }
  return { rayWorst, raySum };
}

function edges(hu: Float32Array, scale: number): Float32Array {
  const out = new Float32Array(hu.length);
  for (let t = 1; t < n - 1; t++) {
    for (let w = 1; w < n - 1; w++) {
      for (let u = 1; u < n - 1; u++) {
        const v = u + n * (w + n * t);
        const x = hu[v + 1] - hu[v - 1];
        const y = hu[v + n] - hu[v - n];
        const z = hu[v + n * n] - hu[v - n * n];
        out[v] = Math.sqrt(x * x + y * y + z * z) / scale;
      }
    }
  }
  return out;
}

/** For each slice: how inside-like its middle is, and the lowest of that on the way from the mark's slice. */
function slices(
  likelihood: Float32Array,
  rho: Float32Array,
): { sliceLowest: Float32Array; sliceHere: Float32Array } {
  const here = new Float32Array(n);
  for (let t = 0; t < n; t++) {
    let sum = 0;
    let count = 0;
    for (let v = t * n * n; v < (t + 1) * n * n; v++) {
      if (rho[v] >= 0.5) continue;
      sum += likelihood[v];
      count++;
    }
    here[t] = count > 0 ? sum / count : 0;
  }
  const lowest = here.slice();
  for (let t = n / 2 + 1; t < n; t++) lowest[t] = Math.min(lowest[t], lowest[t - 1]);
  for (let t = n / 2 - 2; t >= 0; t--) lowest[t] = Math.min(lowest[t], lowest[t + 1]);
  const sliceLowest = new Float32Array(n * n * n);
  const sliceHere = new Float32Array(n * n * n);
  for (let t = 0; t < n; t++) {
    sliceLowest.fill(lowest[t], t * n * n, (t + 1) * n * n);
    sliceHere.fill(here[t], t * n * n, (t + 1) * n * n);
  }
  return { sliceLowest, sliceHere };
}
