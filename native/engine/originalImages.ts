/** The original files of a volume, and which image of them each of its slices is. */
import { PrecedentError } from '../contract/errors.ts';
import type { SourceImage, SourceImages } from '../contract/structuredReport.ts';
import { imagesOfSlices } from '../dicom/sourceImages.ts';
import { fileExists } from '../files/files.ts';
import type { Engine } from './engine.ts';

export interface OriginalImages extends SourceImages {
  readonly files: readonly string[];
  /** Of each slice k; null where it lies between images. */
  readonly ofSlices: readonly (SourceImage | null)[];
}

function imageFiles({ library }: Engine, volume: string): string[] {
  const { id } = library.reads.volume(volume);
  return library.reads.sourceFiles(id).flatMap(({ role, path }) => (role === 'image' ? [path] : []));
}

/** Throws `not-found` for an unknown volume, or where a file is not where it was. */
export async function originalFiles(engine: Engine, volume: string): Promise<string[]> {
  const files = imageFiles(engine, volume);
  for (const path of files)
    if (!(await fileExists(path)))
      throw new PrecedentError(
        'not-found',
        'the original files of this volume are not where they were',
        undefined,
        'look for them in the settings, under original files',
      );
  return files;
}

export function isDicom(file: string): boolean {
  return !/\.(nii|nii\.gz|nrrd|nhdr)$/i.test(file);
}

/** Of the volume that was asked for last, while its files lie where they lay: whoever scrolls through one asks often. */
const last = new WeakMap<Engine, { readonly asked: string; readonly images: Promise<OriginalImages> }>();

/** Throws as `originalFiles`, `unsupported` for a volume that does not come from DICOM, and what a reader throws. */
export async function originalImages(engine: Engine, volume: string): Promise<OriginalImages> {
  const asked = JSON.stringify([volume, imageFiles(engine, volume)]);
  const known = last.get(engine);
  if (known?.asked === asked) return known.images;
  const images = readImages(engine, volume);
  last.set(engine, { asked, images });
  images.catch(() => {
    if (last.get(engine)?.images === images) last.delete(engine);
  });
  return images;
}

/** As `originalImages`, for what refers to them. Throws `unsupported` also where files have no UIDs. */
export async function referableImages(engine: Engine, volume: string): Promise<OriginalImages> {
  const found = await originalImages(engine, volume);
  const { studyInstanceUid, seriesInstanceUid } = found.study;
  const named = found.images.every(({ sopClassUid, sopInstanceUid }) => sopClassUid && sopInstanceUid);
  if (studyInstanceUid && seriesInstanceUid && named) return found;
  throw new PrecedentError(
    'unsupported',
    'the original files have no UIDs that a DICOM document could refer to',
    undefined,
    'save the measurements as a table, or key images as pictures, instead',
  );
}

async function readImages(engine: Engine, volume: string): Promise<OriginalImages> {
  const files = await originalFiles(engine, volume);
  if (!files.every(isDicom))
    throw new PrecedentError(
      'unsupported',
      'the volume does not come from DICOM, so there are no images that a DICOM document could refer to',
      undefined,
      'save the measurements as a table, or key images as pictures, instead',
    );
  const { study, images } = await engine.reader.call('images', { files }, { group: 'originals' });
  const { dims, spacingMm, originMm, direction } = engine.library.reads.volume(volume);
  const grid = { dims, spacing: spacingMm, origin: originMm, direction };
  return { files, study, images, ofSlices: imagesOfSlices(grid, images) };
}
