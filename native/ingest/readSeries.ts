/** Reads one found series into staged voxel files with its lesions measured: all that needs the voxels in memory. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { FoundSeries, ReadVolume } from '../contract/reader.ts';
import { rasterizeRoi } from '../dicom/rasterize.ts';
import { roiKind } from '../dicom/roiNames.ts';
import { readRtstruct } from '../dicom/rtstruct.ts';
import { planSeries, readStack } from '../dicom/volume.ts';
import { removeFile } from '../files/files.ts';
import { connectedComponents } from '../lesion/components.ts';
import { packMask } from '../lesion/mask.ts';
import { measureLesion } from '../lesion/measure.ts';
import { readNifti, readNiftiMask } from '../nifti/nifti.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Mask, Volume } from '../volume/volume.ts';
import { writeVoxelFile } from '../volume/voxelFile.ts';

interface ReadOptions {
  readonly staging: string;
  readonly lesionPer: 'roi' | 'component';
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { done: number; total: number }) => void;
}
interface ReadResult {
  readonly volumes: ReadVolume[];
  readonly skipped: { path: string; reason: string }[];
}
interface NamedMask {
  readonly name: string;
  readonly kind: 'lesion' | 'organ';
  readonly mask: Mask;
}

/** Smaller components are specks of a contour or a threshold, not lesions. */
const leastComponentVoxels = 8;

/** Every volume of a series, staged; what cannot be read is skipped with its reason. Throws `cancelled` and `storage`. */
export async function readFoundSeries(series: FoundSeries, options: ReadOptions): Promise<ReadResult> {
  return series.format === 'dicom' ? readDicomSeries(series, options) : readNiftiImage(series, options);
}

async function readDicomSeries(series: FoundSeries, options: ReadOptions): Promise<ReadResult> {
  const { stacks, skipped } = await planSeries(series.files, options.signal);
  const volumes: ReadVolume[] = [];
  const readStackInto = async (stack: (typeof stacks)[number]) => {
    const path = stack.slices[0].path;
    await skipping(skipped, path, async () => {
      const { volume, meta, files, contentHash, warnings } = await readStack(
        stack,
        options.onProgress,
        options.signal,
      );
      const regions = await rtstructRegions(series.regions, volume, skipped);
      volumes.push(
        await stage(volume, regions.masks, options, {
          // Without a PatientID nothing joins two studies: each counts as a patient of its own.
          patient: {
            ...meta.patient,
            patientId: meta.patient.patientId.trim() || `unknown ${meta.study.uid}`,
          },
          study: meta.study,
          series: meta.series,
          contentHash,
          identity: `${meta.series.uid}/${files[0]?.sopInstanceUid ?? contentHash}`,
          path: dirname(path),
          files: files.map((file) => ({ ...file })),
          regionFiles: [...series.regions],
          regionSource: 'rtstruct',
          warnings: [...warnings, ...regions.warnings],
        }),
      );
    });
  };
  try {
    for (const stack of stacks) await readStackInto(stack);
  } catch (error) {
    // Nobody learns of the stacks that were staged before the one that failed.
    for (const { staged } of volumes) await removeFile(staged);
    throw error;
  }
  return { volumes, skipped };
}

async function readNiftiImage(series: FoundSeries, options: ReadOptions): Promise<ReadResult> {
  const skipped: ReadResult['skipped'] = [];
  const volumes: ReadVolume[] = [];
  const [path] = series.files;
  await skipping(skipped, path, async () => {
    const bytes = await readFile(path);
    const { volume, warnings } = readNifti(bytes);
    const name = basename(path).replace(/\.nii(\.gz)?$/i, '');
    const masks: NamedMask[] = [];
    const maskWarnings: string[] = [];
    for (const maskPath of series.regions) {
      await skipping(skipped, maskPath, async () => {
        const read = readNiftiMask(await readFile(maskPath), volume);
        maskWarnings.push(...read.warnings);
        for (const { value, mask } of read.labels) {
          masks.push({ name: read.labels.length > 1 ? `lesion ${value}` : 'lesion', kind: 'lesion', mask });
        }
      });
    }
    const contentHash = createHash('sha256').update(bytes).digest('hex');
    options.onProgress({ done: 1, total: 1 });
    volumes.push(
      await stage(volume, masks, options, {
        patient: { patientId: name },
        study: { uid: `nifti:${name}` },
        series: { uid: `nifti:${name}`, modality: 'CT', description: 'NIfTI image' },
        contentHash,
        identity: `nifti:${name}/${contentHash}`,
        path,
        files: [{ path }],
        regionFiles: [...series.regions],
        regionSource: 'mask',
        warnings: [...warnings, ...maskWarnings],
      }),
    );
  });
  return { volumes, skipped };
}

async function rtstructRegions(
  paths: readonly string[],
  volume: Volume,
  skipped: ReadResult['skipped'],
): Promise<{ masks: NamedMask[]; warnings: string[] }> {
  const masks: NamedMask[] = [];
  const warnings: string[] = [];
  for (const path of paths) {
    await skipping(skipped, path, async () => {
      const rtstruct = readRtstruct(await readFile(path));
      warnings.push(...rtstruct.warnings);
      for (const roi of rtstruct.rois) {
        const kind = roiKind(roi.name, roi.interpretedType);
        if (kind === 'ignored') continue;
        const filled = rasterizeRoi(roi, volume);
        if (!filled) continue;
        warnings.push(...filled.warnings.map((warning) => `${roi.name}: ${warning}`));
        masks.push({ name: roi.name, kind, mask: filled.mask });
      }
    });
  }
  return { masks, warnings };
}

async function stage(
  volume: Volume,
  masks: readonly NamedMask[],
  { staging, lesionPer, signal }: ReadOptions,
  rest: Pick<
    ReadVolume,
    | 'patient'
    | 'study'
    | 'series'
    | 'contentHash'
    | 'identity'
    | 'path'
    | 'files'
    | 'regionFiles'
    | 'regionSource'
    | 'warnings'
  >,
): Promise<ReadVolume> {
  const lesions = masks
    .filter(({ kind }) => kind === 'lesion')
    .flatMap((region) => (lesionPer === 'component' ? splitComponents(region) : [region]));
  throwIfCancelled(signal);
  const staged = join(staging, `${randomUUID()}.vox`);
  await writeVoxelFile(staged, volume);
  // Nobody will commit what was staged for a withdrawn request.
  if (signal.aborted) await removeFile(staged);
  throwIfCancelled(signal);
  return {
    ...rest,
    dims: [...volume.dims],
    spacing: [...volume.spacing],
    origin: [...volume.origin],
    direction: [...volume.direction],
    dtype: volume.voxels instanceof Int16Array ? 'int16' : 'float32',
    staged,
    lesions: lesions.map(({ name, mask }) => ({
      name,
      box: [...mask.box],
      packed: packMask(mask),
      measurements: measureLesion(volume, mask),
    })),
    organs: masks
      .filter(({ kind }) => kind === 'organ')
      .map(({ name, mask }) => ({ name, box: [...mask.box], packed: packMask(mask) })),
  };
}

function splitComponents(region: NamedMask): NamedMask[] {
  const { masks } = connectedComponents(region.mask, leastComponentVoxels);
  if (masks.length <= 1) return [region];
  return masks.map((mask, n) => ({ ...region, name: `${region.name} (${n + 1})`, mask }));
}

/** Runs a step for one file; a fault of that file becomes a row of `skipped`, a cancelled request or a full disk goes on up. */
async function skipping(
  skipped: ReadResult['skipped'],
  path: string,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (error.kind === 'cancelled' || error.kind === 'storage') throw error;
    skipped.push({ path, reason: error.message });
  }
}
