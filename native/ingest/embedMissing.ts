/** Embeds what has no embedding of an encoder yet, and draws the thumbnails of lesions. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EmbeddingRow } from '../catalog/embeddings.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Level, levels as levelTable } from '../contract/levels.ts';
import type { Embedder, Prepared, SliceVector } from '../encoder/embedder.ts';
import type { EmbedRegion } from '../encoder/voxelSource.ts';
import type { Library } from '../engine/library.ts';
import { readFileBytes, writeFileAtomic } from '../files/files.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { toFloat16 } from '../volume/float16.ts';
import { isWholePng } from '../volume/png.ts';
import { thumbnailBox, thumbnailPng } from '../volume/thumbnail.ts';
import { openVoxelFile, type VoxelFile } from '../volume/voxelFile.ts';

/** Faults of the machine, not of one volume: with them, the next volume would fail as well. */
const general: ReadonlySet<string> = new Set(['cancelled', 'storage', 'interrupted']);

/** Of unpacked slices, while the lesions of one volume are prepared. */
const keptBytes = 64 * 2 ** 20;
/** Each transaction waits for the disk: so much work is lost at most when the engine dies. */
const storeMs = 300;

/** A volume that could not be embedded; `damaged`: its voxels cannot be read, so that no encoder could. */
export interface FailedVolume {
  readonly volume: string;
  readonly reason: string;
  readonly damaged: boolean;
}

/** By volume, the lesions in it (or itself, where a level is of volumes) without a vector at one of the levels. */
function missingAt(
  library: Library,
  embedder: Embedder,
  levels: readonly Level[],
  only?: string,
): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>();
  for (const key of levels.flatMap((level) => embedder.keysOf(level))) {
    for (const { volume, lesion } of library.embeddings.missing(key, only)) {
      const own = owners.get(volume) ?? new Set();
      owners.set(volume, own.add(lesion ?? volume));
    }
  }
  return owners;
}

/** How many lesions and volumes lack a vector at one of the levels. */
export function countMissing(library: Library, embedder: Embedder, levels: readonly Level[]): number {
  return [...missingAt(library, embedder, levels).values()].reduce((sum, owners) => sum + owners.size, 0);
}

type Progress = (progress: { done: number; total: number }) => void;

/**
 * Goes on where it stopped: what is embedded is stored a few times a second. A volume whose voxels or masks are damaged
 * costs its own lesions; those volumes are returned with the reason. Throws `cancelled`, `storage`, `interrupted`.
 */
export async function embedMissing(
  library: Library,
  embedder: Embedder,
  levels: readonly Level[],
  signal: AbortSignal,
  progress: Progress = () => undefined,
): Promise<FailedVolume[]> {
  const failed = await embedVolumes(library, embedder, undefined, levels, signal, progress);
  const found: FailedVolume[] = [];
  for (const [volume, { what }] of failed) {
    found.push({ volume, reason: what, damaged: await isDamaged(library, volume) });
  }
  return found;
}

/** Embeds of one volume what has no embedding at these levels yet. Throws also `corrupt` and `not-found`. */
export async function embedVolume(
  library: Library,
  embedder: Embedder,
  volume: string,
  levels: readonly Level[],
  signal: AbortSignal,
): Promise<void> {
  const failed = await embedVolumes(library, embedder, volume, levels, signal, () => undefined);
  for (const error of failed.values()) throw error;
}

/** Of one volume or of all; returns what a volume failed with. */
async function embedVolumes(
  library: Library,
  embedder: Embedder,
  only: string | undefined,
  levels: readonly Level[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Map<string, PrecedentError>> {
  const missing = missingAt(library, embedder, levels, only);
  const total = [...missing.values()].reduce((sum, owners) => sum + owners.size, 0);
  const failed = new Map<string, PrecedentError>();
  const pass: Pass = {
    library,
    embedder,
    signal,
    fail: (volume, thrown) => {
      const error = PrecedentError.from(thrown);
      if (general.has(error.kind)) throw error;
      failed.set(volume, error);
    },
  };
  let done = 0;
  progress({ done, total });
  let rest = levels;
  if (embedder.preparesLesions && levels.includes('lesion')) {
    rest = levels.filter((level) => level !== 'lesion');
    await embedLesions(pass, only, (lesions) => {
      done += lesions;
      progress({ done, total });
    });
  }
  for (const [volume, owners] of missingAt(library, embedder, rest, only)) {
    throwIfCancelled(signal);
    try {
      if (!failed.has(volume)) await embedLevels(pass, volume, rest);
    } catch (thrown) {
      pass.fail(volume, thrown);
    }
    done = Math.min(total, done + owners.size);
    progress({ done, total });
  }
  progress({ done: total, total });
  return failed;
}

/** Whether any slice of a volume cannot be read. */
export async function isDamaged(library: Library, volume: string): Promise<boolean> {
  try {
    const file = await openVoxelFile(library.layout.voxelFile(volume));
    try {
      for (let k = 0; k < file.grid.dims[2]; k++) await file.readSlice(k);
    } finally {
      await file.close();
    }
    return false;
  } catch {
    return true;
  }
}

/** Whether all is embedded that can be: what is missing lies in volumes whose voxels are damaged. */
export function isComplete(
  library: Library,
  embedder: Embedder,
  levels: readonly Level[],
  failed: readonly FailedVolume[],
): boolean {
  const damaged = new Set(failed.flatMap((one) => (one.damaged ? [one.volume] : [])));
  return [...missingAt(library, embedder, levels).keys()].every((volume) => damaged.has(volume));
}

interface Pass {
  readonly library: Library;
  readonly embedder: Embedder;
  readonly signal: AbortSignal;
  /** Lays a fault to a volume; throws one that is the machine's. */
  readonly fail: (volume: string, thrown: unknown) => void;
}
interface PreparedLesion {
  readonly lesion: string;
  readonly volume: string;
  readonly input: Prepared;
}

/** Reads and prepares a lesion while those before it are in the model, across volumes; stores what is done a few times a second. */
async function embedLesions(
  pass: Pass,
  only: string | undefined,
  stored: (lesions: number) => void,
): Promise<void> {
  const { library, embedder, signal, fail } = pass;
  const volumes = Map.groupBy(library.embeddings.missing(embedder.key, only), ({ volume }) => volume);
  async function* prepared(): AsyncGenerator<PreparedLesion> {
    for (const [volume, lesions] of volumes) {
      try {
        yield* prepareVolume(
          pass,
          volume,
          lesions.flatMap(({ lesion }) => lesion ?? []),
        );
      } catch (thrown) {
        fail(volume, thrown);
      }
    }
  }
  let last = performance.now();
  const rows: EmbeddingRow[] = [];
  const store = () => {
    library.embeddings.add(embedder.key, embedder.dim, rows);
    stored(rows.splice(0).length);
    last = performance.now();
  };
  try {
    for await (const settled of embedder.embedPrepared(prepared(), signal)) {
      const { lesion, volume } = settled.item;
      if ('error' in settled) fail(volume, settled.error);
      else rows.push({ owner: lesion, vector: toFloat16(settled.result) });
      if (performance.now() - last >= storeMs) store();
    }
  } finally {
    store();
  }
}

/** Draws the missing thumbnails too, while the voxels are at hand. */
async function* prepareVolume(
  { library, embedder, signal }: Pass,
  volume: string,
  lesions: readonly string[],
): AsyncGenerator<PreparedLesion> {
  const file = await openVoxelFile(library.layout.voxelFile(volume));
  // Lesions of one volume often lie beside each other.
  if (lesions.length > 1) file.keepSlices(keptBytes);
  try {
    for (const lesion of lesions) {
      throwIfCancelled(signal);
      const region = library.lesionRegion(lesion);
      const input = await embedder.prepare(file, region);
      await drawThumbnail(library, file, lesion, region);
      yield { lesion, volume, input };
    }
  } finally {
    await file.close();
  }
}

/** What one volume lacks at these levels, level by level. */
async function embedLevels(pass: Pass, volume: string, levels: readonly Level[]): Promise<void> {
  const { library, embedder } = pass;
  const task: Task = { ...pass, volume };
  const wanted = levels.filter((level) =>
    embedder.keysOf(level).some((key) => library.embeddings.missing(key, volume).length > 0),
  );
  if (wanted.includes('caption')) await embedCaptions(task);
  if (wanted.every((level) => level === 'caption')) return;
  const file = await openVoxelFile(library.layout.voxelFile(volume));
  try {
    if (wanted.includes('lesion')) await poolLesions(task, file);
    if (wanted.includes('lesion-slice')) await embedLesionSlices(task, file);
    const whole = wanted.filter((level) => levelTable[level].of === 'volume');
    if (whole.length > 0) await embedWhole(task, file, whole);
  } finally {
    await file.close();
  }
}

interface Task extends Pass {
  readonly volume: string;
}

/** The lesions of the volume without a vector at a level that is of lesions. */
function lesionsWithout({ library, embedder, volume }: Task, level: Level): string[] {
  const [key] = embedder.keysOf(level);
  return library.embeddings
    .missing(key, volume)
    .flatMap(({ lesion }) => (lesion === undefined ? [] : [lesion]));
}

function store(
  { library, embedder }: Task,
  level: Level,
  rows: readonly EmbeddingRow[],
  pooling?: string,
): void {
  for (const key of embedder.keysOf(level)) {
    if (pooling === undefined || key.pooling === pooling) library.embeddings.add(key, embedder.dim, rows);
  }
}

function sliceRows(owner: string, slices: readonly SliceVector[]): EmbeddingRow[] {
  return slices.map(({ slice, vector }) => ({ owner, slice, vector: toFloat16(vector) }));
}

async function embedCaptions(task: Task): Promise<void> {
  // A caption that is made anew loses its vector. Those of a whole library are made beside other work.
  while (task.library.captions.refreshSome()) {
    await nextTurn();
    throwIfCancelled(task.signal);
  }
  const lesions = lesionsWithout(task, 'caption');
  const captions = lesions.map((lesion) => task.library.reads.lesion(lesion).caption);
  const vectors = await task.embedder.embedTexts(captions, task.signal);
  store(
    task,
    'caption',
    lesions.map((owner, n) => ({ owner, vector: toFloat16(vectors[n]) })),
  );
}

async function poolLesions(task: Task, file: VoxelFile): Promise<void> {
  const { library, embedder, signal } = task;
  const lesions = lesionsWithout(task, 'lesion');
  const regions = lesions.map((lesion) => library.lesionRegion(lesion));
  const embeddings = await embedder.embed(file, regions, signal);
  for (const [n, lesion] of lesions.entries()) await drawThumbnail(library, file, lesion, regions[n]);
  store(
    task,
    'lesion',
    lesions.map((owner, n) => ({ owner, vector: toFloat16(embeddings[n]) })),
  );
}

async function embedLesionSlices(task: Task, file: VoxelFile): Promise<void> {
  for (const lesion of lesionsWithout(task, 'lesion-slice')) {
    const region = task.library.lesionRegion(lesion);
    const slices = await task.embedder.embedLesionSlices(file, region, task.signal);
    store(task, 'lesion-slice', sliceRows(lesion, slices));
  }
}

async function embedWhole(task: Task, file: VoxelFile, levels: readonly Level[]): Promise<void> {
  const { slices, volume } = await task.embedder.embedWhole(file, task.signal);
  // All levels of a volume at once, so that what is cut off is not half there.
  task.library.db.transaction(() => {
    if (levels.includes('slice')) store(task, 'slice', sliceRows(task.volume, slices));
    if (!levels.includes('volume')) return;
    for (const [pooling, vector] of volume) {
      store(task, 'volume', [{ owner: task.volume, vector: toFloat16(vector) }], pooling);
    }
  })();
}

/** Whether a thumbnail lies there as it was written. */
export async function hasThumbnail(path: string): Promise<boolean> {
  return readFileBytes(path).then(isWholePng, () => false);
}

/**
 * Draws the thumbnail of a lesion unless it is there.
 * @param isCurrent false for a lesion that was deleted meanwhile
 */
export async function drawThumbnail(
  library: Library,
  file: VoxelFile,
  lesion: string,
  { box }: EmbedRegion,
  isCurrent = () => library.reads.has('lesion', lesion),
): Promise<void> {
  const path = library.layout.thumbnail(lesion);
  if (await hasThumbnail(path)) return;
  const png = thumbnailPng(await file.readBox(thumbnailBox(file.grid, box)));
  await library.cache(isCurrent, () => writeFileAtomic(path, png));
}
