/** Which slices a slab takes in. */

/** First and last slice whose centres lie within half a slab's thickness of the slice; the slice alone without a slab. */
export function slabSlices(
  slice: number,
  count: number,
  spacingMm: number,
  slabMm: number | null,
): { readonly first: number; readonly last: number } {
  const reach = slabMm === null ? 0 : Math.floor(slabMm / 2 / spacingMm);
  return { first: Math.max(0, slice - reach), last: Math.min(count - 1, slice + reach) };
}
