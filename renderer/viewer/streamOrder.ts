/** In which order the slices of a volume are asked for: those around the first one looked at, then outwards on both sides. */

export interface SliceRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Covers 0…count−1 once, in ranges of at most `chunk` slices, nearest to `start` first; the first range is small so that
 * a picture appears early.
 */
export function streamOrder(count: number, start: number, chunk: number): SliceRange[] {
  if (count <= 0) return [];
  const middle = Math.min(count - 1, Math.max(0, Math.round(start)));
  const half = Math.min(2, Math.floor(chunk / 2));
  let below = Math.max(0, middle - half);
  let above = Math.min(count - 1, middle + half);
  const ranges: SliceRange[] = [{ first: below, last: above }];
  while (below > 0 || above < count - 1) {
    if (above < count - 1) {
      const last = Math.min(count - 1, above + chunk);
      ranges.push({ first: above + 1, last });
      above = last;
    }
    if (below > 0) {
      const first = Math.max(0, below - chunk);
      ranges.push({ first, last: below - 1 });
      below = first;
    }
  }
  return ranges;
}
