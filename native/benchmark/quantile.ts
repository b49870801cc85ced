/** Quantiles of samples, such as the means of a bootstrap. */

/** The p-quantile, 0…1, of ascending samples, by linear interpolation between order statistics; NaN without any. */
export function quantile(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
