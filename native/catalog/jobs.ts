/** The rows of import jobs: their sources and options, the series still to be read, what became of each, and conflicts. */

import { PrecedentError } from '../contract/errors.ts';
import {
  type ConflictDecision,
  type ConflictRow,
  type ImportOptions,
  type ImportReport,
  importOptions,
  type JobRow,
  type JobState,
} from '../contract/jobs.ts';
import type { Counts } from '../contract/model.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

type Row = Readonly<Record<string, unknown>>;

/** A job as the engine works on it. */
export interface Job {
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  readonly origin: JobRow['origin'];
  readonly sources: readonly string[];
  readonly labels: string | undefined;
  readonly options: ImportOptions;
  readonly fingerprint: string | undefined;
}
/** One piece of work of a job; `found` is what the scan wrote, and only the import knows its shape. */
export interface JobItem {
  readonly position: number;
  readonly found: string;
  readonly decision: ConflictDecision | undefined;
}
export interface JobNote {
  readonly kind: 'skipped' | 'warning';
  readonly path: string;
  readonly text: string;
}
export interface NewJob {
  readonly origin: JobRow['origin'];
  readonly sources: readonly string[];
  readonly labels: string | undefined;
  readonly options: ImportOptions;
}
export interface NewConflict {
  readonly volume: string;
  readonly path: string;
  readonly files: number;
}
export type JobCounts = Counts & { readonly reports: number; readonly unchanged: number };

const countNames = ['patients', 'studies', 'volumes', 'lesions', 'reports', 'unchanged'] as const;
const unfinished = `('waiting', 'running', 'paused')`;

export function catalogJobs(db: Database) {
  const all = (sql: string, ...params: unknown[]): Row[] => db.prepare(sql).all(...params) as Row[];
  const idOf = db.prepare('SELECT id FROM job WHERE uid = ?').pluck();
  const insertNote = db.prepare(
    'INSERT INTO job_note (job, position, kind, path, text) VALUES (?, ?, ?, ?, ?)',
  );
  const insertItem = db.prepare('INSERT INTO job_item (job, position, found) VALUES (?, ?, ?)');
  const addCounts = db.prepare(
    `UPDATE job SET ${countNames.map((name) => `${name} = ${name} + @${name}`).join(', ')} WHERE id = @id`,
  );

  const jobOf = (row: Row): Job => ({
    id: String(row.uid),
    state: row.state as JobState,
    priority: Number(row.priority),
    origin: row.origin as Job['origin'],
    sources: JSON.parse(String(row.sources)),
    labels: row.labels === null ? undefined : String(row.labels),
    options: importOptions.parse(JSON.parse(String(row.options))),
    fingerprint: row.fingerprint === null ? undefined : String(row.fingerprint),
  });
  const rowOf = (row: Row): JobRow => {
    const job = jobOf(row);
    const [patients, studies, volumes, lesions, reports, unchanged] = countNames.map((name) =>
      Number(row[name]),
    );
    return {
      id: job.id,
      state: job.state,
      priority: job.priority,
      origin: job.origin,
      sources: [...job.sources],
      options: job.options,
      createdAt: String(row.createdAt),
      finishedAt: row.finishedAt === null ? undefined : String(row.finishedAt),
      imported: { patients, studies, volumes, lesions, reports },
      unchanged,
      skipped: Number(row.skipped),
      warnings: Number(row.warnings),
      conflicts: Number(row.conflicts),
      error: row.error === null ? undefined : String(row.error),
    };
  };
  const selectRow = `SELECT job.*,
    (SELECT count(*) FROM job_note WHERE job_note.job = job.id AND kind = 'skipped') AS skipped,
    (SELECT count(*) FROM job_note WHERE job_note.job = job.id AND kind = 'warning') AS warnings,
    (SELECT count(*) FROM conflict WHERE conflict.job = job.id) AS conflicts FROM job`;

  function numberOf(uid: string): number {
    const id = idOf.get(uid);
    if (id === undefined)
      throw new PrecedentError('not-found', 'there is no such job', undefined, 'see `jobs`');
    return Number(id);
  }

  return {
    /** Newest first. */
    rows: (): JobRow[] => all(`${selectRow} ORDER BY job.id DESC`).map(rowOf),
    /** Throws `not-found`, as everything here that names a job. */
    row: (uid: string): JobRow => rowOf(all(`${selectRow} WHERE job.id = ?`, numberOf(uid))[0]),
    job: (uid: string): Job => jobOf(all('SELECT * FROM job WHERE id = ?', numberOf(uid))[0]),
    /** Those that wait to run, in the order in which they shall. */
    waiting: (): Job[] =>
      all(`SELECT * FROM job WHERE state = 'waiting' ORDER BY priority DESC, id`).map(jobOf),
    /** The ids of those whose sources are needed still: they have not ended, or a conflict waits for its decision. */
    needingSources: (): string[] =>
      all(`SELECT uid FROM job WHERE state IN ${unfinished} OR id IN (SELECT job FROM conflict)`).map((row) =>
        String(row.uid),
      ),
    /** An unfinished job of just these sources, labels and options. */
    same: (job: NewJob): Job | undefined =>
      all(
        `SELECT * FROM job WHERE state IN ${unfinished} AND sources = ? AND labels IS ? AND options = ? ORDER BY id DESC`,
        JSON.stringify(job.sources),
        job.labels ?? null,
        JSON.stringify(job.options),
      ).map(jobOf)[0],

    add: (job: NewJob): string => {
      const uid = newId('job');
      db.prepare(
        `INSERT INTO job (uid, state, origin, sources, labels, options, createdAt) VALUES (?, 'waiting', ?, ?, ?, ?, ?)`,
      ).run(
        uid,
        job.origin,
        JSON.stringify(job.sources),
        job.labels ?? null,
        JSON.stringify(job.options),
        new Date().toISOString(),
      );
      return uid;
    },
    setState: (uid: string, state: JobState, error?: string): void => {
      const finished = state === 'done' || state === 'cancelled' || state === 'failed';
      db.prepare('UPDATE job SET state = ?, error = ?, finishedAt = ? WHERE id = ?').run(
        state,
        error ?? null,
        finished ? new Date().toISOString() : null,
        numberOf(uid),
      );
    },
    /** What ran when the engine was stopped waits to go on. */
    wake: (): void => void db.prepare(`UPDATE job SET state = 'waiting' WHERE state = 'running'`).run(),
    /** One step before or behind all that wait. */
    prioritise: (uid: string, to: 'sooner' | 'later'): void => {
      const edge = to === 'sooner' ? 'max(priority) + 1' : 'min(priority) - 1';
      db.prepare(
        `UPDATE job SET priority = (SELECT ${edge} FROM job WHERE state IN ${unfinished}) WHERE id = ?`,
      ).run(numberOf(uid));
    },
    /** Removes a finished job with its report; an unfinished one is refused. */
    forget: (uid: string): void => {
      const gone = db
        .prepare(`DELETE FROM job WHERE id = ? AND state NOT IN ${unfinished}`)
        .run(numberOf(uid));
      if (gone.changes === 0)
        throw new PrecedentError('refused', 'the job has not ended', undefined, 'cancel it first');
    },

    /** The outcome of a scan, in the place of an earlier one: everything or nothing. */
    scanned: db.transaction(
      (uid: string, fingerprint: string, items: readonly string[], notes: readonly JobNote[]) => {
        const job = numberOf(uid);
        db.prepare('DELETE FROM job_item WHERE job = ?').run(job);
        db.prepare('DELETE FROM job_note WHERE job = ? AND position IS NULL').run(job);
        items.forEach((found, position) => {
          insertItem.run(job, position, found);
        });
        for (const { kind, path, text } of notes) insertNote.run(job, null, kind, path, text);
        db.prepare('UPDATE job SET fingerprint = ? WHERE id = ?').run(fingerprint, job);
      },
    ),
    /** The work that is left, in order. */
    open: (uid: string): JobItem[] =>
      all('SELECT * FROM job_item WHERE job = ? AND done = 0 ORDER BY position', numberOf(uid)).map(
        (row) => ({
          position: Number(row.position),
          found: String(row.found),
          decision: (row.decision ?? undefined) as ConflictDecision | undefined,
        }),
      ),
    items: (uid: string): number =>
      Number(db.prepare('SELECT count(*) FROM job_item WHERE job = ?').pluck().get(numberOf(uid))),

    /** An item is done: to be called in the transaction that takes its volumes into the library. */
    finishItem: (
      uid: string,
      position: number,
      counts: JobCounts,
      notes: readonly JobNote[],
      conflicts: readonly NewConflict[],
    ): void => {
      const job = numberOf(uid);
      // Only a conflict's item is read again; of the others nothing has to be kept that names a patient.
      db.prepare('UPDATE job_item SET done = 1, found = iif(?, found, ?) WHERE job = ? AND position = ?').run(
        Number(conflicts.length > 0),
        '{}',
        job,
        position,
      );
      addCounts.run({ ...counts, id: job });
      for (const { kind, path, text } of notes) insertNote.run(job, position, kind, path, text);
      for (const { volume, path, files } of conflicts) {
        db.prepare('INSERT INTO conflict SELECT ?, ?, ?, id, ?, ? FROM volume WHERE uid = ?').run(
          newId('con'),
          job,
          position,
          path,
          files,
          volume,
        );
      }
    },
    /** Notes that belong to no item, like those of the labels file; said again, they stand once. */
    note: db.transaction((uid: string, notes: readonly JobNote[]) => {
      const job = numberOf(uid);
      const present = db.prepare(
        'SELECT 1 FROM job_note WHERE job = ? AND kind = ? AND path = ? AND text = ?',
      );
      for (const { kind, path, text } of notes)
        if (!present.get(job, kind, path, text)) insertNote.run(job, null, kind, path, text);
    }),

    report: (uid: string): ImportReport => {
      const { imported, unchanged } = rowOf(all(`${selectRow} WHERE job.id = ?`, numberOf(uid))[0]);
      const notes = all('SELECT * FROM job_note WHERE job = ? ORDER BY path, id', numberOf(uid));
      const conflicts = all('SELECT path FROM conflict WHERE job = ? ORDER BY path', numberOf(uid));
      const of = (kind: JobNote['kind']) => notes.filter((row) => row.kind === kind);
      return {
        imported,
        unchanged,
        skipped: [
          ...of('skipped').map((row) => ({ path: String(row.path), reason: String(row.text) })),
          ...conflicts.map((row) => ({ path: String(row.path), reason: conflictReason })),
        ],
        warnings: of('warning').map((row) => `${String(row.path)}: ${String(row.text)}`),
      };
    },

    conflicts: (): ConflictRow[] =>
      all(
        `SELECT conflict.uid, conflict.path, conflict.files, job.uid AS jobUid, volume.uid AS volumeUid,
           volume.path AS volumePath, patient.identity,
           (SELECT count(*) FROM lesion WHERE lesion.volume = volume.id AND lesion.source = 'mark') AS drawn
         FROM conflict JOIN job ON job.id = conflict.job JOIN volume ON volume.id = conflict.volume
         JOIN series ON series.id = volume.series JOIN study ON study.id = series.study
         JOIN patient ON patient.id = study.patient ORDER BY job.id DESC, conflict.path`,
      ).map((row) => ({
        id: String(row.uid),
        job: String(row.jobUid),
        patient: String(row.identity),
        path: String(row.path),
        files: Number(row.files),
        volume: String(row.volumeUid),
        volumePath: String(row.volumePath),
        drawn: Number(row.drawn),
      })),
    /** Settles a conflict; unless what the library holds is kept, its item is to be read again. Returns the job to run then. */
    decide: db.transaction((conflict: string, decision: ConflictDecision): string | undefined => {
      const [row] = all(
        'SELECT conflict.*, job.uid AS jobUid FROM conflict JOIN job ON job.id = conflict.job WHERE conflict.uid = ?',
        conflict,
      );
      if (!row) throw new PrecedentError('not-found', 'the conflict was settled already');
      db.prepare('DELETE FROM conflict WHERE uid = ?').run(conflict);
      if (decision === 'keep') {
        insertNote.run(
          row.job,
          row.position,
          'skipped',
          row.path,
          'left out: the library’s own version was kept',
        );
        return undefined;
      }
      db.prepare('UPDATE job_item SET done = 0, decision = ? WHERE job = ? AND position = ?').run(
        decision,
        row.job,
        row.position,
      );
      return String(row.jobUid);
    }),
  };
}
export type CatalogJobs = ReturnType<typeof catalogJobs>;

const conflictReason =
  'the library holds other content under the same UIDs; nothing was changed: keep it, replace it or keep both';
