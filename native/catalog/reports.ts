/** Reports of studies: their text, and the full-text search in it. */
import { createHash } from 'node:crypto';
import type { ReportHit, ReportRow } from '../contract/engine.ts';
import type { ReportExcerpt } from '../contract/excerpts.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

type Row = Readonly<Record<string, unknown>>;

export interface NewReport {
  readonly path: string;
  readonly title?: string | undefined;
  readonly date?: string | undefined;
  readonly text: string;
}

const optional = (value: unknown): string | undefined => (value === null ? undefined : String(value));
/** Which report is whose: the same of a row wherever it is read. */
const owner = (row: Row) => ({
  study: String(row.studyInstanceUid),
  patient: String(row.identity),
  title: optional(row.title),
  date: optional(row.date),
});
const joined = 'JOIN study ON study.id = report.study JOIN patient ON patient.id = study.patient';

export function catalogReports(db: Database) {
  const insert = db.prepare(
    `INSERT INTO report (uid, study, textHash, path, title, date, text) SELECT ?, id, ?, ?, ?, ?, ? FROM study
     WHERE studyInstanceUid = ? ON CONFLICT DO NOTHING`,
  );
  const excerptRows = db.prepare(
    `SELECT lesion.uid AS lesion, report.title, snippet(report_text, 1, char(2), char(3), '…', 20) AS excerpt
     FROM report_text JOIN report ON report.id = report_text.rowid
     JOIN series ON series.study = report.study JOIN volume ON volume.series = series.id JOIN lesion ON lesion.volume = volume.id
     WHERE report_text MATCH ? AND lesion.uid IN (SELECT value FROM json_each(?)) ORDER BY rank, report.id`,
  );
  return {
    /** Of each lesion the best place in the best report of its study, where there is one. `match` is an FTS5 expression. */
    excerpts: (lesions: readonly string[], match: string): ReportExcerpt[] => {
      const best = new Map<string, ReportExcerpt>();
      for (const row of excerptRows.all(match, JSON.stringify(lesions)) as Row[]) {
        const lesion = String(row.lesion);
        if (!best.has(lesion))
          best.set(lesion, { lesion, title: optional(row.title), excerpt: String(row.excerpt) });
      }
      return [...best.values()];
    },
    /** Adds a report to a study; the same text again adds nothing. Returns whether it was added. */
    add: (study: string, report: NewReport): boolean => {
      const textHash = createHash('sha256').update(report.text).digest('hex');
      const { path, title = null, date = null, text } = report;
      return insert.run(newId('rep'), textHash, path, title, date, text, study).changes > 0;
    },
    /** `marks` is an FTS5 expression: what it finds in a text stands between the characters 2 and 3. */
    of: (study: string, marks = ''): ReportRow[] =>
      (
        db
          .prepare(
            `SELECT report.uid, report.title, report.date, path, studyInstanceUid, identity, coalesce(
               (SELECT highlight(report_text, 1, char(2), char(3)) FROM report_text
                WHERE report_text.rowid = report.id AND report_text MATCH ?), text) AS text
             FROM report ${joined} WHERE studyInstanceUid = ? ORDER BY report.id`,
          )
          .all(marks || '""', study) as Row[]
      ).map((row) => ({
        id: String(row.uid),
        ...owner(row),
        path: String(row.path),
        text: String(row.text),
      })),
    /** Best match first. `match` is an FTS5 expression. */
    find: (
      match: string,
      { offset, limit }: { offset: number; limit: number },
    ): { total: number; rows: ReportHit[] } => {
      const total = Number(
        db.prepare('SELECT count(*) FROM report_text WHERE report_text MATCH ?').pluck().get(match),
      );
      const rows = db
        .prepare(
          `SELECT report.uid, report.title, report.date, studyInstanceUid, identity,
             snippet(report_text, 1, char(2), char(3), '…', 24) AS excerpt
           FROM report_text JOIN report ON report.id = report_text.rowid ${joined}
           WHERE report_text MATCH ? ORDER BY rank, report.id LIMIT ? OFFSET ?`,
        )
        .all(match, limit, offset) as Row[];
      return {
        total,
        rows: rows.map((row) => ({ report: String(row.uid), ...owner(row), excerpt: String(row.excerpt) })),
      };
    },
  };
}
export type CatalogReports = ReturnType<typeof catalogReports>;
