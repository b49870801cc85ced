/** Reads one found series into staged voxel files with its lesions measured: all that needs the voxels. */
import { createHash, randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { mirLabels, mirLabelValues } from '../benchmark/mir/labels.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { OrganContext } from '../contract/model.ts';
import type { FoundSeries, ReadOptions, ReadVolume, Skipped } from '../contract/reader.ts';
import { planSeries, type SeriesMeta, stageStack } from '../dicom/volume.ts';
import { contentSize, readContent } from '../files/files.ts';
import { connectedComponents } from '../lesion/components.ts';
import { packMask, unpackMask } from '../lesion/mask.ts';
import { measureIn } from '../lesion/measureIn.ts';
import { organContext } from '../lesion/organContext.ts';
import { outlineIn } from '../lesion/outline.ts';
import { readNifti } from '../nifti/nifti.ts';
import { readNrrd } from '../nrrd/nrrd.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Grid, Mask } from '../volume/volume.ts';
import { openVoxelFile, type VoxelFile, writeVoxelFile } from '../volume/voxelFile.ts';
import { deidentifySeries, unknownPatient } from './deidentifySeries.ts';
import { type NamedMask, readRegions } from './readRegions.ts';

interface Reading {
  readonly options: ReadOptions;
  readonly signal: AbortSignal;
  /** Called before a file is opened. */
  readonly onFile: (path: string) => void;
}
interface ReadResult {
  readonly volumes: ReadVolume[];
  readonly skipped: Skipped[];
}
/** What a series is once its voxels are staged, before its regions are read. */
type Staged = Omit<ReadVolume, 'lesions' | 'organs' | 'labels' | 'regionFiles' | 'warnings'> & {
  readonly warnings: readonly string[];
};

/** Smaller components are specks of a contour or a threshold, not lesions. */
const leastComponentVoxels = 8;
const largestImageFile = 4 * 2 ** 30;

/** Every volume of a series, staged; what cannot be read is skipped with its reason. Throws `cancelled` and `storage`. */
export async function readFoundSeries(series: FoundSeries, reading: Reading): Promise<ReadResult> {
  const skipped: Skipped[] = [];
  const volumes: ReadVolume[] = [];
  for await (const staged of stagedVolumes(series, reading, skipped)) {
    const volume = await withRegions(staged, series, reading, skipped);
    const { secret, staging } = reading.options;
    volumes.push(secret ? await deidentifySeries(volume, { staging, secret }) : volume);
  }
  return { volumes, skipped };
}

async function* stagedVolumes(
  series: FoundSeries,
  reading: Reading,
  skipped: Skipped[],
): AsyncGenerator<Staged> {
  const { onFile, signal } = reading;
  if (series.format !== 'dicom') {
    const staged = await skipping(skipped, series.files[0], () => stageImage(series, reading));
    if (staged) yield staged;
    return;
  }
  const planned = await planSeries(series.files, { onFile, signal });
  skipped.push(...planned.skipped);
  for (const stack of planned.stacks) {
    const staged = await skipping(skipped, stack.slices[0].path, async (): Promise<Staged> => {
      const path = stagedPath(reading);
      const read = await stageStack(stack, path, {
        onFile: (file) => onFile(file.path),
        signal,
      });
      const { meta, files, contentHash, grid, dtype, interpolated, warnings } = read;
      return {
        ...meta,
        // Without a PatientID nothing joins two studies: each counts as a patient of its own.
        patient: {
          ...meta.patient,
          patientId: meta.patient.patientId.trim() || unknownPatient(meta.study.uid),
        },
        ...gridOf(grid),
        dtype,
        contentHash,
        identity: `${meta.series.uid}/${files[0]?.sopInstanceUid ?? contentHash}`,
        names: namesOf(meta),
        path: dirname(stack.slices[0].path),
        files: files.map((file) => ({ ...file })),
        staged: path,
        lossy: meta.lossy,
        interpolated,
        warnings,
      };
    });
    if (staged) yield staged;
  }
}

function namesOf({ patient, study, series }: SeriesMeta): string[] {
  return [series.uid, study.uid, patient.patientId, `${patient.patientId}^^^${patient.issuer ?? ''}`];
}

async function stageImage(series: FoundSeries, reading: Reading): Promise<Staged> {
  const { format, files, caseName = basename(files[0]), studyUid, seriesUid, patientId } = series;
  const [path] = files;
  reading.onFile(path);
  if ((await contentSize(path)) > largestImageFile)
    throw new PrecedentError('limit', 'the file is larger than 4 GiB');
  const bytes = await readContent(path);
  const { volume, warnings } = format === 'nifti' ? readNifti(bytes) : readNrrd(bytes);
  const staged = stagedPath(reading);
  await writeVoxelFile(staged, volume);
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  return {
    patient: { patientId: patientId || caseName },
    study: { uid: studyUid },
    series: { uid: seriesUid, modality: 'CT', description: `${format === 'nifti' ? 'NIfTI' : 'NRRD'} image` },
    ...gridOf(volume),
    dtype: volume.voxels instanceof Int16Array ? 'int16' : 'float32',
    contentHash,
    identity: `${seriesUid}/${contentHash}`,
    names: [caseName],
    caseName,
    path,
    files: [{ path }],
    staged,
    lossy: false,
    interpolated: false,
    warnings,
  };
}

function stagedPath({ options, signal }: Reading): string {
  throwIfCancelled(signal);
  return join(options.staging, `${randomUUID()}.vox`);
}

function gridOf({ dims, spacing, origin, direction }: Grid) {
  return {
    dims: [...dims] satisfies number[] as [number, number, number],
    spacing: [...spacing] as [number, number, number],
    origin: [...origin] as [number, number, number],
    direction: [...direction] as [...Grid['direction']],
  };
}

/** Adds what was drawn on a staged volume. */
async function withRegions(
  staged: Staged,
  series: FoundSeries,
  reading: Reading,
  skipped: Skipped[],
): Promise<ReadVolume> {
  const { options, signal, onFile } = reading;
  const report = { skipped, warnings: [...staged.warnings] };
  const lesions: (NamedMask & { readonly source: 'rtstruct' | 'mask' })[] = [];
  const organs: ReadVolume['organs'] = [];
  let tumour: Mask | null = null;
  const file = await openVoxelFile(staged.staged);
  try {
    for await (const region of readRegions(
      series.regions,
      file.grid,
      { rules: options.rules, onFile, signal, names: staged.names },
      report,
    )) {
      throwIfCancelled(signal);
      if (region.kind === 'organ')
        organs.push({ name: region.name, box: [...region.mask.box], packed: packMask(region.mask) });
      else {
        tumour ??= region.mask;
        lesions.push(...(options.lesionPer === 'component' ? splitComponents(region) : [region]));
      }
    }
    const { mirOrgan } = series;
    const contexts = contextsOf(lesions, organs, file.grid);
    return {
      ...staged,
      regionFiles: series.regions.map(({ path }) => path),
      lesions: await Promise.all(lesions.map((lesion, n) => readLesion(lesion, contexts[n], file))),
      organs,
      labels: mirOrgan ? mirLabelValues(mirLabels(mirOrgan, tumour, file.grid.spacing)) : {},
      warnings: report.warnings,
    };
  } finally {
    await file.close();
  }
}

async function readLesion(
  { name, mask, source, labels }: NamedMask,
  organs: OrganContext[],
  file: VoxelFile,
): Promise<ReadVolume['lesions'][number]> {
  return {
    name,
    source,
    box: [...mask.box],
    packed: packMask(mask),
    measurements: await measureIn(file, mask),
    outline: await outlineIn(file, mask),
    labels: { ...labels },
    organs,
  };
}

/** Where each lesion lies: one organ's mask is in memory at a time. */
function contextsOf(
  lesions: readonly NamedMask[],
  organs: ReadVolume['organs'],
  grid: Grid,
): OrganContext[][] {
  const contexts: OrganContext[][] = lesions.map(() => []);
  if (lesions.length === 0) return contexts;
  for (const { name, box, packed } of organs) {
    const organ = { name, mask: unpackMask(box, packed) };
    for (const [n, { mask }] of lesions.entries()) contexts[n].push(...organContext(mask, [organ], grid));
  }
  return contexts.map((context) => {
    // Organs beside count only where none holds any of the lesion.
    const around = context.filter(({ inside }) => inside > 0).sort((a, b) => b.inside - a.inside);
    return around.length > 0 ? around : context.slice(0, 1);
  });
}

function splitComponents(region: NamedMask): NamedMask[] {
  const { masks } = connectedComponents(region.mask, leastComponentVoxels);
  if (masks.length <= 1) return [region];
  return masks.map((mask, n) => ({ ...region, name: `${region.name} (${n + 1})`, mask }));
}

/** Runs a step for one file; a fault of that file becomes a row of `skipped`, a cancelled request or a full disk goes on up. */
async function skipping<T>(skipped: Skipped[], path: string, step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (error.kind === 'cancelled' || error.kind === 'storage') throw error;
    skipped.push({ path, reason: error.message });
    return undefined;
  }
}
