/** Local intensity features (IBSI 9ST6): the mean of a sphere of 1 cm³ about a point, whatever it belongs to. */
import type { Feature } from './feature.ts';
import { peakRadiusMm, type Region } from './region.ts';

/** HU about the brightest point of the intensity mask (of several the highest mean), and the highest about any of its points. */
export function peakOf({ dims, spacing, values, points }: Region): { local: number; global: number } {
  const [nx, ny] = dims;
  // Sums of the values, and the number of points inside the image, before each point.
  const sums = new Float64Array(values.length + 1);
  const counts = new Float64Array(values.length + 1);
  for (let at = 0; at < values.length; at++) {
    const beyond = Number.isNaN(values[at]);
    sums[at + 1] = sums[at] + (beyond ? 0 : values[at]);
    counts[at + 1] = counts[at] + (beyond ? 0 : 1);
  }
  const lines: { start: number; length: number }[] = [];
  const reach = spacing.map((s) => Math.floor(peakRadiusMm / s));
  for (let z = -reach[2]; z <= reach[2]; z++) {
    for (let y = -reach[1]; y <= reach[1]; y++) {
      const left = peakRadiusMm ** 2 - (y * spacing[1]) ** 2 - (z * spacing[2]) ** 2;
      if (left < 0) continue;
      const half = Math.floor(Math.sqrt(left) / spacing[0]);
      lines.push({ start: nx * (y + ny * z) - half, length: 2 * half + 1 });
    }
  }
  const starts = Int32Array.from(lines, ({ start }) => start);
  const lengths = Int32Array.from(lines, ({ length }) => length);
  const overSphere = (before: Float64Array, at: number) => {
    let total = 0;
    for (let n = 0; n < starts.length; n++) {
      const from = at + starts[n];
      total += before[from + lengths[n]] - before[from];
    }
    return total;
  };
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const isWhole = counts[values.length] === values.length;
  const meanAbout = (at: number) => overSphere(sums, at) / (isWhole ? whole : overSphere(counts, at));
  let [local, global, brightest] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const at of points) {
    const mean = meanAbout(at);
    if (mean > global) global = mean;
    if (values[at] > brightest || (values[at] === brightest && mean > local)) {
      brightest = values[at];
      local = mean;
    }
  }
  return { local, global };
}

const row = (code: string, what: string, of: Feature['of']): Feature => ({
  code,
  family: 'local intensity',
  unit: 'HU',
  what,
  of,
  degenerate: 0,
});

export const peakFeatures = {
  loc_peak_loc: row('VJGA', 'mean of 1 cm³ about the brightest point', ({ peak }) => peak.local),
  loc_peak_glob: row('0F91', 'highest mean of 1 cm³ about any point', ({ peak }) => peak.global),
} as const;
