/** Reads the files of one DICOM CT series into volumes in HU, staged slice by slice or in memory. */
import { createHash } from 'node:crypto';
import { PrecedentError } from '../contract/errors.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Grid, Volume } from '../volume/volume.ts';
import { createVoxelFile, type VoxelType } from '../volume/voxelFile.ts';
import { readFileHeader } from './fileHeader.ts';
import { maxSlices } from './limits.ts';
import { sliceFrames } from './multiframe.ts';
import { SliceReader } from './readSlices.ts';
import { withoutRepeats } from './repeats.ts';
import { Resampler } from './resample.ts';
import { toHu } from './rescale.ts';
import { derivedUid, type SeriesMeta, seriesMeta } from './seriesMeta.ts';
import { groupSlices, type Skipped, type SliceFile, type Stack, stackGroup } from './slices.ts';
import { stackWarnings } from './stackWarnings.ts';

export type { SeriesMeta } from './seriesMeta.ts';

export type Progress = (progress: { readonly done: number; readonly total: number }) => void;

export interface PlanOptions {
  /** Called before a file is opened: should reading it end the process, this is the culprit. */
  readonly onFile?: (path: string) => void;
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  /** Called before a file, or the next frame of it, is opened. */
  readonly onFile?: (file: { readonly path: string; readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What was read of a stack besides its voxels. */
export interface ReadStack {
  readonly meta: SeriesMeta;
  /** The distinct source files in the order of the slices, which ascend along the normal. */
  readonly files: readonly { readonly path: string; readonly sopInstanceUid: string | undefined }[];
  /** SHA-256 (hex) over the files' bytes, in the order of `files`. */
  readonly contentHash: string;
  /** Some voxels are not those of the source but interpolated between them; `warnings` says how. */
  readonly interpolated: boolean;
  readonly warnings: readonly string[];
}

export interface SeriesVolume extends ReadStack {
  readonly volume: Volume;
}

export interface StagedVolume extends ReadStack {
  readonly grid: Grid;
  readonly dtype: VoxelType;
}

/**
 * The stacks that a series' files form, from their headers (and from the pixels of images that may be the same one): each
 * becomes one volume. Files that cannot be part of one are skipped with a reason.
 * @throws PrecedentError `cancelled`
 */
export async function planSeries(
  paths: readonly string[],
  options: PlanOptions = {},
): Promise<{ stacks: Stack[]; skipped: Skipped[] }> {
  if (paths.length > maxSlices) return tooMany(paths[0]);
  const slices: SliceFile[] = [];
  const skipped: Skipped[] = [];
  for (const path of paths) {
    throwIfCancelled(options.signal);
    options.onFile?.(path);
    try {
      const { header } = await readFileHeader(path);
      // Planning needs no bytes; a series of thousands would otherwise hold its headers' buffers.
      for (const frame of sliceFrames(path, { ...header, bytes: new Uint8Array() })) slices.push(frame);
    } catch (thrown) {
      skipped.push({ path, reason: PrecedentError.from(thrown).message });
    }
    if (slices.length > maxSlices) return tooMany(path);
  }
  const { groups, skipped: ungrouped } = groupSlices(slices);
  skipped.push(...ungrouped);
  const stacks: Stack[] = [];
  for (const group of groups) {
    const distinct = await withoutRepeats(group, options);
    const result = stackGroup(distinct.slices, distinct.repeated);
    stacks.push(...result.stacks);
    skipped.push(...distinct.skipped, ...result.skipped);
  }
  return { stacks, skipped };
}

/**
 * Decodes a stack into a voxel file at `stagedPath`, holding a few slices at a time: HU, k ascending along the slice
 * normal, Int16 where every source value is exact in it, else Float32. Nothing is left there when it fails.
 * @throws PrecedentError when a file has changed or cannot be decoded, `storage`, `cancelled`
 */
export async function stageStack(
  stack: Stack,
  stagedPath: string,
  options: ReadOptions = {},
): Promise<StagedVolume> {
  return inSmallestType(async (dtype) => {
    const writer = await createVoxelFile(stagedPath, stack.grid, dtype);
    try {
      const read = await decodeStack(stack, dtype, (slice) => writer.writeSlice(slice), options);
      throwIfCancelled(options.signal);
      if (read) await writer.commit();
      return read && { ...read, grid: stack.grid, dtype };
    } finally {
      await writer.abandon();
    }
  });
}

/** The volume of a stack in memory; see `stageStack`. @throws PrecedentError as it does, but for `storage` */
export async function readStack(
  stack: Stack,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<SeriesVolume> {
  const { dims } = stack.grid;
  const perSlice = dims[0] * dims[1];
  const total = stack.slices.length;
  return inSmallestType(async (dtype) => {
    const size = perSlice * dims[2];
    const voxels = dtype === 'int16' ? new Int16Array(size) : new Float32Array(size);
    let k = 0;
    const keep = (slice: Int16Array | Float32Array) => voxels.set(slice, perSlice * k++);
    const onFile: ReadOptions['onFile'] = ({ done }) => done > 0 && onProgress?.({ done, total });
    const read = await decodeStack(stack, dtype, keep, { onFile, signal });
    if (read) onProgress?.({ done: total, total });
    return read && { ...read, volume: { ...stack.grid, voxels } };
  });
}

/**
 * All volumes of a series. A stack that cannot be decoded is skipped with its reason; the others are read.
 * To hold one volume at a time, use `planSeries` and `readStack`; to hold none, `stageStack`.
 * @throws PrecedentError `cancelled`
 */
export async function readSeries(
  paths: readonly string[],
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<{ volumes: SeriesVolume[]; skipped: Skipped[] }> {
  const { stacks, skipped } = await planSeries(paths, { signal });
  const total = stacks.reduce((sum, stack) => sum + stack.slices.length, 0);
  const volumes: SeriesVolume[] = [];
  let before = 0;
  for (const stack of stacks) {
    const start = before;
    try {
      volumes.push(await readStack(stack, ({ done }) => onProgress?.({ done: start + done, total }), signal));
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      if (error.kind === 'cancelled') throw error;
      skipped.push({ path: stack.slices[0].path, reason: error.message });
    }
    before += stack.slices.length;
  }
  return { volumes, skipped };
}

/** Gives the grid's slices in ascending k to `take`; undefined when the type is Int16 and a source value is not exact in it. */
async function decodeStack(
  { slices, grid, resampling, interpolated, warnings: planned }: Stack,
  dtype: VoxelType,
  take: (slice: Int16Array | Float32Array) => Promise<void> | void,
  { onFile, signal }: ReadOptions,
): Promise<ReadStack | undefined> {
  const warnings = new Set(planned);
  const hash = createHash('sha256');
  const reader = new SliceReader(hash);
  const resampler = resampling && new Resampler(resampling, grid.dims, dtype);
  for (const [done, slice] of slices.entries()) {
    throwIfCancelled(signal);
    onFile?.({ path: slice.path, done, total: slices.length });
    const { stored, header, layout } = await reader.read(slice);
    const hus = toHu(stored, header, layout, dtype, (warning) => warnings.add(warning));
    if (!hus) return undefined;
    for (const placed of resampler?.push(hus) ?? [hus]) await take(placed);
  }
  const contentHash = hash.digest('hex');
  const { header } = slices[slices.length >> 1];
  if (!header.seriesInstanceUid || !header.studyInstanceUid) warnings.add(stackWarnings.noUid());
  return {
    meta: {
      ...seriesMeta(header, derivedUid(contentHash)),
      lossy: slices.some((slice) => slice.header.lossy),
    },
    files: [...new Map(slices.map((slice) => [slice.path, slice.header.sopInstanceUid]))].map(
      ([path, sopInstanceUid]) => ({ path, sopInstanceUid }),
    ),
    contentHash,
    interpolated,
    warnings: [...warnings],
  };
}

function tooMany(path: string): { stacks: Stack[]; skipped: Skipped[] } {
  const { message } = new PrecedentError('limit', `the series has more than ${maxSlices} slices`);
  return { stacks: [], skipped: [{ path, reason: message }] };
}

/** What a stack gives as Int16, or, where that is not exact, from the start as Float32. */
async function inSmallestType<T>(attempt: (dtype: VoxelType) => Promise<T | undefined>): Promise<T> {
  const read = (await attempt('int16')) ?? (await attempt('float32'));
  if (read === undefined) throw new PrecedentError('internal', 'a slice does not fit into any voxel type');
  return read;
}
