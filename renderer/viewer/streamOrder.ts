/** Which slices of a volume are asked for next: the missing ones nearest to the slice that is looked at. */

export interface SliceRange {
  readonly first: number;
  readonly last: number;
}

/**
 * At most `most` neighbouring slices that nobody asked for yet (`asked[k]` 0), the nearest to `wanted` among them, grown
 * towards and beyond it alike; null when all were asked for.
 */
export function nextRange(asked: Uint8Array, wanted: number, most: number): SliceRange | null {
  const start = nearestMissing(asked, Math.round(wanted));
  if (start === null) return null;
  let [first, last] = [start, start];
  const missing = (k: number) => asked[k] === 0;
  while (last - first + 1 < most && (missing(first - 1) || missing(last + 1))) {
    // The nearer end first, so that the range stays around the wanted slice.
    const upwards = missing(last + 1) && (!missing(first - 1) || last + 1 - wanted <= wanted - (first - 1));
    if (upwards) last++;
    else first--;
  }
  return { first, last };
}

function nearestMissing(asked: Uint8Array, wanted: number): number | null {
  const middle = Math.min(asked.length - 1, Math.max(0, wanted));
  for (let away = 0; away < asked.length; away++) {
    if (asked[middle + away] === 0) return middle + away;
    if (asked[middle - away] === 0) return middle - away;
  }
  return null;
}
