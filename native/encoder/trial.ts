/** Tries an encoder on generated cases: what it gives must be finite, of the right size, and follow what it is shown. */
import { PrecedentError } from '../contract/errors.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Embedder } from './embedder.ts';
import { phantomLesions, phantomTexts } from './phantom.ts';

interface Trial {
  /** Whether the same input gave the same bits twice. */
  readonly deterministic: boolean;
  readonly msPerItem: number;
}

/** Two vectors that differ by less than this in every value are taken for the same. */
const leastDifference = 1e-6;

/**
 * Throws `refused` when different inputs give the same vector, and what embedding throws: `internal` for values that are
 * no numbers or all the same, `unreadable` for an output of another size and for a file that is no model, `corrupt`.
 */
export async function tryEncoder(embedder: Embedder, signal?: AbortSignal): Promise<Trial> {
  const vectors = await embedCases(embedder, signal);
  throwIfCancelled(signal);
  const started = performance.now();
  const again = await embedCases(embedder, signal);
  const msPerItem = (performance.now() - started) / again.length;
  for (const [n, vector] of vectors.entries()) {
    for (const other of vectors.slice(0, n)) {
      if (vector.some((value, at) => Math.abs(value - other[at]) > leastDifference)) continue;
      throw new PrecedentError(
        'refused',
        `the encoder gives the same vector for different ${embedder.manifest.kind === 'text' ? 'texts' : 'lesions'}`,
        embedder.manifest.id,
        'check its inputs, windows and output in encoder.json',
      );
    }
  }
  const deterministic = vectors.every((vector, n) => vector.every((value, at) => value === again[n][at]));
  return { deterministic, msPerItem };
}

async function embedCases(embedder: Embedder, signal: AbortSignal | undefined): Promise<Float32Array[]> {
  if (embedder.manifest.kind === 'text') return embedder.embedTexts(phantomTexts, signal);
  const vectors: Float32Array[] = [];
  for (const { source, region } of phantomLesions()) {
    vectors.push(...(await embedder.embed(source, [region], signal)));
  }
  return vectors;
}
