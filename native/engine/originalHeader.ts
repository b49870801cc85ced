/** What the original file of a slice says of itself; a reader reads it. */
import { basename } from 'node:path';
import type { z } from 'zod';
import type {
  OriginalHeader,
  originalHeaderParams,
  originalValueParams,
} from '../contract/originalHeader.ts';
import { nearestImage } from '../dicom/sourceImages.ts';
import type { Engine } from './engine.ts';
import { isDicom, originalFiles, originalImages } from './originalImages.ts';

type Place = Pick<OriginalHeader, 'format' | 'frame' | 'exact'> & { readonly path: string };

const group = 'originals';

/** Throws `not-found` for an unknown volume or where its files are gone, and what a reader throws. */
export async function originalHeader(
  engine: Engine,
  { volume, slice, masked }: z.infer<typeof originalHeaderParams>,
): Promise<OriginalHeader> {
  const { path, ...place } = await placeOf(engine, volume, slice);
  const found = await engine.reader.call('header', { path, format: place.format, masked }, { group });
  return { ...found, ...place, file: masked ? '' : basename(path) };
}

/** The whole value of one element. Throws as `originalHeader`. */
export async function originalValue(
  engine: Engine,
  { volume, slice, masked, path: at }: z.infer<typeof originalValueParams>,
): Promise<{ value: string }> {
  const { path, format } = await placeOf(engine, volume, slice);
  return { value: await engine.reader.call('headerValue', { path, format, masked, at }, { group }) };
}

async function placeOf(engine: Engine, volume: string, slice: number): Promise<Place> {
  const [first] = await originalFiles(engine, volume);
  if (!isDicom(first))
    return { path: first, format: /\.n(rrd|hdr)$/i.test(first) ? 'nrrd' : 'nifti', exact: true };
  const { files, images, ofSlices } = await originalImages(engine, volume);
  const { dims, spacingMm, originMm, direction } = engine.library.reads.volume(volume);
  const grid = { dims, spacing: spacingMm, origin: originMm, direction };
  const exact = ofSlices[slice] ?? null;
  const image = exact ?? nearestImage(grid, images, slice);
  return { path: files[image?.file ?? 0], format: 'dicom', frame: image?.frame, exact: exact !== null };
}
