/**
 * Late interaction (ColBERT's MaxSim: Khattab and Zaharia, SIGIR 2020): compares two things by all of their vectors, such
 * as their slices', instead of by one joined vector.
 */
import { PrecedentError } from '../contract/errors.ts';
import { ranked, type Scored } from './scored.ts';

/** Something with several vectors, all of the query's dimension. */
interface Candidate {
  readonly id: string;
  readonly vectors: readonly Float32Array[];
}

/**
 * The mean over the query's vectors of the highest cosine that any of the candidate's has with it, −1…1; not symmetric. The mean where
 * ColBERT sums, so that queries of different lengths compare. A vector without direction (zero, or not finite) counts as
 * not there; without any vector on either side there is no score: NaN.
 * @throws PrecedentError `internal` for vectors of different dimensions
 */
export function maxSim(query: readonly Float32Array[], candidate: readonly Float32Array[]): number {
  return meanOfBest(units(query), units(candidate));
}

/** The candidates that have a score, ranked by `maxSim`; throws as it does. */
export function rankByMaxSim(query: readonly Float32Array[], candidates: Iterable<Candidate>): Scored[] {
  const unitQuery = units(query);
  return ranked(
    Array.from(candidates, ({ id, vectors }) => ({ id, score: meanOfBest(unitQuery, units(vectors)) })),
  );
}

function meanOfBest(query: readonly Float32Array[], candidate: readonly Float32Array[]): number {
  if (query.length === 0 || candidate.length === 0) return Number.NaN;
  let sum = 0;
  for (const vector of query) {
    let best = -1;
    for (const other of candidate) best = Math.max(best, dot(vector, other));
    sum += best;
  }
  return sum / query.length;
}

/** Those that have a direction, at length 1. */
function units(vectors: readonly Float32Array[]): Float32Array[] {
  return vectors.flatMap((vector) => {
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return length > 0 && Number.isFinite(length) ? [vector.map((value) => value / length)] : [];
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new PrecedentError('internal', `vectors of ${a.length} and ${b.length} values are compared`);
  }
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
