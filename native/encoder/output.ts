/** What a model gives, checked before it counts as an embedding. */
import { PrecedentError } from '../contract/errors.ts';
import type { Manifest } from './manifest.ts';

/** The rows of `count` items, each checked. Throws `internal` when a value is not finite or a row is constant. */
export function outputRows(
  output: Float32Array,
  count: number,
  { id, output: { dim } }: Manifest,
): Float32Array[] {
  return Array.from({ length: count }, (_, n) => {
    const row = output.slice(n * dim, (n + 1) * dim);
    if (!row.every(Number.isFinite)) {
      throw new PrecedentError('internal', 'the model gave values that are not numbers', id);
    }
    const [least, most] = [Math.min(...row), Math.max(...row)];
    if (most - least <= 1e-6 * Math.max(Math.abs(least), Math.abs(most))) {
      throw new PrecedentError('internal', 'the model gave a constant output', id);
    }
    return row;
  });
}

/** As the manifest's normalisation says. A vector of zeros, the deviation of equal slices, stays one. */
export function normalised(vector: Float32Array, { output }: Manifest): Float32Array {
  if (output.normalisation === 'none') return vector;
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? vector.map((value) => value / norm) : vector;
}
