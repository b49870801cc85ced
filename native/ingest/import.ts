/** An import: found series are read one by one in the reader process, committed whole, embedded, and then searchable. */
import { join } from 'node:path';
import { newId } from '../catalog/ids.ts';
import type { NewLesion } from '../catalog/writes.ts';
import type { ImportProgress, ImportReport } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { FoundSeries, ReaderContract, ReadVolume } from '../contract/reader.ts';
import type { Embedder } from '../encoder/embedder.ts';
import type { Library } from '../engine/library.ts';
import { commitFile, copyFileAtomic, removeFile } from '../files/files.ts';
import { lesionCaption } from '../lesion/caption.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { applyLabels, patientOfCase } from './applyLabels.ts';
import { embedMissing, embedVolume } from './embedMissing.ts';
import { type LabelRow, readLabels } from './labels.ts';

export interface ImportOptions {
  readonly paths: readonly string[];
  readonly labels?: string | undefined;
  readonly lesionPer: 'roi' | 'component';
  readonly copy: boolean;
  readonly signal: AbortSignal;
  readonly progress: (progress: ImportProgress) => void;
}
interface ImportServices {
  readonly library: Library;
  readonly reader: ManagedProcess<ReaderContract>;
  readonly embedder: Embedder;
}

type Skipped = ImportReport['skipped'];

/**
 * Imports everything under the paths. What was committed before a cancel or a crash stays and is whole; importing again
 * adds only what is missing. Throws `cancelled`, `storage`, or `unreadable` for a labels file that is no table.
 */
export async function runImport(services: ImportServices, options: ImportOptions): Promise<ImportReport> {
  const { library, reader, embedder } = services;
  const { signal, progress } = options;
  const labels = options.labels === undefined ? [] : await readLabels(options.labels);
  const before = library.reads.counts();

  const found = await reader.call(
    'scan',
    { paths: [...options.paths] },
    { signal, onProgress: (p) => progress({ phase: 'scan', ...p }) },
  );
  // The labels file may lie among the images.
  const skipped: Skipped = found.skipped.filter(({ path }) => path !== options.labels);
  const warnings: string[] = [];
  let unchanged = 0;

  // The next series is read while the last one is committed and embedded.
  let next = found.series.length > 0 ? readOne(services, options, found.series[0]) : undefined;
  let current: Awaited<typeof next>;
  try {
    for (const [n] of found.series.entries()) {
      progress({ phase: 'read', done: n, total: found.series.length });
      current = await next;
      const following = found.series[n + 1];
      next = following && !signal.aborted ? readOne(services, options, following) : undefined;
      next?.catch(() => undefined);
      throwIfCancelled(signal);
      if (!current) break;
      skipped.push(...current.skipped);
      for (const volume of current.volumes) {
        const outcome = await commit(library, volume, options, labels);
        if ('refused' in outcome) {
          skipped.push({ path: volume.path, reason: outcome.refused });
          continue;
        }
        if (!outcome.changed) unchanged++;
        warnings.push(...volume.warnings.map((text) => `${volume.path}: ${text}`), ...outcome.warnings);
        // What cannot be embedded is tried again, and reported, below.
        await embedVolume(library, embedder, outcome.uid, signal).catch(() => undefined);
      }
    }
  } finally {
    // Nothing after a whole import; one that was cut off leaves no voxels in staging.
    const read = [current, await next?.catch(() => undefined)];
    for (const { staged } of read.flatMap((series) => series?.volumes ?? [])) await removeFile(staged);
  }
  progress({ phase: 'read', done: found.series.length, total: found.series.length });

  warnings.push(...applyLabels(library, labels));
  library.changed();
  const failed = await embedMissing(library, embedder, signal, (p) => progress({ phase: 'embed', ...p }));
  for (const { volume, reason } of failed)
    warnings.push(`${library.reads.volume(volume).path}: its lesions could not be embedded: ${reason}`);
  progress({ phase: 'index', done: 0, total: 1 });
  await library.vectors(embedder);
  progress({ phase: 'index', done: 1, total: 1 });

  const after = library.reads.counts();
  return {
    imported: {
      patients: after.patients - before.patients,
      studies: after.studies - before.studies,
      volumes: after.volumes - before.volumes,
      lesions: after.lesions - before.lesions,
    },
    unchanged,
    skipped,
    warnings,
  };
}

async function readOne(
  { reader, library }: ImportServices,
  { signal, lesionPer }: ImportOptions,
  series: FoundSeries,
): Promise<{ volumes: ReadVolume[]; skipped: Skipped }> {
  try {
    return await reader.call('read', { series, staging: library.layout.staging, lesionPer }, { signal });
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    // A file that takes the reader down costs its own series, not the import.
    if (error.kind === 'interrupted') {
      return {
        volumes: [],
        skipped: [{ path: series.files[0], reason: 'reading it stopped the reader process' }],
      };
    }
    throw error;
  }
}

type Outcome =
  | { readonly refused: string }
  | { readonly uid: string; readonly changed: boolean; readonly warnings: readonly string[] };

/** Takes a staged volume into the library, or removes it from staging. */
async function commit(
  library: Library,
  read: ReadVolume,
  options: ImportOptions,
  labels: readonly LabelRow[],
): Promise<Outcome> {
  try {
    const known = library.reads.volumeWithContent(read.contentHash);
    if (known !== undefined)
      return { uid: known, changed: addNewRegions(library, known, read), warnings: [] };
    if (library.reads.volumeWithIdentity(read.identity) !== undefined)
      return { refused: 'the library holds other content under the same UIDs; nothing was changed' };
    return { changed: true, ...(await addVolume(library, read, options, labels)) };
  } catch (thrown) {
    if (PrecedentError.from(thrown).kind !== 'not-found') throw thrown;
    return { refused: 'the files were gone before they could be copied' };
  } finally {
    await removeFile(read.staged);
  }
}

async function addVolume(
  library: Library,
  read: ReadVolume,
  { copy }: ImportOptions,
  labels: readonly LabelRow[],
): Promise<{ uid: string; warnings: string[] }> {
  const uid = newId('vol');
  const files = copy ? await copyOriginals(library, uid, read) : read.files;
  const isNifti = read.regionSource === 'mask';
  const labelled = isNifti ? patientOfCase(labels, read.patient.patientId) : undefined;
  const patientId = labelled ?? read.patient.patientId;
  const warnings = isNifti && labelled === undefined ? sharedCase(library, patientId, read.path) : [];
  const voxels = library.layout.voxelFile(uid);
  await commitFile(read.staged, voxels);
  try {
    library.writes.addVolume({
      uid,
      read: { ...read, files, patient: { ...read.patient, patientId } },
      copied: copy,
      lesions: distinct(read.lesions).map((lesion) => newLesion(lesion, read.regionSource)),
      organs: distinct(read.organs).map((organ) => ({ ...organ, uid: newId('org') })),
    });
  } catch (error) {
    await removeFile(voxels);
    throw error;
  }
  return { uid, warnings };
}

/** A NIfTI file's name is all that says whose it is; a general one, as "image", would make one patient of many. */
function sharedCase(library: Library, patient: string, path: string): string[] {
  const { total } = library.reads.volumes({ patient, offset: 0, limit: 1 });
  if (total === 0) return [];
  return [`${path}: counts as one patient with another image of this name; rename it where that is wrong`];
}

function newLesion(lesion: ReadVolume['lesions'][number], source: NewLesion['source']): NewLesion {
  return { ...lesion, uid: newId('les'), source, caption: lesionCaption(lesion.measurements), labels: {} };
}

/** Adds what was drawn since the volume was imported. Returns whether anything was new. */
function addNewRegions({ reads, writes }: Library, volume: string, read: ReadVolume): boolean {
  const lesions = distinct(read.lesions, reads.regionsOf('lesion', volume));
  const organs = distinct(read.organs, reads.regionsOf('organ', volume));
  for (const lesion of lesions) writes.addLesion(volume, newLesion(lesion, read.regionSource));
  for (const organ of organs) writes.addOrgan(volume, { ...organ, uid: newId('org') });
  return lesions.length + organs.length > 0;
}

type Region = Pick<ReadVolume['organs'][number], 'name' | 'packed'> & { readonly box: readonly number[] };

/** Each region once, and none of those present: structure sets are often exported again with the same contours. */
function distinct<R extends Region>(regions: readonly R[], present: readonly Region[] = []): R[] {
  const key = ({ name, box, packed }: Region) => `${name} ${box} ${Buffer.from(packed).toString('base64')}`;
  const seen = new Set(present.map(key));
  return regions.filter((region) => !seen.has(key(region)) && seen.add(key(region)));
}

async function copyOriginals(library: Library, uid: string, read: ReadVolume): Promise<ReadVolume['files']> {
  const copies: ReadVolume['files'] = [];
  for (const [n, file] of read.files.entries()) {
    const path = join(library.layout.originals, uid, `${String(n).padStart(5, '0')}${extension(file.path)}`);
    await copyFileAtomic(file.path, path);
    copies.push({ ...file, path });
  }
  return copies;
}

/** The known extension of a file; others could carry a name. */
function extension(path: string): string {
  return /\.(nii\.gz|nii|dcm)$/i.exec(path)?.[0].toLowerCase() ?? '';
}
