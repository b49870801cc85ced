/** What of an encoder, beside its model's version, an embedding depends on, as one hash that is stored with it. */
import { createHash } from 'node:crypto';
import type { Manifest } from './manifest.ts';

/**
 * To be raised whenever this folder's arithmetic changes: embeddings of another version are not comparable. What a library
 * keeps is embedded by masks, so how a query's region is estimated without one (fittedExtent.ts, region.ts) is no part of it.
 */
const preprocessingVersion = 3;

/** SHA-256 of everything but the model that an embedding depends on, whatever the order in which the manifest says it. */
export function preprocessingHash(manifest: Manifest): string {
  const { kind, input, output } = manifest;
  const parts: unknown[] = [preprocessingVersion, kind, withoutNames(input), output];
  if (manifest.kind === 'text') parts.push(manifest.tokenizer);
  if (manifest.kind === 'slice') parts.push(manifest.pooling);
  return createHash('sha256').update(JSON.stringify(parts, sortKeys)).digest('hex');
}

/** Windows have names for people. */
function withoutNames(input: Manifest['input']): unknown {
  if (!('windows' in input)) return input;
  return { ...input, windows: input.windows.map(({ center, width }) => ({ center, width })) };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
