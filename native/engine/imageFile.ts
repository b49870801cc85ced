/** Regions of an image file that is not in the library: read into staging, used, removed. */
import { patientIdentity } from '../catalog/writes.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { FoundSeries, ReadOptions, ReadVolume } from '../contract/reader.ts';
import type { EmbedRegion } from '../encoder/voxelSource.ts';
import { findSeries } from '../ingest/findSeries.ts';
import { importRules } from '../ingest/settings.ts';
import { reboxMask, tightenMask, unpackMask } from '../lesion/mask.ts';
import { type Box, clipBox, type Grid, type Volume, type VoxelSource } from '../volume/volume.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';
import type { Engine } from './engine.ts';

export interface ImageFile {
  readonly image: string;
  readonly mask?: string | undefined;
  readonly roi?: EmbedRegion['box'] | undefined;
  /** The image is a mask, to be embedded as a shape of soft tissue in fat. */
  readonly shape?: boolean;
  /** Without mask and roi, the whole image is the region. */
  readonly whole?: boolean;
}
/** Valid while `withImageFile` runs. */
interface OpenImage {
  readonly source: VoxelSource;
  /** The box that was named, or each lesion of the mask or RT Structure Set; at least one. */
  readonly regions: readonly EmbedRegion[];
  /** The identity key. */
  readonly patient: string;
}

const shapeHu = { inside: 40, outside: -100 };

/** Opens an image file, does something with it and puts away what was read. Throws `usage` where there is no region. */
export async function withImageFile<T>(
  engine: Engine,
  file: ImageFile,
  signal: AbortSignal,
  work: (image: OpenImage) => Promise<T>,
): Promise<T> {
  const { reader, library } = engine;
  const series = file.shape ? maskSeries(file.image) : await imageSeries(reader, file, signal);
  return library.staging.using(async (staging) => {
    const options: ReadOptions = { staging, lesionPer: 'roi', rules: importRules(library) };
    const asked = { signal, group: 'query', priority: Number.MAX_SAFE_INTEGER };
    const read = await reader.call('read', { series, options }, asked);
    const [volume] = read.volumes;
    if (!volume) {
      const reason = read.skipped[0]?.reason ?? 'it holds no volume';
      throw new PrecedentError('unreadable', reason, 'the image file');
    }
    const voxels = await openVoxelFile(volume.staged);
    try {
      const regions = askedRegions(file, volume, voxels.grid);
      if (regions.length === 0) {
        const [unread] = read.skipped;
        if (unread) throw new PrecedentError('unreadable', unread.reason, 'the mask');
        const todo = 'name one with --roi or --mask';
        throw new PrecedentError('usage', 'no region was given', 'the image', todo);
      }
      const source = file.shape
        ? { grid: voxels.grid, readBox: async (box: Box) => asShape(await voxels.readBox(box)) }
        : voxels;
      return await work({ source, regions, patient: patientIdentity(volume.patient) });
    } finally {
      await voxels.close();
    }
  });
}

function maskSeries(path: string): FoundSeries {
  const regions = [{ path, format: 'nifti' as const }];
  return { format: 'nifti', files: [path], regions, studyUid: '', seriesUid: '', patientId: '', bytes: 0 };
}

/** The one series at a path, with the mask that was named for it. */
async function imageSeries(
  reader: Engine['reader'],
  { image, mask }: ImageFile,
  signal: AbortSignal,
): Promise<FoundSeries> {
  const paths = mask === undefined ? [image] : [image, mask];
  const found = await findSeries(reader, paths, signal);
  const [series] = found.series;
  if (!series) {
    const reason = found.skipped[0]?.reason ?? 'there is no CT image';
    throw new PrecedentError('unreadable', reason, 'the image file', 'check the path');
  }
  if (mask !== undefined && series.format !== 'dicom') {
    const format = /\.nrrd$/i.test(mask) ? ('nrrd' as const) : ('nifti' as const);
    return { ...series, files: [image], regions: [{ path: mask, format }] };
  }
  if (found.series.length > 1) {
    const count = found.series.length;
    throw new PrecedentError(
      'usage',
      `there are ${count} series under that path`,
      'the image',
      'name one of them',
    );
  }
  return series;
}

function askedRegions({ roi, whole }: ImageFile, { lesions }: ReadVolume, grid: Grid): EmbedRegion[] {
  if (roi) return [inside({ box: roi }, grid)];
  const [ni, nj, nk] = grid.dims;
  if (whole) return [{ box: [0, 0, 0, ni - 1, nj - 1, nk - 1] }];
  return lesions.map(({ box, packed }) => ({ box, mask: unpackMask(box, packed) }));
}

/** A mask as HU: soft tissue in fat. */
export function asShape(mask: Volume): Volume {
  const voxels = Int16Array.from(mask.voxels, (value) => (value > 0 ? shapeHu.inside : shapeHu.outside));
  return { ...mask, voxels };
}

/** A region clipped to its volume. Throws `usage` for one that is outside or empty. */
export function inside(region: EmbedRegion, grid: Pick<Grid, 'dims'>): EmbedRegion {
  const { box } = region;
  const ordered = box[0] <= box[3] && box[1] <= box[4] && box[2] <= box[5];
  const clipped = ordered ? clipBox(box, grid.dims) : null;
  if (!clipped) {
    const last = grid.dims.map((n) => n - 1).join(',');
    throw new PrecedentError(
      'usage',
      'the region lies outside the volume',
      `box ${box.join(',')}`,
      `the volume ends at ${last}`,
    );
  }
  if (!region.mask) return { box: clipped };
  const mask = tightenMask(reboxMask(region.mask, clipped));
  if (!mask) throw new PrecedentError('usage', 'the region is empty', undefined, 'draw it again');
  return { box: mask.box, mask };
}
