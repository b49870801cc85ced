/** Embeds every lesion that has no embedding of the current encoder yet, and draws its thumbnail. */
import type { Embedder, EmbedRegion } from '../encoder/embedder.ts';
import type { Library } from '../engine/library.ts';
import { fileExists, writeFileAtomic } from '../files/files.ts';
import { unpackMask } from '../lesion/mask.ts';
import { toFloat16 } from '../volume/float16.ts';
import { thumbnailBox, thumbnailPng } from '../volume/thumbnail.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';

/** Goes on where it stopped: what is embedded is stored volume by volume. Throws `cancelled`, `corrupt`, `storage`. */
export async function embedMissing(
  library: Library,
  embedder: Embedder,
  signal: AbortSignal,
  progress: (progress: { done: number; total: number }) => void = () => undefined,
): Promise<void> {
  const missing = library.reads.lesionsToEmbed(embedder.key);
  let done = 0;
  for (const [volume, lesions] of Map.groupBy(missing, (row) => row.volume)) {
    progress({ done, total: missing.length });
    const file = await openVoxelFile(library.layout.voxelFile(volume));
    try {
      const regions = lesions.map(({ lesion }): EmbedRegion => {
        const { box, packed } = library.reads.lesionMask(lesion);
        return { box, mask: unpackMask(box, packed) };
      });
      const embeddings = await embedder.embed(file, regions, signal);
      for (const [n, { lesion }] of lesions.entries()) await drawThumbnail(library, file, lesion, regions[n]);
      library.writes.addEmbeddings(
        embedder.key,
        lesions.map(({ lesion }, n) => ({ lesion, dim: embedder.dim, vector: toFloat16(embeddings[n]) })),
      );
    } finally {
      await file.close();
    }
    done += lesions.length;
  }
  progress({ done, total: missing.length });
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
