/** What tests of vectors and rankings share. */
import type { CacheKey } from '../../native/vectors/cache.ts';

/** The key of lesions' vectors of a made-up encoder. */
export function lesionKey(dim: number): CacheKey {
  return { level: 'lesion', pooling: '', dim, encoder: { id: 'fixed', version: '1', preprocessing: 'abc' } };
}

/** A vector in the plane, so that the cosine of two is that of the angle between them. */
export function atAngle(degrees: number): [number, number] {
  return [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
}
