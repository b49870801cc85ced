/** Takes what was read of a series into the library: files first, then one transaction for the rows and the job's progress. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { newId } from '../../catalog/ids.ts';
import type { Job, JobCounts, JobItem, JobNote, NewConflict } from '../../catalog/jobs.ts';
import type { NewLesion, SourceFile } from '../../catalog/writes.ts';
import { PrecedentError } from '../../contract/errors.ts';
import type { ConflictDecision } from '../../contract/jobs.ts';
import type { ReadVolume, Skipped } from '../../contract/reader.ts';
import {
  commitFile,
  copyFileAtomic,
  ensureFolder,
  readPieces,
  removeFile,
  removeFolder,
} from '../../files/files.ts';
import { openVoxelFile } from '../../volume/voxelFile.ts';
import { labelVolume, patientOfCase } from '../applyLabels.ts';
import { drawThumbnail } from '../embedMissing.ts';
import type { LabelRow } from '../labels.ts';
import { type JobServices, type SeriesWork, shownPath } from './work.ts';

export interface ReadSeries {
  readonly volumes: readonly ReadVolume[];
  readonly skipped: readonly Skipped[];
}
/** What one volume of the series will do: files are in place, the rows follow in the transaction. */
interface Step {
  /** Writes the rows. Runs inside the transaction. */
  readonly rows: () => void;
  /** Takes the files back when the transaction did not come about. */
  readonly undo: () => Promise<void>;
  /** Removes the files that the rows no longer need. */
  readonly after: () => Promise<void>;
}
type Counts = { -readonly [K in keyof JobCounts]: JobCounts[K] };
/** The rows of the job's labels file by case, and those that fitted something so far. */
export interface CaseLabels {
  readonly byCase: ReadonlyMap<string, readonly LabelRow[]>;
  readonly used: Set<LabelRow>;
}
interface Commit {
  readonly library: JobServices['library'];
  readonly job: Job;
  readonly item: JobItem;
  readonly work: SeriesWork;
  readonly labels: CaseLabels;
  readonly counts: Counts;
  readonly notes: JobNote[];
  readonly conflicts: NewConflict[];
  readonly volumes: string[];
}
const nothing = async () => undefined;

/** Returns the volumes that the series is in the library as. Throws `storage`; then nothing of it is there. */
export async function commitSeries(
  library: JobServices['library'],
  job: Job,
  item: JobItem,
  work: SeriesWork,
  read: ReadSeries,
  labels: CaseLabels,
): Promise<readonly string[]> {
  const counts: Counts = { patients: 0, studies: 0, volumes: 0, lesions: 0, reports: 0, unchanged: 0 };
  const notes: JobNote[] = [];
  const commit: Commit = { library, job, item, work, labels, counts, notes, conflicts: [], volumes: [] };
  for (const { path, reason } of read.skipped) note(commit, 'skipped', path, reason);
  const steps: Step[] = [];
  try {
    for (const volume of read.volumes) steps.push(await prepare(commit, volume).catch(gone(commit, volume)));
    library.db.transaction(() => {
      for (const { rows } of steps) rows();
      library.jobs.finishItem(job.id, item.position, counts, notes, commit.conflicts);
    })();
  } catch (error) {
    for (const { undo } of steps) await undo();
    throw error;
  }
  for (const { after } of steps) await after();
  return commit.volumes;
}

/** An original that is gone before it was copied costs its volume, not the import. */
function gone(commit: Commit, { path }: ReadVolume): (thrown: unknown) => Step {
  return (thrown) => {
    if (PrecedentError.from(thrown).kind !== 'not-found') throw thrown;
    note(commit, 'skipped', path, 'the files were gone before they could be copied');
    return { rows: () => undefined, undo: nothing, after: nothing };
  };
}

function note({ notes, work }: Commit, kind: JobNote['kind'], path: string, text: string): void {
  notes.push({ kind, path: shownPath(path, work.unpacked), text });
}

async function prepare(commit: Commit, read: ReadVolume): Promise<Step> {
  const { reads } = commit.library;
  const known = reads.volumeWithContent(read.contentHash);
  if (known !== undefined) return addRegions(commit, known, read);
  const same = reads.volumeWithIdentity(read.identity);
  if (same === undefined) return addVolume(commit, read, undefined);
  const { onConflict } = commit.job.options;
  const decision = commit.item.decision ?? (onConflict === 'ask' ? undefined : onConflict);
  return settle(commit, read, same, decision);
}

/** The same UIDs with other content: by decision, or left for one. */
async function settle(
  commit: Commit,
  read: ReadVolume,
  same: string,
  decision: ConflictDecision | undefined,
): Promise<Step> {
  if (decision === 'replace' || decision === 'both')
    return addVolume(commit, read, decision === 'replace' ? same : undefined);
  if (decision === 'keep') note(commit, 'skipped', read.path, 'left out: the library’s own version was kept');
  else {
    const path = shownPath(read.path, commit.work.unpacked);
    commit.conflicts.push({ volume: same, path, files: read.files.length });
  }
  return { rows: () => undefined, undo: nothing, after: nothing };
}

async function addVolume(commit: Commit, read: ReadVolume, replaced: string | undefined): Promise<Step> {
  const { library, job, work, labels, counts } = commit;
  const { layout, writes, reads } = library;
  const uid = newId('vol');
  const { deidentify } = job.options;
  const copied = job.options.copy || deidentify || work.unpacked !== undefined;
  const copies = join(layout.originals, uid);
  const patient = patientOf(commit, read);
  const lesions = distinct(read.lesions).map((lesion) => newLesion(lesion, read));
  const undo = async () => {
    await removeFile(layout.voxelFile(uid));
    for (const lesion of lesions) await removeFile(layout.thumbnail(lesion.uid));
    if (copied) await removeFolder(copies);
  };
  let files: SourceFile[];
  try {
    files = copied
      ? await keepCopies(read, copies, commit)
      : read.files.map((file) => sourceFile(commit, file));
    await commitFile(read.staged, layout.voxelFile(uid));
    await drawThumbnails(library, uid, lesions);
  } catch (error) {
    await undo();
    throw error;
  }
  const removal = replaced === undefined ? undefined : replacement(library, replaced, uid, read);
  for (const text of read.warnings) note(commit, 'warning', read.path, text);
  return {
    rows: () => {
      const { newPatient, newStudy } = writes.addVolume({
        uid,
        read: {
          ...read,
          patient: { ...read.patient, patientId: patient },
          path: deidentify ? copies : shownPath(read.path, work.unpacked),
        },
        files,
        regionFiles: deidentify ? [] : regionFiles(commit, read),
        copied,
        deidentified: deidentify,
        lesions,
        organs: distinct(read.organs).map((organ) => ({ ...organ, uid: newId('org') })),
      });
      counts.patients += Number(newPatient);
      counts.studies += Number(newStudy);
      counts.volumes++;
      counts.lesions += lesions.length;
      removal?.rows();
      took(commit, uid, read);
      if (read.caseName !== undefined && !labels.byCase.has(read.caseName)) {
        const { total } = reads.volumes({ patient, offset: 0, limit: 2 });
        if (total > 1) note(commit, 'warning', read.path, sharedCase);
      }
    },
    undo,
    after: removal?.after ?? nothing,
  };
}

const sharedCase = 'counts as one patient with another image of this name; rename it where that is wrong';

/** A NIfTI file's name is all that says whose it is, unless the labels file does. */
function patientOf({ labels, job }: Commit, read: ReadVolume): string {
  if (read.caseName === undefined || job.options.deidentify) return read.patient.patientId;
  return patientOfCase(labels.byCase, read.caseName) ?? read.patient.patientId;
}

/** A volume is in the library as `uid`: it is labelled in the same transaction, while the names of its case are known. */
function took({ library, volumes, labels }: Commit, uid: string, { names }: ReadVolume): void {
  volumes.push(uid);
  for (const row of labelVolume(library, uid, names, labels.byCase)) labels.used.add(row);
}

/** Takes the older version out: what was drawn on it by hand goes on to the new one where the grid is the same. */
function replacement(
  library: JobServices['library'],
  old: string,
  by: string,
  read: ReadVolume,
): { rows: () => void; after: () => Promise<void> } {
  const { layout, reads, writes } = library;
  const { dims, spacingMm, originMm, direction } = reads.volume(old);
  const grid = JSON.stringify([dims, spacingMm, originMm, direction]);
  const sameGrid = grid === JSON.stringify([read.dims, read.spacing, read.origin, read.direction]);
  let gone: string[] = [];
  return {
    rows: () => {
      if (sameGrid) writes.moveDrawn(old, by);
      gone = reads.lesions({ volume: old, offset: 0, limit: 1_000_000 }).rows.map(({ id }) => id);
      writes.removeVolume(old);
    },
    after: async () => {
      // Searches must not find what is gone.
      library.changed();
      await removeFile(layout.voxelFile(old));
      await removeFolder(join(layout.originals, old));
      for (const lesion of gone) await removeFile(layout.thumbnail(lesion));
    },
  };
}

function newLesion(lesion: ReadVolume['lesions'][number], read: ReadVolume): NewLesion {
  return {
    ...lesion,
    uid: newId('les'),
    labels: { ...read.labels, ...lesion.labels },
  };
}

/** The same content again: adds what was drawn since. */
async function addRegions(commit: Commit, volume: string, read: ReadVolume): Promise<Step> {
  const { library, counts, job } = commit;
  const { reads, writes } = library;
  const lesions = distinct(read.lesions, reads.regionsOf('lesion', volume)).map((lesion) =>
    newLesion(lesion, read),
  );
  await drawThumbnails(library, volume, lesions);
  const organs = distinct(read.organs, reads.regionsOf('organ', volume));
  return {
    rows: () => {
      for (const lesion of lesions) writes.addLesion(volume, lesion);
      for (const organ of organs) writes.addOrgan(volume, { ...organ, uid: newId('org') });
      if (!job.options.deidentify) writes.addRegionFiles(volume, regionFiles(commit, read));
      counts.lesions += lesions.length;
      // A decided conflict is read again, and what it did not concern was counted the first time.
      if (lesions.length + organs.length === 0 && commit.item.decision === undefined) counts.unchanged++;
      took(commit, volume, read);
    },
    undo: nothing,
    after: nothing,
  };
}

/** Before the lesions are listed, so that no window asks for a picture in vain; one that cannot be drawn now is drawn later. */
async function drawThumbnails(
  library: JobServices['library'],
  volume: string,
  lesions: readonly NewLesion[],
): Promise<void> {
  if (lesions.length === 0) return;
  const file = await openVoxelFile(library.layout.voxelFile(volume)).catch(() => undefined);
  if (!file) return;
  // Its rows are still to come, and nothing is deleted while an import runs.
  const isCurrent = () => true;
  try {
    for (const { uid, box } of lesions)
      await drawThumbnail(library, file, uid, { box }, isCurrent).catch(() => undefined);
  } finally {
    await file.close();
  }
}

type Region = Pick<ReadVolume['organs'][number], 'name' | 'packed'> & { readonly box: readonly number[] };

/** Each region once, and none of those present: structure sets are often exported again with the same contours. */
function distinct<R extends Region>(regions: readonly R[], present: readonly Region[] = []): R[] {
  const key = ({ name, box, packed }: Region) => `${name} ${box} ${Buffer.from(packed).toString('base64')}`;
  const seen = new Set(present.map(key));
  return regions.filter((region) => !seen.has(key(region)) && seen.add(key(region)));
}

function sourceFile(
  { work }: Commit,
  { path, sopInstanceUid }: { path: string; sopInstanceUid?: string | undefined },
): SourceFile {
  const stat = work.files.find((file) => file.path === path);
  return { path, sopInstanceUid, bytes: stat?.bytes, mtimeMs: stat?.mtimeMs };
}

function regionFiles(commit: Commit, read: ReadVolume): SourceFile[] {
  return read.regionFiles.map((path) => {
    const file = sourceFile(commit, { path });
    return { ...file, path: shownPath(path, commit.work.unpacked) };
  });
}

/** Copies the originals, or keeps their de-identified copies, and compares what was written with what was read. */
async function keepCopies(read: ReadVolume, folder: string, commit: Commit): Promise<SourceFile[]> {
  const { deidentify } = commit.job.options;
  const hash = createHash('sha256');
  const copies: SourceFile[] = [];
  await ensureFolder(folder);
  try {
    for (const [n, file] of read.files.entries()) {
      const path = join(folder, `${String(n).padStart(5, '0')}${extension(file.path)}`);
      if (file.staged === undefined) await copyFileAtomic(file.path, path);
      else await commitFile(file.staged, path);
      const { bytes, mtimeMs } = sourceFile(commit, file);
      const original = deidentify ? undefined : shownPath(file.path, commit.work.unpacked);
      copies.push({ path, sopInstanceUid: file.sopInstanceUid, original, bytes, mtimeMs });
    }
    for (const { path } of copies) for await (const chunk of readPieces(path)) hash.update(chunk);
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
  if (hash.digest('hex') !== read.contentHash) {
    await removeFolder(folder);
    throw new PrecedentError(
      'storage',
      'a copy differs from its original',
      undefined,
      'check the disk and import again',
    );
  }
  return copies;
}

/** The known extension of a file; others could carry a name. */
function extension(path: string): string {
  return /\.(nii\.gz|nii|dcm|nrrd)$/i.exec(path)?.[0].toLowerCase() ?? '';
}
