/** An import: found series are read one by one in the reader process, committed whole, embedded, and then searchable. */
import { join } from 'node:path';
import { newId } from '../catalog/ids.ts';
import type { NewLesion } from '../catalog/writes.ts';
import type { ImportProgress, ImportReport } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { FoundSeries, ReaderContract, ReadVolume } from '../contract/reader.ts';
import type { Embedder } from '../encoder/embedder.ts';
import type { Library } from '../engine/library.ts';
import { commitFile, copyFileAtomic, listFolder, removeFile } from '../files/files.ts';
import { lesionCaption } from '../lesion/caption.ts';
import type { ManagedProcess } from '../process/managed.ts';
import { throwIfCancelled } from '../process/serve.ts';
import { applyLabels, patientOfCase } from './applyLabels.ts';
import { embedMissing } from './embedMissing.ts';
import { type LabelRow, readLabels } from './labels.ts';

export interface ImportOptions {
  readonly paths: readonly string[];
  readonly labels?: string | undefined;
  readonly lesionPer: 'roi' | 'component';
  readonly copy: boolean;
  readonly signal: AbortSignal;
  readonly progress: (progress: ImportProgress) => void;
}
export interface ImportServices {
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
  await clearStaging(library);

  const found = await reader.call(
    'scan',
    { paths: [...options.paths] },
    { signal, onProgress: (p) => progress({ phase: 'scan', ...p }) },
  );
  const skipped: Skipped = [...found.skipped];
  const warnings: string[] = [];
  let unchanged = 0;

  // The next series is read while the last one is committed and embedded.
  let next = found.series.length > 0 ? readOne(services, options, found.series[0]) : undefined;
  for (const [n] of found.series.entries()) {
    progress({ phase: 'read', done: n, total: found.series.length });
    const current = await next;
    const following = found.series[n + 1];
    next = following && !signal.aborted ? readOne(services, options, following) : undefined;
    next?.catch(() => undefined);
    throwIfCancelled(signal);
    if (!current) break;
    skipped.push(...current.skipped);
    for (const volume of current.volumes) {
      const outcome = await commit(library, volume, options, labels, skipped);
      if (outcome === 'unchanged') unchanged++;
      if (outcome !== 'conflict') warnings.push(...volume.warnings.map((text) => `${volume.path}: ${text}`));
    }
    await embedMissing(library, embedder, signal);
  }
  progress({ phase: 'read', done: found.series.length, total: found.series.length });

  warnings.push(...applyLabels(library, labels));
  library.changed();
  await embedMissing(library, embedder, signal, (p) => progress({ phase: 'embed', ...p }));
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

type Outcome = 'added' | 'unchanged' | 'conflict';

async function commit(
  library: Library,
  read: ReadVolume,
  options: ImportOptions,
  labels: readonly LabelRow[],
  skipped: Skipped,
): Promise<Outcome> {
  const known = library.reads.volumeWithContent(read.contentHash);
  if (known !== undefined) {
    await removeFile(read.staged);
    return addNewRegions(library, known, read) > 0 ? 'added' : 'unchanged';
  }
  if (library.reads.volumeWithIdentity(read.identity) !== undefined) {
    await removeFile(read.staged);
    const reason = 'the library holds other content under the same UIDs; nothing was changed';
    skipped.push({ path: read.path, reason });
    return 'conflict';
  }
  const uid = newId('vol');
  const files = options.copy ? await copyOriginals(library, uid, read) : read.files;
  await commitFile(read.staged, library.layout.voxelFile(uid));
  const patientId = read.regionSource === 'mask' ? patientOfCase(labels, read.patient.patientId) : undefined;
  library.writes.addVolume({
    uid,
    read: { ...read, files, patient: { ...read.patient, patientId: patientId ?? read.patient.patientId } },
    copied: options.copy,
    lesions: read.lesions.map((lesion) => newLesion(lesion, read.regionSource)),
    organs: read.organs.map((organ) => ({ ...organ, uid: newId('org') })),
  });
  return 'added';
}

function newLesion(lesion: ReadVolume['lesions'][number], source: NewLesion['source']): NewLesion {
  return { ...lesion, uid: newId('les'), source, caption: lesionCaption(lesion.measurements), labels: {} };
}

/** Lesions that were drawn since the volume was imported. Returns how many were new. */
function addNewRegions(library: Library, volume: string, read: ReadVolume): number {
  const present = new Set(library.reads.regionsOf(volume).map(regionKey));
  const added = read.lesions.filter((lesion) => !present.has(regionKey(lesion)));
  for (const lesion of added) library.writes.addLesion(volume, newLesion(lesion, read.regionSource));
  return added.length;
}

function regionKey({ name, packed }: { name: string; packed: Uint8Array }): string {
  return `${name} ${Buffer.from(packed).toString('base64')}`;
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

async function clearStaging({ layout }: Library): Promise<void> {
  for (const name of await listFolder(layout.staging)) await removeFile(join(layout.staging, name));
}
