/** Embeds every lesion that has no embedding of the current encoder yet, and draws its thumbnail. */
import { PrecedentError } from '../contract/errors.ts';
import type { Embedder, EmbedRegion } from '../encoder/embedder.ts';
import type { Library } from '../engine/library.ts';
import { fileExists, writeFileAtomic } from '../files/files.ts';
import { unpackMask } from '../lesion/mask.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { toFloat16 } from '../volume/float16.ts';
import { thumbnailBox, thumbnailPng } from '../volume/thumbnail.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';

/** Faults of the machine, not of one volume: with them, the next volume would fail as well. */
const general: ReadonlySet<string> = new Set(['cancelled', 'storage', 'interrupted']);

/**
 * Goes on where it stopped: what is embedded is stored volume by volume. A volume whose voxels or masks are damaged
 * costs its own lesions; those volumes are returned with the reason. Throws `cancelled`, `storage`, `interrupted`.
 */
export async function embedMissing(
  library: Library,
  embedder: Embedder,
  signal: AbortSignal,
  progress: (progress: { done: number; total: number }) => void = () => undefined,
): Promise<{ volume: string; reason: string }[]> {
  const missing = library.reads.lesionsToEmbed(embedder.key);
  const failed: { volume: string; reason: string }[] = [];
  let done = 0;
  for (const [volume, lesions] of Map.groupBy(missing, (row) => row.volume)) {
    progress({ done, total: missing.length });
    throwIfCancelled(signal);
    try {
      await embedVolume(library, embedder, volume, signal);
    } catch (thrown) {
      const { kind, what } = PrecedentError.from(thrown);
      if (general.has(kind)) throw thrown;
      failed.push({ volume, reason: what });
    }
    done += lesions.length;
  }
  progress({ done, total: missing.length });
  return failed;
}

/** Embeds the lesions of one volume that have no embedding yet. Throws also `corrupt` and `not-found`. */
export async function embedVolume(
  library: Library,
  embedder: Embedder,
  volume: string,
  signal: AbortSignal,
): Promise<void> {
  const lesions = library.reads.lesionsToEmbed(embedder.key, volume);
  if (lesions.length === 0) return;
  const regions = lesions.map(({ lesion }): EmbedRegion => {
    const { box, packed } = library.reads.lesionMask(lesion);
    return { box, mask: unpackMask(box, packed) };
  });
  const file = await openVoxelFile(library.layout.voxelFile(volume));
  try {
    const embeddings = await embedder.embed(file, regions, signal);
    for (const [n, { lesion }] of lesions.entries()) await drawThumbnail(library, file, lesion, regions[n]);
    library.writes.addEmbeddings(
      embedder.key,
      lesions.map(({ lesion }, n) => ({ lesion, dim: embedder.dim, vector: toFloat16(embeddings[n]) })),
    );
  } finally {
    await file.close();
  }
}

/** Draws the thumbnail of a lesion unless it is there. */
export async function drawThumbnail(
  library: Library,
  file: VoxelFile,
  lesion: string,
  { box }: EmbedRegion,
): Promise<void> {
  const path = library.layout.thumbnail(lesion);
  if (await fileExists(path)) return;
  await writeFileAtomic(path, thumbnailPng(await file.readBox(thumbnailBox(file.grid, box))));
}
