/**
 * Runs one import job from wherever it stopped: every finished piece of work is in the catalog in the same transaction
 * as what it brought, so a job that is cut off at any moment goes on with the next piece.
 */
import { basename, join } from 'node:path';
import type { Job, JobItem } from '../../catalog/jobs.ts';
import type { ImportProgress } from '../../contract/jobs.ts';
import type { FoundFile, ReadOptions } from '../../contract/reader.ts';
import { discardFolder, ensureFolder, removeFolder } from '../../files/files.ts';
import { throwIfCancelled } from '../../process/cancel.ts';
import { inOrder } from '../../process/inOrder.ts';
import { applyLabels } from '../applyLabels.ts';
import { embedMissing, embedVolume } from '../embedMissing.ts';
import { type LabelRow, readLabels } from '../labels.ts';
import { deidentificationSecret, importRules } from '../settings.ts';
import { readReport, readSeries } from './callReader.ts';
import { type CaseLabels, commitSeries, type ReadSeries } from './commitSeries.ts';
import { Meter } from './meter.ts';
import { scanSources, walkSources } from './scanSources.ts';
import { type JobServices, type ReportWork, type SeriesWork, shownPath, work } from './work.ts';

export interface Running {
  readonly services: JobServices;
  readonly job: Job;
  readonly signal: AbortSignal;
  readonly progress: (progress: ImportProgress) => void;
  /** Runs steps that change the library one at a time, whatever job they belong to. */
  readonly oneAtATime: <T>(step: () => Promise<T>) => Promise<T>;
  /** The library holds more now. */
  readonly changed: () => void;
}
/** Windows show what has come so far no more often than this. */
const showMs = 2000;

interface Opened<W> {
  readonly item: JobItem;
  readonly work: W;
}

/** Throws `cancelled` when stopped, `storage`, or `unreadable` for a labels file that is no table. */
export async function runJob(running: Running): Promise<void> {
  const { services, job, signal, progress, changed } = running;
  const { library } = services;
  const embedder = services.current();
  const labels = job.labels === undefined ? [] : await readLabels(job.labels);
  const meter = new Meter(progress);
  await scan(running, meter);
  const open = library.jobs.open(job.id).map((item) => ({ item, work: work.parse(JSON.parse(item.found)) }));
  const used = new Set<LabelRow>();
  const byCase = Map.groupBy(labels, (row) => row.case);
  await importSeries(running, open.filter(isSeries), { byCase, used }, meter);
  await importReports(running, open.filter(isReport), meter);
  throwIfCancelled(signal);
  const unused = applyLabels(library, labels, used);
  if (unused > 0 && job.labels !== undefined) {
    const text = `${unused} of ${labels.length} rows name nothing in the library`;
    library.jobs.note(job.id, [{ kind: 'warning', path: basename(job.labels), text }]);
  }
  changed();
  meter.begin('embed', 0);
  const failed = await embedMissing(library, embedder, ['lesion'], signal, ({ done, total }) =>
    meter.set(done, total),
  );
  library.jobs.note(
    job.id,
    failed.map(({ volume, reason }) => ({
      kind: 'warning',
      path: library.reads.volume(volume).path,
      text: `its lesions could not be embedded: ${reason}`,
    })),
  );
  meter.begin('index', 1);
  await library.vectors({ ...embedder.key, dim: embedder.dim });
  meter.step();
  // Files of an archive are read again when a conflict about them is decided.
  if (library.jobs.row(job.id).conflicts === 0) await removeFolder(join(library.layout.unpacked, job.id));
}

/** Finds the work, unless it is known and the sources are as they were. */
async function scan({ services, job, signal }: Running, meter: Meter): Promise<void> {
  const { jobs, layout } = services.library;
  const { files, notes, fingerprint } = await walkSources(services, job, signal, meter);
  if (job.fingerprint === fingerprint) return;
  await removeFolder(join(layout.unpacked, job.id));
  const found = await scanSources(services, job, files, signal, meter);
  jobs.scanned(
    job.id,
    fingerprint,
    found.work.map((piece) => JSON.stringify(piece)),
    [...notes, ...found.notes],
  );
}

const isSeries = (opened: { item: JobItem; work: { kind: string } }): opened is Opened<SeriesWork> =>
  opened.work.kind === 'series';
const isReport = (opened: { item: JobItem; work: { kind: string } }): opened is Opened<ReportWork> =>
  opened.work.kind === 'report';

/** Reads series on every reader, and commits them in order, so that the same sources always give the same library. */
async function importSeries(
  running: Running,
  open: readonly Opened<SeriesWork>[],
  labels: CaseLabels,
  meter: Meter,
): Promise<void> {
  const { services, job, signal, oneAtATime } = running;
  const { library, reader } = services;
  const embedder = services.current();
  const bytesOf = (files: readonly FoundFile[]) => files.reduce((sum, file) => sum + file.bytes, 0);
  let shown = 0;
  const showNow = () => {
    if (performance.now() - shown < showMs) return;
    shown = performance.now();
    running.changed();
  };
  meter.begin('read', open.length, bytesOf(open.flatMap(({ work }) => work.files)));
  const read = ({ item, work }: Opened<SeriesWork>) => readPiece(running, item, work);
  for await (const piece of inOrder(open, reader.size, read, async ({ staging }) => discardFolder(staging))) {
    const { item, work, series, staging } = piece;
    try {
      throwIfCancelled(signal);
      const volumes = await oneAtATime(async () =>
        series === 'unchanged'
          ? countUnchanged(library, job, item)
          : commitSeries(library, job, item, work, series, labels),
      );
      // What cannot be embedded is tried again, and reported, at the end.
      for (const uid of volumes)
        await embedVolume(library, embedder, uid, ['lesion'], signal).catch(() => undefined);
      if (volumes.length > 0) showNow();
    } finally {
      await discardFolder(staging);
    }
    meter.step(1, bytesOf(work.files));
  }
}

interface Piece {
  readonly item: JobItem;
  readonly work: SeriesWork;
  readonly series: ReadSeries | 'unchanged';
  /** A folder of its own, so that a reader that dies leaves nothing that nobody knows. */
  readonly staging: string;
}

async function readPiece(
  { services, job, signal }: Running,
  item: JobItem,
  work: SeriesWork,
): Promise<Piece> {
  const { library, reader } = services;
  const staging = join(library.layout.staging, `${job.id}-${item.position}`);
  const { lesionPer, deidentify } = job.options;
  // De-identified, the same files are another volume: one that names nobody.
  const isKnown = !deidentify && item.decision === undefined && library.reads.unchangedFiles(work.files);
  if (isKnown) return { item, work, series: 'unchanged', staging };
  const options: ReadOptions = {
    staging,
    lesionPer,
    rules: importRules(library),
    secret: deidentify ? deidentificationSecret(library) : undefined,
  };
  await ensureFolder(staging);
  try {
    const asking = { reader, group: job.id, priority: job.priority, signal };
    return { item, work, series: await readSeries(asking, work.series, options), staging };
  } catch (error) {
    await discardFolder(staging);
    throw error;
  }
}

function countUnchanged({ jobs }: JobServices['library'], job: Job, { position }: JobItem): never[] {
  const counts = { patients: 0, studies: 0, volumes: 0, lesions: 0, reports: 0, unchanged: 1 };
  jobs.finishItem(job.id, position, counts, [], []);
  return [];
}

async function importReports(
  { services, job, signal }: Running,
  open: readonly Opened<ReportWork>[],
  meter: Meter,
): Promise<void> {
  const { library, reader } = services;
  const { jobs, reports } = library;
  meter.begin('reports', open.length);
  for (const { item, work } of open) {
    throwIfCancelled(signal);
    const path = shownPath(work.report.path, work.unpacked);
    const none = { patients: 0, studies: 0, volumes: 0, lesions: 0, reports: 0, unchanged: 0 };
    const skip = (text: string) =>
      jobs.finishItem(job.id, item.position, none, [{ kind: 'skipped', path, text }], []);
    if (job.options.deidentify) {
      skip('a report is not imported with de-identification: its text may name the patient');
      continue;
    }
    const asking = { reader, group: job.id, priority: job.priority, signal };
    const report = await readReport(asking, work.report);
    if ('reason' in report) skip(report.reason);
    else {
      library.db.transaction(() => {
        if (!library.reads.hasStudy(work.study)) skip('the study of this report is not in the library');
        else {
          const added = reports.add(work.study, { ...report, path });
          jobs.finishItem(job.id, item.position, { ...none, reports: Number(added) }, [], []);
        }
      })();
    }
    meter.step();
  }
}
