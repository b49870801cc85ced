/** Makes voxel files and thumbnails again that are missing or damaged: from the original images, and from the voxels. */
import { commitFile } from '../files/files.ts';
import { drawThumbnail, isDamaged } from '../ingest/embedMissing.ts';
import type { Engine } from './engine.ts';

type Place = Pick<Engine, 'library' | 'reader'>;

/** One volume after the other, and each once, however many ask. */
export class Mender {
  readonly #place: Place;
  readonly #running = new Map<string, Promise<boolean>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Whether the voxels of a volume are sound now. False where the originals are gone or no longer the same. */
  voxels(volume: string, signal: AbortSignal): Promise<boolean> {
    const running = this.#running.get(volume);
    if (running) return running;
    const mended = this.#last.then(async () => {
      if (!(await isDamaged(this.#place.library, volume))) return true;
      return rebuildVoxels(this.#place, volume, signal).catch(() => false);
    });
    this.#last = mended;
    this.#running.set(volume, mended);
    return mended.finally(() => this.#running.delete(volume));
  }
}

/** Reads a volume again from its original files; false when they are gone or no longer the same. */
export async function rebuildVoxels(
  { library, reader }: Place,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { layout, reads } = library;
  const files = reads.sourceFiles(id).flatMap(({ role, path }) => (role === 'image' ? [path] : []));
  const [first = ''] = files;
  const format = /\.nii(\.gz)?$/i.test(first) ? 'nifti' : /\.nrrd$/i.test(first) ? 'nrrd' : 'dicom';
  return library.staging.using(async (staging) => {
    const read = await reader.call(
      'read',
      {
        series: { format, files, regions: [], studyUid: '', seriesUid: '', patientId: '', bytes: 0 },
        options: { staging, lesionPer: 'roi', rules: [] },
      },
      { signal },
    );
    const same = read.volumes.find(({ contentHash }) => reads.volumeWithContent(contentHash) === id);
    if (same)
      await library.cache(
        () => reads.has('volume', id),
        () => commitFile(same.staged, layout.voxelFile(id)),
      );
    return same !== undefined;
  });
}

/** Draws a lesion's thumbnail again unless it is sound. Throws `not-found`, and what its voxels cannot be read for. */
export async function redrawThumbnail(engine: Engine, lesion: string): Promise<void> {
  const { library } = engine;
  const { volume } = library.reads.lesion(lesion);
  const region = library.lesionRegion(lesion);
  await engine.withVoxels(volume, (file) => drawThumbnail(library, file, lesion, region));
}
