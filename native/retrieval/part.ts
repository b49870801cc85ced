/** Searching by one part of an embedding, as an encoder's manifest bounds it: what it learned, or what was measured. */
import { PrecedentError } from '../contract/errors.ts';

export interface Part {
  readonly name: string;
  /** The part's values: from this one to before that one. */
  readonly from: number;
  readonly to: number;
}

/** A query that sees one part only; `score` makes of a cosine with it the cosine of the parts. */
export interface PartQuery {
  readonly vector: Float32Array;
  readonly score: (cosine: number) => number;
}

/** Throws `usage` when the encoder's embeddings have no such part. */
export function partNamed(name: string, encoder: string, parts: readonly Part[]): Part {
  const part = parts.find((candidate) => candidate.name === name);
  if (part) return part;
  throw new PrecedentError(
    'usage',
    `the embeddings of ${encoder} have no part "${name}"`,
    undefined,
    'choose another method',
  );
}

/**
 * The query of a part: every other value is zero. A part has the same length in every embedding of an encoder, so the order
 * of the cosines is that of the parts' own, and these follow by the part's share of the query's length.
 */
export function partQuery(embedding: Float32Array, { from, to }: Part): PartQuery {
  const vector = new Float32Array(embedding.length);
  vector.set(embedding.subarray(from, to), from);
  const length = Math.hypot(...vector) / Math.hypot(...embedding);
  return { vector, score: (cosine) => cosine / length };
}
