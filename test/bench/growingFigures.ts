/** What growing gains over the ellipsoid of the same mark: medians, tails and intervals, and what is asked of them. */
import { patientDraws } from '../../native/benchmark/patientBootstrap.ts';
import { quantile } from '../../native/benchmark/quantile.ts';

/** One mark: whose lesion, and the Dice of what was grown and of the mark's ellipsoid. */
export interface Measured {
  readonly patient: string;
  readonly grown: number;
  readonly ellipsoid: number;
}

/** The median gain that is asked for. */
const wanted = 0.05;

/** `p` is 0…1. */
export function percentile(values: readonly number[], p: number): number {
  return quantile(Float64Array.from(values).sort(), p);
}

/**
 * The median of a figure over marks with its 95% interval: patients are drawn again, each with all of its marks. Of one
 * patient there is none.
 */
export function medianInterval(
  measured: readonly Measured[],
  figure: (m: Measured) => number,
): { readonly median: number; readonly interval: readonly [number, number] | null } {
  const sorted = measured.map((m) => ({ patient: m.patient, value: figure(m) }));
  sorted.sort((a, b) => a.value - b.value);
  const median = percentile(
    sorted.map((m) => m.value),
    0.5,
  );
  const patients = [...new Set(sorted.map((m) => m.patient))];
  if (patients.length < 2) return { median, interval: null };
  const place = sorted.map((m) => patients.indexOf(m.patient));
  const medians: number[] = [];
  for (const drawn of patientDraws(patients.length, 'growing')) {
    const values = sorted.flatMap((m, at) => new Array<number>(drawn[place[at]]).fill(m.value));
    medians.push(percentile(values, 0.5));
  }
  return { median, interval: [percentile(medians, 0.025), percentile(medians, 0.975)] };
}

/**
 * The lines that answer the acceptance: the median gain mark by mark with its interval; and "never below it at the 10th
 * percentile" in both readings, the 10th percentiles of the two methods beside each other, and the 10th percentile of
 * the gain itself, which is stricter.
 */
export function acceptance(set: string, measured: readonly Measured[]): string[] {
  const gain = (m: Measured) => m.grown - m.ellipsoid;
  const { median, interval } = medianInterval(measured, gain);
  const of = (figure: (m: Measured) => number, p: number) => percentile(measured.map(figure), p);
  const patients = new Set(measured.map((m) => m.patient)).size;
  const [grown, ellipsoid] = [of((m) => m.grown, 0.1), of((m) => m.ellipsoid, 0.1)];
  const tail = of(gain, 0.1);
  const range = interval
    ? `95% ${signed(interval[0])} to ${signed(interval[1])}`
    : 'one patient: no interval';
  const worse = measured.filter((m) => gain(m) < 0).length / measured.length;
  return [
    `${set}: ${measured.length} marks on ${patients} patient${patients > 1 ? 's' : ''}`,
    `  Dice, median              grown ${of((m) => m.grown, 0.5).toFixed(3)}  ellipsoid ${of((m) => m.ellipsoid, 0.5).toFixed(3)}`,
    `  median gain by mark       ${signed(median)} (${range})  ${verdict(median >= wanted)} asked ${signed(wanted)}${interval ? `, lower end ${verdict(interval[0] >= wanted)}` : ''}`,
    `  Dice, 10th percentile     grown ${grown.toFixed(3)}  ellipsoid ${ellipsoid.toFixed(3)}  ${verdict(grown >= ellipsoid)}`,
    `  gain, 10th percentile     ${signed(tail)}  ${verdict(tail >= 0)} (the stricter reading; ${(100 * worse).toFixed(0)}% of marks lose)`,
  ];
}

function signed(x: number): string {
  return `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
}

function verdict(met: boolean): string {
  return met ? 'met' : 'NOT met';
}
