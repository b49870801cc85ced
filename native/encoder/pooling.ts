/** Joins the vectors of slices into one, value by value, as 3D-MIR does for whole volumes. */
import type { PoolingName } from './manifestSchema.ts';

const poolings: Readonly<Record<PoolingName, (values: Float64Array) => number>> = {
  median: (values) => {
    const sorted = values.toSorted();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  },
  max: (values) => values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  mean,
  /** Divides by n. */
  std: (values) => {
    const middle = mean(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
  },
};

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One vector of the same length from one or more. */
export function pooled(vectors: readonly Float32Array[], pooling: PoolingName): Float32Array {
  const values = new Float64Array(vectors.length);
  return Float32Array.from(vectors[0], (_, at) => {
    for (const [n, vector] of vectors.entries()) values[n] = vector[at];
    return poolings[pooling](values);
  });
}
