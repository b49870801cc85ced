/** Which providers are tried on a machine, and whether one gives what the CPU gives. */
import type { ProviderName } from '../contract/inference.ts';
import type { Machine } from './machine.ts';
import type { Precision } from './precision.ts';

interface Rule {
  readonly provider: Exclude<ProviderName, 'cpu'>;
  /** Why it is not tried unasked, or null. */
  readonly unasked: (machine: Machine) => string | null;
  /** Seconds after which its trial is taken to hang; one that ends takes some for its libraries and the model, then about two. */
  readonly patienceS: number;
}

/** In the order in which they are tried; the fastest of those that are right is used, and the CPU always is. */
export const providerRules: readonly Rule[] = [
  {
    provider: 'tensorrt',
    unasked: () =>
      'it builds an engine for minutes at every start; PRECEDENT_PROVIDERS=tensorrt has it tried',
    patienceS: 1800,
  },
  { provider: 'cuda', unasked: () => null, patienceS: 120 },
  { provider: 'dml', unasked: () => null, patienceS: 120 },
  { provider: 'coreml', unasked: () => null, patienceS: 120 },
  {
    provider: 'webgpu',
    // Without a GPU it runs on a software rasteriser where there is one, slower than the CPU and less stable.
    unasked: ({ gpu }) => (gpu === false ? 'no GPU was found' : null),
    patienceS: 120,
  },
];

/** The providers named in a list like "cuda,webgpu", or null where none is given and the rules decide. */
export function askedProviders(list: string | undefined): ReadonlySet<string> | null {
  const names = (list ?? '').split(',').map((name) => name.trim().toLowerCase());
  const given = names.filter((name) => name !== '');
  return given.length > 0 ? new Set(given) : null;
}

interface Tolerance {
  /** Of each item's output with the CPU's. */
  readonly cosine: number;
  /** The largest difference, as a share of the largest value. */
  readonly difference: number;
}

/** What rounding may do. Between libraries of two machines embeddings must stay comparable, hence the cosine. */
const tolerances: Readonly<Record<Precision, Tolerance>> = {
  float32: { cosine: 0.9995, difference: 0.02 },
  float16: { cosine: 0.999, difference: 0.04 },
  quantised: { cosine: 0.99, difference: 0.1 },
};

/** Why outputs (rows of `dim`) are not the expected ones within the tolerance of the model's precision, or null. */
export function disagreement(
  output: Float32Array,
  expected: Float32Array,
  dim: number,
  precision: Precision,
): string | null {
  if (output.length !== expected.length) return 'gives an output of another size than the CPU';
  const { cosine: least, difference: most } = tolerances[precision];
  for (let from = 0; from < expected.length; from += dim) {
    let [ab, aa, bb, apart, largest] = [0, 0, 0, 0, 0];
    for (let at = from; at < from + dim; at++) {
      ab += output[at] * expected[at];
      aa += output[at] * output[at];
      bb += expected[at] * expected[at];
      apart = Math.max(apart, Math.abs(output[at] - expected[at]));
      largest = Math.max(largest, Math.abs(expected[at]));
    }
    if (!Number.isFinite(ab) || !Number.isFinite(aa)) return 'gives values that are not numbers';
    const cosine = ab / Math.sqrt(aa * bb);
    // Written so that a cosine that is not a number (an output of zeros) disagrees as well.
    if (!(cosine >= least)) return `disagrees with the CPU (cosine ${cosine.toFixed(4)})`;
    if (!(apart <= most * largest))
      return `disagrees with the CPU (by ${((100 * apart) / largest).toFixed(1)} % of the largest value)`;
  }
  return null;
}
