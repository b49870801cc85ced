/** Embeds a whole library at the levels that were asked for, and keeps it so whatever is imported later. */
import type { z } from 'zod';
import type { engineContract } from '../contract/engine.ts';
import type { Level } from '../contract/levels.ts';
import { embedMissing, isComplete } from '../ingest/embedMissing.ts';
import type { Engine } from './engine.ts';

type Result = z.output<(typeof engineContract)['requests']['encoders.embedLibrary']['result']>;

/** Throws `usage` for a level that the encoder does not make, and what embedMissing throws. */
export async function embedLibrary(
  { library, encoders }: Engine,
  encoder: string | undefined,
  levels: readonly Level[],
  signal: AbortSignal,
  progress: (progress: { done: number; total: number }) => void,
): Promise<Result> {
  const embedder = encoders.named(encoder);
  encoders.keep(embedder, levels);
  const failed = await embedMissing(library, embedder, levels, signal, progress);
  const kept = encoders.kept().find((entry) => entry.embedder === embedder)?.levels ?? levels;
  if (isComplete(library, embedder, kept, failed)) await encoders.completed(embedder);
  const keys = levels.flatMap((level) => embedder.keysOf(level));
  return {
    encoder: embedder.key.encoder,
    embedded: keys.map((key) => ({
      level: key.level,
      pooling: key.pooling,
      vectors: library.embeddings.count(key),
    })),
    failed: failed.map(({ volume, reason }) => ({ volume, reason })),
  };
}
