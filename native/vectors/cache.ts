/** What every vector cache file has in common: the key it answers to, the result of loading it, and a sealed header. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';

/** What the vectors of one cache are: one encoder (with the hash of its preprocessing) at one level, joined in one way. */
export const cacheKey = z.object({
  level: z.string(),
  pooling: z.string(),
  dim: z.number().int().positive(),
  encoder: z.object({ id: z.string(), version: z.string(), preprocessing: z.string() }),
});
export type CacheKey = z.infer<typeof cacheKey>;

/** A cache is only ever ready or to be rebuilt; `why` is for the log and never names a patient. */
export type Loaded<T> =
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'missing' | 'stale' | 'damaged'; readonly why: string };

/** Thrown while a cache file is read and turned into a `Loaded` by `loading`; never leaves this folder. */
export class CacheFault extends Error {
  readonly state: 'stale' | 'damaged';

  constructor(state: 'stale' | 'damaged', why: string) {
    super(why);
    this.state = state;
  }
}

/** Runs the reading of a cache file; whatever goes wrong with it means that it must be rebuilt, never a failure. */
export async function loading<T>(read: () => Promise<T>): Promise<Loaded<T>> {
  try {
    return { state: 'ready', value: await read() };
  } catch (thrown) {
    if (thrown instanceof CacheFault) return { state: thrown.state, why: thrown.message };
    if (isMissing(thrown)) return { state: 'missing', why: 'there is no file' };
    return { state: 'damaged', why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function isMissing(thrown: unknown): boolean {
  if (thrown instanceof PrecedentError) return thrown.kind === 'not-found';
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

/** SHA-256 in hexadecimal. */
export function digest(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}

const digestLength = 64;

/** A value as UTF-8 JSON behind its own SHA-256. */
export function seal(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return new TextEncoder().encode(digest(text) + text);
}

/** The value of `seal`'s bytes, checked against its SHA-256 first and then against the schema. */
export function unseal<T>(bytes: Uint8Array, schema: z.ZodType<T>): T {
  const body = bytes.subarray(digestLength);
  const expected = new TextDecoder().decode(bytes.subarray(0, digestLength));
  if (digest(body) !== expected) throw new CacheFault('damaged', 'the header does not match its checksum');
  const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(body)));
  if (!parsed.success) throw new CacheFault('stale', 'the header is of another version');
  return parsed.data;
}

/** Whether a cache holds what is asked for; a different encoder, preprocessing or catalog state means a rebuild. */
export function assertCurrent(
  found: { readonly key: CacheKey; readonly revision: string },
  key: CacheKey,
  revision: string,
): void {
  const { encoder: a } = found.key;
  const { encoder: b } = key;
  const same =
    found.key.level === key.level &&
    found.key.pooling === key.pooling &&
    found.key.dim === key.dim &&
    a.id === b.id &&
    a.version === b.version &&
    a.preprocessing === b.preprocessing;
  if (!same) throw new CacheFault('stale', 'it was made by another encoder, version or preprocessing');
  if (found.revision !== revision) throw new CacheFault('stale', 'the catalog has changed since');
}
