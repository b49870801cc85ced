/** What is said of a volume whose slices were not taken as they lay in the files: one short sentence each. */
export const stackWarnings = {
  lossy: () => 'lossy compressed source',
  noThickness: () => 'a single slice without slice thickness: 1 mm assumed',
  tilt: (degrees: number, mm: number) =>
    `gantry tilt of ${degrees.toFixed(1)}° (slices shifted sideways by up to ${mm.toFixed(1)} mm): resampled onto a rectangular grid`,
  missing: (count: number, mm: number) =>
    `${slicesAre(count)} missing (spacing ${mm.toFixed(2)} mm): interpolated between the neighbours`,
  uneven: (count: number, total: number, mm: number) =>
    `uneven slice spacing: ${count} of ${total} slices interpolated onto ${mm.toFixed(2)} mm`,
  gap: (mm: number, part: number, parts: number) =>
    `a gap of ${mm.toFixed(1)} mm between slices splits the series: part ${part} of ${parts}`,
  split: (part: number, parts: number) =>
    `several images at one position split the series: part ${part} of ${parts}`,
  repeated: (count: number) => `${slicesWere(count)} left out as a repetition of another`,
  padding: () => 'the padding outside the field of view would read as tissue: set to −1024 HU',
  noRescale: () => 'no rescale slope and intercept: stored values are taken for HU',
  notHu: () => 'the rescaled values are not declared as HU',
  noUid: () => 'the files lack a study or series UID: one was derived from their content',
} as const;

/** Why an image of a volume's series is not part of the volume. */
export const skipReasons = {
  repeated: 'repeats another image of the series',
  samePosition: 'another image of the series lies at the same position',
} as const;

function slicesAre(count: number): string {
  return count === 1 ? '1 slice is' : `${count} slices are`;
}

function slicesWere(count: number): string {
  return count === 1 ? '1 slice was' : `${count} slices were`;
}
