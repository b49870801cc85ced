/**
 * How the audit's entries hang together: each names the hash of the one before it, so none can be changed, taken out or put in
 * unnoticed. A detail is in the chain by a salted hash alone: it can be erased, and the chain still holds.
 */
import { hash } from 'node:crypto';

/** Of an entry, what the chain covers. The order is the order in which it is hashed and never changes. */
export interface Chained {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly user: string;
  readonly action: string;
  readonly subject: string;
  readonly detailHash: string;
}

/** What the first entry follows. */
export const genesis = '0'.repeat(64);

/** SHA-256 in hexadecimal of the salt (32 hexadecimal digits) followed by the detail, in UTF-8. */
export function hashOfDetail(salt: string, detail: string): string {
  return hash('sha256', salt + detail);
}

/** SHA-256 in hexadecimal of the JSON array of the previous entry's hash and the chained columns, in UTF-8. */
export function hashOfEntry(previous: string, entry: Chained): string {
  const { id, at, user, action, subject, detailHash } = entry;
  return hash('sha256', JSON.stringify([previous, id, at, user, action, subject, detailHash]));
}
