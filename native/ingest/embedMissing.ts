/** Embeds every lesion that has no embedding of the current encoder yet, and draws its thumbnail. */

import { PrecedentError } from '../contract/errors.ts';
import type { Embedder, EmbedRegion } from '../encoder/embedder.ts';
import type { EncoderInput } from '../encoder/preprocess.ts';
import type { Library } from '../engine/library.ts';
import { fileExists, writeFileAtomic } from '../files/files.ts';
import { unpackMask } from '../lesion/mask.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { toFloat16 } from '../volume/float16.ts';
import { thumbnailBox, thumbnailPng } from '../volume/thumbnail.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';

/** Faults of the machine, not of one volume: with them, the next volume would fail as well. */
const general: ReadonlySet<string> = new Set(['cancelled', 'storage', 'interrupted']);

const keptBytes = 64 * 2 ** 20;
/** Each transaction waits for the disk: so much work is lost at most when the engine dies. */
const storeMs = 300;

interface Missing {
  readonly lesion: string;
  readonly volume: string;
}
interface Prepared extends Missing {
  readonly input: EncoderInput;
}
type Progress = (progress: { done: number; total: number }) => void;

/**
 * Goes on where it stopped: what is embedded is stored a few times a second. A volume whose voxels or masks are damaged
 * costs its own lesions; those volumes are returned with the reason. Throws `cancelled`, `storage`, `interrupted`.
 */
export async function embedMissing(
  library: Library,
  embedder: Embedder,
  signal: AbortSignal,
  progress: Progress = () => undefined,
): Promise<{ volume: string; reason: string }[]> {
  const missing = library.reads.lesionsToEmbed(embedder.key);
  const failed = await embedLesions(library, embedder, missing, signal, progress);
  return [...failed].map(([volume, { what }]) => ({ volume, reason: what }));
}

/** Embeds the lesions of one volume that have no embedding yet. Throws also `corrupt` and `not-found`. */
export async function embedVolume(
  library: Library,
  embedder: Embedder,
  volume: string,
  signal: AbortSignal,
): Promise<void> {
  const missing = library.reads.lesionsToEmbed(embedder.key, volume);
  const failed = await embedLesions(library, embedder, missing, signal, () => undefined);
  for (const error of failed.values()) throw error;
}

/** Reads and prepares a lesion while those before it are in the model, across volumes; returns what a volume failed with. */
async function embedLesions(
  library: Library,
  embedder: Embedder,
  missing: readonly Missing[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Map<string, PrecedentError>> {
  const failed = new Map<string, PrecedentError>();
  const volumes = Map.groupBy(missing, ({ volume }) => volume);
  const fail = (volume: string, thrown: unknown) => {
    const error = PrecedentError.from(thrown);
    if (general.has(error.kind)) throw error;
    failed.set(volume, error);
  };
  async function* prepared(): AsyncGenerator<Prepared> {
    for (const [volume, lesions] of volumes) {
      try {
        yield* prepareVolume(library, embedder, volume, lesions, signal);
      } catch (thrown) {
        fail(volume, thrown);
      }
    }
  }

  let done = 0;
  let last = performance.now();
  const rows: { lesion: string; dim: number; vector: Uint8Array }[] = [];
  const store = () => {
    library.writes.addEmbeddings(embedder.key, rows);
    done += rows.splice(0).length;
    last = performance.now();
    progress({ done, total: missing.length });
  };
  progress({ done, total: missing.length });
  try {
    for await (const settled of embedder.embedPrepared(prepared(), signal)) {
      const { lesion, volume } = settled.item;
      if ('error' in settled) fail(volume, settled.error);
      else rows.push({ lesion, dim: embedder.dim, vector: toFloat16(settled.result) });
      if (performance.now() - last >= storeMs) store();
    }
  } finally {
    store();
  }
  progress({ done: missing.length, total: missing.length });
  return failed;
}

/** Draws the missing thumbnails too, while the voxels are at hand. */
async function* prepareVolume(
  library: Library,
  embedder: Embedder,
  volume: string,
  lesions: readonly Missing[],
  signal: AbortSignal,
): AsyncGenerator<Prepared> {
  const file = await openVoxelFile(library.layout.voxelFile(volume));
  // Lesions of one volume often lie beside each other.
  if (lesions.length > 1) file.keepSlices(keptBytes);
  try {
    for (const missing of lesions) {
      throwIfCancelled(signal);
      const { box, packed } = library.reads.lesionMask(missing.lesion);
      const region = { box, mask: unpackMask(box, packed) };
      const input = await embedder.prepare(file, region);
      await drawThumbnail(library, file, missing.lesion, region);
      yield { ...missing, input };
    }
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
