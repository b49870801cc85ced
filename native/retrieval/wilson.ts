/** How sure a share is that was counted on few. */

/** The normal distribution's 97.5th percentile. */
const z = 1.959964;

/**
 * The 95% score interval of the share `part` of `whole` (Wilson, JASA 22:209–212, 1927), 0…1; it takes the counted for
 * independent draws. All of 0…1 where nothing was counted.
 */
export function wilson(part: number, whole: number): { lo: number; hi: number } {
  if (whole === 0) return { lo: 0, hi: 1 };
  const share = part / whole;
  const centre = share + (z * z) / (2 * whole);
  const half = z * Math.sqrt((share * (1 - share)) / whole + (z * z) / (4 * whole * whole));
  const scale = 1 + (z * z) / whole;
  return { lo: Math.max(0, (centre - half) / scale), hi: Math.min(1, (centre + half) / scale) };
}
