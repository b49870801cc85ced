/** Takes apart what lies in one another: phases, repeated acquisitions and reconstructions merged into one series. */
import { axesOf, dot, type Place, placesOf, position } from './sliceGeometry.ts';
import type { Skipped, SliceFile } from './slices.ts';
import { isRegular } from './spacing.ts';
import { skipReasons } from './stackWarnings.ts';

type Separator = (slice: SliceFile) => string | number | undefined;

const byAcquisition: Separator = ({ header }) => header.acquisitionNumber;

/** What may tell apart images of the same position, the most telling first. A further attribute is a further row. */
const separators: readonly Separator[] = [
  byAcquisition,
  ({ header }) => header.temporalPositionIdentifier,
  ({ header }) => header.temporalPositionIndex,
  ({ header }) => header.acquisitionTime,
  ({ header }) => header.triggerTime,
  ({ header }) => header.contentTime,
  ({ header }) => header.imageType?.join('\\'),
  ({ header }) => header.convolutionKernel,
  ({ header }) => header.kvp,
  ({ header }) => header.sliceThickness,
  // Reconstructions of the left and the right side, for instance.
  ({ header }) => {
    const [row, column] = axesOf(header);
    const p = position(header);
    return `${Math.round(dot(p, row))},${Math.round(dot(p, column))}`;
  },
];

/** Slices that have each position once. */
type Sweep = readonly SliceFile[];

/**
 * Separates slices of one orientation, size and spacing into sweeps. Where positions coincide, by the attribute (or pair of
 * attributes) that tells the images apart with the fewest parts; where none does and every position has equally many
 * images, by their order; else the first of each position is kept. Where none coincide, by acquisitions that interleave.
 */
export function separateSweeps(slices: readonly SliceFile[]): { sweeps: Sweep[]; skipped: Skipped[] } {
  const places = placesOf(slices);
  const indices = new Map(places.flatMap((place, n) => place.slices.map((slice) => [slice, n] as const)));
  const indexOf = (slice: SliceFile) => indices.get(slice) ?? 0;
  if (places.length === slices.length) {
    const parts = partition(slices, [byAcquisition]);
    return { sweeps: interleave(parts, places, indexOf) ? parts : [slices], skipped: [] };
  }
  const most = places.reduce((max, place) => Math.max(max, place.slices.length), 0);
  const equal = places.every((place) => place.slices.length === most);
  const parts = fewestParts(slices, equal ? most : 2 * most, indexOf);
  if (parts) return { sweeps: parts, skipped: [] };
  const nth = (n: number) => places.map((place) => place.slices[n]);
  if (equal) return { sweeps: Array.from({ length: most }, (_, n) => nth(n)), skipped: [] };
  const others = places.flatMap((place) => place.slices.slice(1));
  return {
    sweeps: [nth(0)],
    skipped: others.map(({ path }) => ({ path, reason: skipReasons.samePosition })),
  };
}

/** The partition with the fewest parts, at most `limit`, of which each has each position once. */
function fewestParts(
  slices: readonly SliceFile[],
  limit: number,
  indexOf: (slice: SliceFile) => number,
): SliceFile[][] | undefined {
  let fewest: SliceFile[][] | undefined;
  for (const key of keys()) {
    const parts = partition(slices, key);
    const better = parts.length <= limit && parts.length < (fewest?.length ?? Number.POSITIVE_INFINITY);
    const clean = () => parts.every((part) => new Set(part.map(indexOf)).size === part.length);
    if (better && areStacks(parts, slices) && clean()) fewest = parts;
  }
  return fewest;
}

/** Each separator alone, then each pair. */
function* keys(): Generator<readonly Separator[]> {
  for (const separator of separators) yield [separator];
  for (const [n, first] of separators.entries())
    for (const second of separators.slice(n + 1)) yield [first, second];
}

function partition(slices: readonly SliceFile[], key: readonly Separator[]): SliceFile[][] {
  const parts = new Map<string, SliceFile[]>();
  for (const slice of slices) {
    const value = JSON.stringify(key.map((separator) => separator(slice) ?? null));
    const part = parts.get(value);
    if (part) part.push(slice);
    else parts.set(value, [slice]);
  }
  return [...parts.values()];
}

/** An attribute that differs from image to image (a time, a number) tells nothing: on average, parts must be stacks. */
function areStacks(parts: readonly Sweep[], slices: readonly SliceFile[]): boolean {
  return parts.length > 1 && 2 * parts.length <= slices.length;
}

/**
 * Whether acquisitions without a common position are sweeps over a common range. One acquisition is one movement through
 * the patient, so overlapping ranges are two of them; unless only their union is regular, then it was scanned in turns.
 */
function interleave(
  parts: readonly Sweep[],
  places: readonly Place[],
  indexOf: (slice: SliceFile) => number,
): boolean {
  const all = parts.flat();
  if (!areStacks(parts, all)) return false;
  const sorted = parts.map((part) => part.map(indexOf).sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
  let reached = -1;
  let overlap = false;
  for (const part of sorted) {
    if (part[0] < reached) overlap = true;
    reached = Math.max(reached, part[part.length - 1]);
  }
  if (!overlap) return false;
  const regular = (part: readonly number[]) => isRegular(part.map((n) => places[n].distance));
  return sorted.every(regular) || !isRegular(places.map(({ distance }) => distance));
}
