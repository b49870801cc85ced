/** Moves and resizes a roughly drawn box until it sits on the lesion in it. */
import type { Vec3, Volume } from '../volume/volume.ts';
import { smoothed } from './fields.ts';
import { type BoxExtent, sampleVolume } from './sampling.ts';

/** The lattice has so many points along each axis of the box and reaches so many of its half edges from its centre. */
const points = 25;
const reach = 2;
/** HU beyond these say nothing more about where soft tissue ends. */
const [lowestHu, highestHu] = [-1000, 200];
/** In half edges: the lesion's density is the median inside the first, its background a quartile between the others. */
const coreRadius = 0.4;
const [backgroundFrom, backgroundTo] = [1.1, 1.7];
/** Where the two differ by less than this (HU), the box stays as it was drawn. */
const leastContrast = 25;
/** The inside of an ellipsoid is compared with the shell out to so many of its radii. */
const shell = 1.3;
/** By how much boxes are drawn wrong: their centre in half edges, the logarithms of their size and of their form; too large more than too small. */
const usual = { offset: 0.25, tooSmall: 0.18, tooLarge: 0.25, form: 0.3 };
const priorWeight = 0.01;
/** No box is more wrong than this: half edges by which its centre moves, factor by which its edges change. */
export const furthestOffset = 0.6;
export const largestGrowth = 1.65;
const furthestSize = Math.log(largestGrowth);
const steps = [0.2, 0.1, 0.05];

/** Offsets of the centre along the box's three axes in half edges, then the logarithms of the factors of its edges. */
type Place = readonly [number, number, number, number, number, number];

/**
 * The box near the drawn one whose inscribed ellipsoid differs most from the shell around it: the mean membership inside, minus that of
 * the shell, minus a Gaussian prior about the drawn box. Membership runs from 0 at the background's HU to 1 at the
 * lesion's. Found by steepest ascent with three lengths of step. A vessel or the pleura moves it little: it does not grow along what
 * leads out of the shell. Takes the same time for any size.
 */
export function fittedExtent(volume: Volume, drawn: BoxExtent): BoxExtent {
  const sums = memberSums(volume, drawn);
  if (!sums) return drawn;
  let place: Place = [0, 0, 0, 0, 0, 0];
  let best = score(sums, place);
  for (const step of steps) {
    for (let moved = true; moved; ) {
      moved = false;
      for (const next of neighbours(place, step)) {
        const value = score(sums, next);
        if (value <= best) continue;
        [best, place, moved] = [value, next, true];
      }
    }
  }
  const { center, half } = drawn;
  const { direction: d } = volume;
  const [a, b, c, ...sizes] = place;
  const along = (x: number) =>
    center[x] + a * half[0] * d[x] + b * half[1] * d[3 + x] + c * half[2] * d[6 + x];
  const edge = (axis: number) => half[axis] * Math.exp(sizes[axis]);
  return { center: [along(0), along(1), along(2)], half: [edge(0), edge(1), edge(2)] };
}

/** Every place one step away along one of its six numbers. */
function neighbours(place: Place, step: number): Place[] {
  return place.flatMap((value, at) =>
    [value - step, value + step].flatMap((next): Place[] => {
      if (Math.abs(next) > (at < 3 ? furthestOffset : furthestSize)) return [];
      const [a, b, c, la, lb, lc] = place.with(at, next);
      return [[a, b, c, la, lb, lc]];
    }),
  );
}

/** Where the points lie along each axis, in half edges. */
const coordinates = Float64Array.from({ length: points }, (_, n) => reach * ((2 * n + 1) / points - 1));
/** The point at a coordinate, fractional. */
const indexOf = (coordinate: number) => ((coordinate / reach + 1) * points - 1) / 2;
const core = pointsWhere((radius) => radius < coreRadius);
const around = pointsWhere((radius) => radius > backgroundFrom && radius < backgroundTo);

function pointsWhere(holds: (radius: number) => boolean): Int32Array {
  const squares = coordinates.map((c) => c * c);
  const at = (n: number) =>
    squares[n % points] + squares[Math.floor(n / points) % points] + squares[Math.floor(n / points ** 2)];
  return Int32Array.from([...Array(points ** 3).keys()].filter((n) => holds(Math.sqrt(at(n)))));
}

/**
 * The membership of every point of the lattice, summed along each row: entry n of a row's points + 1 is the sum of its first n.
 * Null where lesion and background are alike.
 */
function memberSums(volume: Volume, extent: BoxExtent): Float64Array | null {
  const hu = latticeHu(volume, extent);
  for (let at = 0; at < hu.length; at++) hu[at] = Math.min(highestHu, Math.max(lowestHu, hu[at]));
  const lesion = quantile(hu, core, 0.5);
  const background = quantile(hu, around, lesion > quantile(hu, around, 0.5) ? 0.25 : 0.75);
  const contrast = lesion - background;
  if (!(Math.abs(contrast) >= leastContrast)) return null;
  const sums = new Float64Array((points + 1) * points * points);
  for (let row = 0, from = 0, to = 0; row < points * points; row++, to++) {
    for (let x = 0; x < points; x++, from++, to++)
      sums[to + 1] = sums[to] + Math.min(1, Math.max(0, (hu[from] - background) / contrast));
  }
  return sums;
}

/** Lightly smoothed HU at the lattice's points, along the volume's axes. */
function latticeHu(volume: Volume, { center, half }: BoxExtent): Float32Array {
  const { direction: d } = volume;
  const step = (axis: number): Vec3 => {
    const mm = (2 * reach * half[axis]) / points;
    return [mm * d[3 * axis], mm * d[3 * axis + 1], mm * d[3 * axis + 2]];
  };
  const lattice = { dims: [points, points, points], steps: [step(0), step(1), step(2)] } as const;
  const back = (points - 1) / 2;
  const start = (x: number) =>
    center[x] - back * (lattice.steps[0][x] + lattice.steps[1][x] + lattice.steps[2][x]);
  return smoothed(
    sampleVolume(volume, { ...lattice, origin: [start(0), start(1), start(2)] }, 3),
    lattice.dims,
  );
}

function quantile(values: Float32Array, at: Int32Array, share: number): number {
  const sorted = new Float32Array(at.length);
  for (let n = 0; n < at.length; n++) sorted[n] = values[at[n]];
  return sorted.sort()[Math.floor(share * sorted.length)];
}

function score(sums: Float64Array, place: Place): number {
  const [, dy, dz] = [0, 1, 2].map((axis) => {
    const edge = Math.exp(place[3 + axis]);
    return coordinates.map((c) => ((c - place[axis]) / edge) ** 2);
  });
  const [middle, edge] = [place[0], Math.exp(place[3])];
  let [inside, insideCount, all, allCount] = [0, 0, 0, 0];
  for (let z = 0; z < points; z++) {
    for (let y = 0; y < points; y++) {
      const left = shell ** 2 - dy[y] - dz[z];
      if (left < 0) continue;
      const row = (points + 1) * (y + points * z);
      const outer = edge * Math.sqrt(left);
      const [from, to] = within(middle, outer);
      if (to <= from) continue;
      all += sums[row + to] - sums[row + from];
      allCount += to - from;
      const inner = left - (shell ** 2 - 1);
      if (inner < 0) continue;
      const [first, end] = within(middle, edge * Math.sqrt(inner));
      if (end <= first) continue;
      inside += sums[row + end] - sums[row + first];
      insideCount += end - first;
    }
  }
  const [a, b, c, la, lb, lc] = place;
  const size = (la + lb + lc) / 3;
  const form = (la - size) ** 2 + (lb - size) ** 2 + (lc - size) ** 2;
  const unlikely =
    (a * a + b * b + c * c) / usual.offset ** 2 +
    (3 * size * size) / (size < 0 ? usual.tooLarge : usual.tooSmall) ** 2 +
    form / usual.form ** 2;
  const shellMean = (all - inside) / Math.max(1, allCount - insideCount);
  return inside / Math.max(1, insideCount) - shellMean - priorWeight * unlikely;
}

/** The points of a row no further than `radius` from `middle` (half edges): from the first up to the last, that one excluded. */
function within(middle: number, radius: number): [from: number, to: number] {
  const from = Math.ceil(indexOf(middle - radius));
  const to = Math.floor(indexOf(middle + radius)) + 1;
  return [Math.max(0, from), Math.min(points, to)];
}
