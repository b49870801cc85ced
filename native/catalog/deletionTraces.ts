/** What else names the deleted than their own rows: searches, sets of filters, imports, watched files, pairs kept apart, the audit. */
import { createHmac } from 'node:crypto';
import { PrecedentError } from '../contract/errors.ts';
import type { CatalogAudit } from './audit.ts';
import type { Database } from './database.ts';
import { eraseAudit } from './deletionAudit.ts';
import { type Tracer, type Traces, tracerOf } from './traces.ts';

type Row = Readonly<Record<string, unknown>>;

/** Where searches are kept: each row goes that names the deleted, by the texts of its columns. */
const searches = [
  { table: 'saved_query', key: ['user', 'name'], text: ['name'], json: 'content' },
  { table: 'open_search', key: ['user'], text: [], json: 'content' },
  { table: 'filter_set', key: ['name'], text: ['name'], json: 'conditions' },
  { table: 'feedback_query', key: ['id'], text: [], json: 'asked' },
] as const;

/** A search whose hits were marked goes on without the marks on what is gone. */
function unmarked(json: string, tracer: Tracer): string {
  const content = JSON.parse(json) as { marks?: readonly { hit: string }[] };
  if (!Array.isArray(content.marks)) return json;
  const marks = content.marks.filter(({ hit }) => !tracer.isTrace(hit));
  return marks.length === content.marks.length ? json : JSON.stringify({ ...content, marks });
}

function* naming(
  db: Database,
  tracer: Tracer,
): Generator<{ row: Row; at: (typeof searches)[number]; json: string; goes: boolean }> {
  for (const at of searches) {
    const found = db.prepare(`SELECT * FROM ${at.table} WHERE ${at.json} IS NOT NULL`).all() as Row[];
    for (const row of found) {
      const json = unmarked(String(row[at.json]), tracer);
      const goes = at.text.some((name) => tracer.names(String(row[name]))) || tracer.jsonHolds(json, true);
      if (goes || json !== row[at.json]) yield { row, at, json, goes };
    }
  }
}

/** How many saved searches and sets of filters name the deleted. */
export function searchesNaming(db: Database, traces: Traces): number {
  const tracer = tracerOf({ ...traces, spelled: [...traces.spelled, ...traces.parts] });
  let count = 0;
  for (const { at, goes } of naming(db, tracer))
    if (goes && (at.table === 'saved_query' || at.table === 'filter_set')) count++;
  return count;
}

/** @param imported whether files that were imported are among what goes. Throws `refused` while an import needs them. */
export function removeTraces(db: Database, audit: CatalogAudit, traces: Traces, imported: boolean): void {
  const tracer = tracerOf({ ...traces, spelled: [...traces.spelled, ...traces.parts] });
  for (const { row, at, json, goes } of naming(db, tracer)) {
    const where = at.key.map((name) => `${name} = ?`).join(' AND ');
    const keys = at.key.map((name) => row[name]);
    if (goes) db.prepare(`DELETE FROM ${at.table} WHERE ${where}`).run(...keys);
    else db.prepare(`UPDATE ${at.table} SET ${at.json} = ? WHERE ${where}`).run(json, ...keys);
  }
  forgetPairs(db, tracer);
  if (imported) {
    forgetImports(db, tracer);
    disguiseWatched(db, tracer);
  }
  // A change of others' is not taken for theirs because of a name that is a word as well.
  eraseAudit(audit, tracerOf(traces));
}

/** Pairs that a user said are two things: a kind and two ids. */
function forgetPairs(db: Database, tracer: Tracer): void {
  const setting = db.prepare(`SELECT value FROM setting WHERE name = 'notDuplicates'`).pluck().get();
  if (setting === undefined) return;
  const keys = (JSON.parse(String(setting)) as string[]).filter(
    (key) => !key.split(' ').some((part) => tracer.isTrace(part)),
  );
  db.prepare(`UPDATE setting SET value = ? WHERE name = 'notDuplicates'`).run(JSON.stringify(keys));
}

/**
 * Of imports that have ended: the pieces and notes that tell of the deleted, and sources that hold nothing else; an import
 * of which nothing is left goes whole.
 */
function forgetImports(db: Database, tracer: Tracer): void {
  const all = (sql: string, ...params: unknown[]) => db.prepare(sql).all(...params) as Row[];
  const run = (sql: string, ...params: unknown[]) => db.prepare(sql).run(...params);
  for (const job of all('SELECT * FROM job')) {
    const items = all('SELECT position, found FROM job_item WHERE job = ?', job.id).filter(({ found }) =>
      tracer.jsonHolds(String(found), false),
    );
    const before = JSON.parse(String(job.sources)) as string[];
    const sources = before.filter((path) => !tracer.names(path));
    const isOpen = ['waiting', 'running', 'paused'].includes(String(job.state));
    // Its conflicts with what goes have gone with the volumes.
    const waits = all('SELECT 1 FROM conflict WHERE job = ?', job.id).length > 0;
    if ((isOpen || waits) && (items.length > 0 || before.some(tracer.isTrace))) throw needed(isOpen);
    if (isOpen || waits) continue;
    const named = items.length > 0 || sources.length < before.length;
    for (const { position } of items) {
      run('DELETE FROM job_item WHERE job = ? AND position = ?', job.id, position);
      run('DELETE FROM job_note WHERE job = ? AND position = ?', job.id, position);
    }
    for (const { id, path, text } of all('SELECT id, path, text FROM job_note WHERE job = ?', job.id))
      if (tracer.names(String(path)) || tracer.names(String(text)))
        run('DELETE FROM job_note WHERE id = ?', id);
    const left = all('SELECT 1 FROM job_item WHERE job = ? LIMIT 1', job.id).length;
    if (named && (sources.length === 0 || left === 0)) run('DELETE FROM job WHERE id = ?', job.id);
    else if (named) run('UPDATE job SET sources = ? WHERE id = ?', JSON.stringify(sources), job.id);
    if (job.labels !== null && tracer.names(String(job.labels)))
      run('UPDATE job SET labels = NULL WHERE id = ?', job.id);
  }
}

function needed(isOpen: boolean): PrecedentError {
  return new PrecedentError(
    'refused',
    isOpen
      ? 'an import that has not ended holds files of it'
      : 'an import that waits for your decision about a conflict holds files of it',
    undefined,
    isOpen ? 'let the import end, or cancel it first' : 'decide the conflict first (Import, Conflicts)',
  );
}

/** A file that lies in a watched folder still must not come back: it is known by a digest of its path from now on. */
function disguiseWatched(db: Database, tracer: Tracer): void {
  const files = db
    .prepare(
      `SELECT folder, watched_folder.uid, watched_file.path FROM watched_file
       JOIN watched_folder ON watched_folder.id = watched_file.folder`,
    )
    .all() as Row[];
  const update = db.prepare('UPDATE OR REPLACE watched_file SET path = ? WHERE folder = ? AND path = ?');
  for (const { folder, uid, path } of files)
    if (tracer.names(String(path))) update.run(disguised(String(uid), String(path)), folder, path);
}

/** A path that tells nothing by itself, in one watched folder. */
export function disguised(folder: string, path: string): string {
  return `hmac:${createHmac('sha256', folder).update(path).digest('hex')}`;
}
