/** Finds the rectangular grid that slices with each position once fill, as they lie or resampled. */
import { PrecedentError } from '../contract/errors.ts';
import type { Grid, Vec3 } from '../volume/volume.ts';
import { maxSide, maxVoxels } from './limits.ts';
import type { Placement } from './resample.ts';
import { fillHu } from './rescale.ts';
import { axesOf, dot, type Place, pixelSpacing, placesOf, position } from './sliceGeometry.ts';
import type { SliceFile, Stack } from './slices.ts';
import { gapsOf, medianGap, runsOf, toleranceOf } from './spacing.ts';
import { stackWarnings } from './stackWarnings.ts';

/** Sideways shift over the whole stack, in pixels, from which the slices no longer form a rectangular grid. */
const shearTolerancePx = 0.5;
/** Shifts are whole numbers of pixels to this: rounding must not blur what was shifted by whole pixels. */
const wholePixelTolerance = 0.01;

/** The runs of slices that belong together: a gap too wide to be bridged ends one. */
export function partsOf(slices: readonly SliceFile[]): { places: readonly Place[]; warnings: string[] }[] {
  const places = placesOf(slices);
  const distances = places.map(({ distance }) => distance);
  const runs = runsOf(distances);
  return runs.map(({ begin, end }, n) => {
    const before = begin > 0 ? distances[begin] - distances[begin - 1] : 0;
    const after = end < distances.length ? distances[end] - distances[end - 1] : 0;
    return {
      places: places.slice(begin, end),
      warnings: runs.length > 1 ? [stackWarnings.gap(Math.max(before, after), n + 1, runs.length)] : [],
    };
  });
}

/** One volume of a run, with what was already said of it. @throws PrecedentError `limit` */
export function stackOf(places: readonly Place[], before: readonly string[]): Stack {
  const slices = places.map((place) => place.slices[0]);
  const warnings = [...before];
  const { header } = slices[0];
  const [row, column, normal] = axesOf(header);
  const [rowSpacing, columnSpacing] = pixelSpacing(header);
  const along = alongNormal(places, warnings);
  const across = inPlane(slices, warnings);
  const size = [header.columns ?? 0, header.rows ?? 0] as const;
  const dims: Vec3 = [size[0] + across.extra[0], size[1] + across.extra[1], along.count];
  if (dims.some((side) => side > maxSide) || dims[0] * dims[1] * dims[2] > maxVoxels)
    throw new PrecedentError('limit', 'the series has too many voxels');
  if (slices.some((slice) => slice.header.lossy)) warnings.push(stackWarnings.lossy());
  const placements = slices.map((_, n): Placement => ({ offset: across.offsets[n], k: along.ks[n] }));
  const { origin: first } = across;
  const origin = position(header).map(
    (p, axis) => p + first[0] * columnSpacing * row[axis] + first[1] * rowSpacing * column[axis],
  );
  const grid: Grid = {
    dims,
    spacing: [columnSpacing, rowSpacing, along.spacing],
    origin: [origin[0], origin[1], origin[2]],
    direction: [...row, ...column, ...normal],
  };
  const interpolated =
    slices.length < dims[2] || placements.some(({ offset, k }) => ![...offset, k].every(Number.isInteger));
  const moved = interpolated || across.extra.some((extra) => extra > 0);
  const fill = Math.min(...new Set(slices.map((slice) => fillHu(slice.header))));
  return { grid, slices, warnings, interpolated, resampling: moved ? { placements, size, fill } : undefined };
}

interface AlongNormal {
  /** The distance between slices of the grid in mm, their number, and where each source slice lies among them. */
  readonly spacing: number;
  readonly count: number;
  readonly ks: readonly number[];
}

function alongNormal(places: readonly Place[], warnings: string[]): AlongNormal {
  const distances = places.map(({ distance }) => distance);
  if (distances.length === 1)
    return { spacing: singleSliceThickness(places[0].slices[0], warnings), count: 1, ks: [0] };
  const gaps = gapsOf(distances);
  const median = medianGap(gaps);
  const tolerance = toleranceOf(median);
  const extent = distances[distances.length - 1] - distances[0];
  const steps = gaps.map((gap) => Math.round(gap / median));
  // Both ends of a wider gap are rounded.
  const whole = gaps.every(
    (gap, n) => steps[n] > 0 && Math.abs(gap - steps[n] * median) <= (steps[n] > 1 ? 2 : 1) * tolerance,
  );
  if (whole) {
    const ks = [0];
    for (const step of steps) ks.push(ks[ks.length - 1] + step);
    const last = ks[ks.length - 1];
    const missing = last - gaps.length;
    if (missing > 0) warnings.push(stackWarnings.missing(missing, extent / last));
    return { spacing: extent / last, count: last + 1, ks };
  }
  // The last slice of the grid lies within half a spacing of the last of the source: nothing is lost at the end.
  const count = Math.round(extent / median) + 1;
  const ks = distances.map((distance) => {
    const k = (distance - distances[0]) / median;
    return Math.abs(k - Math.round(k)) * median <= tolerance ? Math.round(k) : k;
  });
  const copied = new Set(ks.filter(Number.isInteger)).size;
  warnings.push(stackWarnings.uneven(count - copied, count, median));
  return { spacing: median, count, ks };
}

interface InPlane {
  /** Where the grid's first pixel lies, in pixels from the first slice's. */
  readonly origin: readonly [number, number];
  /** Columns and rows that the grid has more than a slice, so that nothing is lost. */
  readonly extra: readonly [number, number];
  /** Each slice's first pixel in pixels of the grid. */
  readonly offsets: readonly (readonly [number, number])[];
}

/** The sideways shifts of the slices: gantry tilt, a moving table. Within the tolerance there are none. */
function inPlane(slices: readonly SliceFile[], warnings: string[]): InPlane {
  const [row, column, normal] = axesOf(slices[0].header);
  const [rowSpacing, columnSpacing] = pixelSpacing(slices[0].header);
  const first = position(slices[0].header);
  let worst = 0;
  let degrees = 0;
  const shifts = slices.map(({ header }): [number, number] => {
    const p = position(header);
    const d: Vec3 = [p[0] - first[0], p[1] - first[1], p[2] - first[2]];
    const sideways = Math.hypot(dot(d, row), dot(d, column));
    if (sideways > worst) {
      worst = sideways;
      degrees = (Math.atan2(sideways, dot(d, normal)) * 180) / Math.PI;
    }
    return [dot(d, row) / columnSpacing, dot(d, column) / rowSpacing];
  });
  if (worst <= shearTolerancePx * Math.min(rowSpacing, columnSpacing))
    return { origin: [0, 0], extra: [0, 0], offsets: shifts.map(() => [0, 0]) };
  warnings.push(stackWarnings.tilt(degrees, worst));
  const [i, j] = [axisShifts(shifts.map((shift) => shift[0])), axisShifts(shifts.map((shift) => shift[1]))];
  return {
    origin: [i.least, j.least],
    extra: [i.extra, j.extra],
    offsets: shifts.map((_, n) => [i.offsets[n], j.offsets[n]]),
  };
}

function axisShifts(shifts: readonly number[]): { least: number; extra: number; offsets: number[] } {
  if (shifts.every((shift) => Math.abs(shift) <= shearTolerancePx))
    return { least: 0, extra: 0, offsets: shifts.map(() => 0) };
  const snapped = shifts.map((shift) =>
    Math.abs(shift - Math.round(shift)) <= wholePixelTolerance ? Math.round(shift) : shift,
  );
  const least = Math.floor(snapped.reduce((a, b) => Math.min(a, b)));
  const most = Math.ceil(snapped.reduce((a, b) => Math.max(a, b)));
  return { least, extra: most - least, offsets: snapped.map((shift) => shift - least) };
}

function singleSliceThickness({ header }: SliceFile, warnings: string[]): number {
  const thickness = header.sliceThickness;
  if (thickness && thickness > 1e-3 && thickness < 1e3) return thickness;
  warnings.push(stackWarnings.noThickness());
  return 1;
}
