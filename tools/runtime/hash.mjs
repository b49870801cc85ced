/** Hashes of files, read as streams. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The digest of a file's bytes; `encoding` is `hex` or `base64`. */
export async function hashFile(path, algorithm, encoding) {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest(encoding);
}

/** Throws unless the file has the integrity (`sha512-…`, as a lockfile writes it). */
export async function assertIntegrity(path, integrity, what) {
  const [algorithm, expected] = splitOnce(integrity, '-');
  const found = await hashFile(path, algorithm, 'base64');
  if (found !== expected) throw new Error(`${what} does not have the pinned ${algorithm}; it is not used`);
}

/** Throws unless the file has the SHA-256 (hexadecimal). */
export async function assertSha256(path, expected, what) {
  const found = await hashFile(path, 'sha256', 'hex');
  if (found !== expected) throw new Error(`${what} does not have the pinned sha256; it is not used`);
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
