/** Where the likeness of two lesions lies: how far their cosine falls when a part of either is hidden. */
import type { EngineContract } from '../contract/engine.ts';
import type { SimilarityGrid, SimilarityMap } from '../contract/explain.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import { embedOccluded, type OcclusionGrid, occlusionGrid } from '../encoder/occlusion.ts';
import { cosine } from '../retrieval/matchedSlices.ts';
import type { Engine } from './engine.ts';
import { type Placed, placed } from './placed.ts';

/** Throws `not-found`, `usage`, what the encoder throws, and `cancelled`. */
export async function similarityMap(
  engine: Engine,
  { query: asked, hit: lesion, encoder }: ParsedParams<EngineContract, 'search.similarityMap'>,
  signal: AbortSignal,
): Promise<SimilarityMap> {
  const started = performance.now();
  const { encoders } = engine;
  const named = encoders.named(encoder);
  // One of words alone found the hit by its caption: the lesions are looked at by the default one.
  const embedder = named.levels.includes('lesion') ? named : encoders.standard;
  const side = async ({ volume, region }: Placed) =>
    engine.withVoxels(volume, async (source) => {
      const cells = occlusionGrid(source.grid, region.box);
      const [whole, ...hidden] = await embedOccluded(embedder, source, region, cells, signal);
      return { volume, cells, whole, hidden };
    });
  const query = await side(placed(engine, asked));
  const hit = await side(placed(engine, { lesion }));
  const both = cosine(query.whole, hit.whole);
  const falls = (hidden: readonly Float32Array[], other: Float32Array) =>
    hidden.map((vector) => both - cosine(vector, other));
  return {
    encoder: embedder.key.encoder,
    cosine: both,
    query: toGrid(query.volume, query.cells, falls(query.hidden, hit.whole)),
    hit: toGrid(hit.volume, hit.cells, falls(hit.hidden, query.whole)),
    tookMs: performance.now() - started,
  };
}

function toGrid(volume: string, { box, cell, ...cells }: OcclusionGrid, values: number[]): SimilarityGrid {
  return { volume, box: [...box], cell: [...cell], ...cells, values };
}
