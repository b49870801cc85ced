/** Opaque ids for what leaves the engine: random, so that nothing about a patient can be read or guessed from them. */
import { randomBytes } from 'node:crypto';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A new id like `les-k3v9…`: the prefix and 80 random bits in 16 characters. */
export function newId(prefix: 'pat' | 'stu' | 'vol' | 'les' | 'org' | 'rep' | 'job' | 'con' | 'wat'): string {
  return `${prefix}-${Array.from(randomBytes(16), (byte) => alphabet[byte & 31]).join('')}`;
}
