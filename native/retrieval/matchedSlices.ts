/** Which slices of a hit match which of the query. */

interface SlicedVector {
  readonly slice: number;
  readonly vector: Float32Array;
}
interface SlicePair {
  readonly query: number;
  readonly hit: number;
  readonly score?: number;
}

/** Pairs that are worth a look; lesions may cross hundreds of slices. */
const mostPairs = 20;
const mostPlaces = 5;

/** For each slice of the query the slice of the hit with the highest cosine, the best pairs first. */
export function matchedByVectors(query: readonly SlicedVector[], hit: readonly SlicedVector[]): SlicePair[] {
  const pairs = query.flatMap((own) => {
    const scored = hit.map((other) => ({
      query: own.slice,
      hit: other.slice,
      score: cosine(own.vector, other.vector),
    }));
    const [first, ...others] = scored;
    return first ? [others.reduce((best, pair) => (pair.score > best.score ? pair : best), first)] : [];
  });
  return pairs.sort((a, b) => b.score - a.score || a.query - b.query).slice(0, mostPairs);
}

/**
 * Slices at the same place of both lesions, the middle first: as many as the shorter one crosses, five at most, at equal
 * parts of the way through.
 * @param query the slices k that it crosses, ascending; so `hit`
 * @param turned whether k runs the other way in the hit's volume
 */
export function matchedByPlace(
  query: readonly number[],
  hit: readonly number[],
  turned: boolean,
): SlicePair[] {
  const count = Math.min(query.length, hit.length, mostPlaces);
  const other = turned ? hit.toReversed() : hit;
  const at = (slices: readonly number[], n: number) =>
    slices[Math.floor(((n + 0.5) / count) * slices.length)];
  const middle = (count - 1) / 2;
  return Array.from({ length: count }, (_, n) => n)
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
    .map((n) => ({ query: at(query, n), hit: at(other, n) }));
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    dot += a[at] * b[at];
    aa += a[at] * a[at];
    bb += b[at] * b[at];
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
