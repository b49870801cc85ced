/** The rows of watched folders, and which of their files were given to a job. */

import { PrecedentError } from '../contract/errors.ts';
import { type ImportOptions, importOptions } from '../contract/jobs.ts';
import type { FoundFile } from '../contract/reader.ts';
import type { Database } from './database.ts';
import { disguised } from './deletionTraces.ts';
import { newId } from './ids.ts';

export interface WatchedFolder {
  readonly id: string;
  readonly path: string;
  readonly options: ImportOptions;
}

export function catalogWatched(db: Database) {
  const idOf = (uid: string) => {
    const id = db.prepare('SELECT id FROM watched_folder WHERE uid = ?').pluck().get(uid);
    if (id === undefined) throw new PrecedentError('not-found', 'the folder is not watched any more');
    return Number(id);
  };
  return {
    folders: (): WatchedFolder[] =>
      (db.prepare('SELECT * FROM watched_folder ORDER BY path').all() as Record<string, unknown>[]).map(
        (row) => ({
          id: String(row.uid),
          path: String(row.path),
          options: importOptions.parse(JSON.parse(String(row.options))),
        }),
      ),
    /** Watching a folder again changes its options. */
    add: (path: string, options: ImportOptions): void =>
      void db
        .prepare(
          `INSERT INTO watched_folder (uid, path, options) VALUES (?, ?, ?)
           ON CONFLICT (path) DO UPDATE SET options = excluded.options`,
        )
        .run(newId('wat'), path, JSON.stringify(options)),
    remove: (uid: string): void => void db.prepare('DELETE FROM watched_folder WHERE id = ?').run(idOf(uid)),
    /** The files that jobs were given, by path; those of patients who were deleted since are among them. */
    files: (uid: string): Pick<ReadonlyMap<string, Omit<FoundFile, 'path'>>, 'get'> => {
      const rows = db
        .prepare('SELECT path, bytes, mtimeMs FROM watched_file WHERE folder = ?')
        .all(idOf(uid)) as FoundFile[];
      const known = new Map(rows.map(({ path, bytes, mtimeMs }) => [path, { bytes, mtimeMs }]));
      return { get: (path) => known.get(path) ?? known.get(disguised(uid, path)) };
    },
    count: (uid: string): number =>
      Number(db.prepare('SELECT count(*) FROM watched_file WHERE folder = ?').pluck().get(idOf(uid))),
    /** To be called in the transaction that adds their job. */
    given: (uid: string, files: readonly FoundFile[]): void => {
      const folder = idOf(uid);
      const upsert = db.prepare(
        `INSERT INTO watched_file VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET bytes = excluded.bytes, mtimeMs = excluded.mtimeMs`,
      );
      for (const { path, bytes, mtimeMs } of files) upsert.run(folder, path, bytes, mtimeMs);
    },
  };
}
export type CatalogWatched = ReturnType<typeof catalogWatched>;
