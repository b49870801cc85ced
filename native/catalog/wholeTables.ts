/** The catalog table by table as its rows are stored: to be written down whole, and to be made anew from that. */
import { PrecedentError } from '../contract/errors.ts';
import { type Database, migrate, plainTables, schemaVersion } from './database.ts';

/** A value as SQLite stores it. */
export type Stored = string | number | null | Uint8Array;
export type StoredRow = Readonly<Record<string, Stored>>;

/**
 * Tables that are not written down: opening a library makes them again from the others, and what is left to remove of what was
 * deleted lies in one library's own folder.
 */
const derived: ReadonlySet<string> = new Set(['caption_stale', 'lesion_text', 'report_text', 'deletion']);

/** The tables that hold what cannot be made again, by name. */
export function tableNames(db: Database): string[] {
  return plainTables(db).filter((name) => !derived.has(name));
}

/** Every row of a table in the order of its key, one at a time. */
export function* tableRows(db: Database, table: string): Generator<StoredRow> {
  const columns = columnsOf(db, table);
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const order = key.map(({ name }) => quoted(name)).join(', ') || 'rowid';
  yield* db
    .prepare(
      `SELECT ${columns.map(({ name }) => quoted(name)).join(', ')} FROM ${quoted(table)} ORDER BY ${order}`,
    )
    .iterate() as IterableIterator<StoredRow>;
}

/**
 * Makes the catalog anew in one transaction: the schema of `version`, the rows of its tables, then the steps to today's schema.
 * @param rowsOf the rows of each table of that schema
 * @param check is called before the end; what it throws leaves the catalog as it was
 * @throws PrecedentError `unsupported` for a newer schema, `corrupt` for rows that do not fit theirs
 */
export function replaceTables(
  db: Database,
  version: number,
  rowsOf: (table: string) => Iterable<StoredRow>,
  check: () => void,
): void {
  if (version > schemaVersion) {
    throw new PrecedentError(
      'unsupported',
      'this was written by a newer Precedent',
      undefined,
      'install that version or a later one',
    );
  }
  // Tables that refer to each other can only be dropped one by one without this, which no transaction can turn off.
  db.pragma('foreign_keys = OFF');
  try {
    db.transaction(() => {
      dropEverything(db);
      migrate(db, version);
      // Rows come as they were: nothing is counted, marked or refused on their way in.
      const triggers = triggersOf(db);
      for (const { name } of triggers) db.exec(`DROP TRIGGER ${quoted(name)}`);
      for (const table of tableNames(db)) insertRows(db, table, rowsOf(table));
      db.exec(`INSERT INTO report_text (report_text) VALUES ('rebuild');
        INSERT INTO caption_stale SELECT id FROM study WHERE true ON CONFLICT DO NOTHING;`);
      for (const { sql } of triggers) db.exec(sql);
      migrate(db);
      if ((db.pragma('foreign_key_check') as unknown[]).length > 0)
        throw new PrecedentError(
          'corrupt',
          'rows refer to others that are missing',
          undefined,
          'export them again',
        );
      check();
    }).immediate();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^SQLITE_(CONSTRAINT|MISMATCH)/.test(code)) throw error;
    throw new PrecedentError('corrupt', `rows do not fit together (${code})`, undefined, 'export them again');
  } finally {
    db.pragma('foreign_keys = ON');
  }
}

function columnsOf(db: Database, table: string): { name: string; pk: number }[] {
  return db.pragma(`table_info(${quoted(table)})`) as { name: string; pk: number }[];
}

function insertRows(db: Database, table: string, rows: Iterable<StoredRow>): void {
  const columns = columnsOf(db, table).map(({ name }) => name);
  db.exec(`DELETE FROM ${quoted(table)}`);
  const insert = db.prepare(
    `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const row of rows) {
    if (Object.keys(row).length !== columns.length || columns.some((name) => !(name in row)))
      throw new PrecedentError(
        'corrupt',
        `a row of ${table} has other columns`,
        undefined,
        'export it again',
      );
    insert.run(...columns.map((name) => row[name]));
  }
}

function triggersOf(db: Database): { name: string; sql: string }[] {
  return db.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`).all() as {
    name: string;
    sql: string;
  }[];
}

function dropEverything(db: Database): void {
  for (const { name } of triggersOf(db)) db.exec(`DROP TRIGGER ${quoted(name)}`);
  for (const table of derived) db.exec(`DROP TABLE IF EXISTS ${quoted(table)}`);
  for (const table of tableNames(db)) db.exec(`DROP TABLE ${quoted(table)}`);
  db.pragma('user_version = 0');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
