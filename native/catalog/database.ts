/**
 * The only file that opens SQLite. Every pragma that safety rests on is set and read back; an encrypting, API-compatible
 * driver can take better-sqlite3's place here.
 */
import Sqlite from 'better-sqlite3';
import { PrecedentError } from '../contract/errors.ts';
import { migrations } from './migrations.ts';

export type Database = Sqlite.Database;

/** Pragma, the value set, the value that must be read back, and why. */
const pragmas = [
  ['journal_mode', 'WAL', 'wal', 'readers go on while a transaction is written'],
  ['synchronous', 'FULL', 2, 'what was acknowledged survives a power cut'],
  ['foreign_keys', 'ON', 1, 'no lesion without its volume'],
  ['secure_delete', 'ON', 1, 'what was deleted is overwritten'],
  ['trusted_schema', 'OFF', 0, 'a crafted file cannot call functions from its schema'],
  ['cell_size_check', 'ON', 1, 'damaged pages are noticed when they are read'],
  ['busy_timeout', '5000', 5000, 'a short lock is waited for'],
  ['temp_store', 'MEMORY', 2, 'no temporary file holds patients’ data'],
] as const;

/** The newest schema this version knows; `user_version` of the file. */
export const schemaVersion = migrations.length;

/** Opens (or creates) the catalog and brings it to the newest schema, or to an earlier one. Throws `corrupt` or `unsupported`. */
export function openDatabase(path: string, schema = schemaVersion): Database {
  let db: Database;
  try {
    db = new Sqlite(path);
    db.pragma('journal_mode');
  } catch (error) {
    throw catalogError(error);
  }
  try {
    for (const [name, value, expected] of pragmas) {
      db.pragma(`${name} = ${value}`);
      const actual = db.pragma(name, { simple: true });
      if (actual !== expected && !(path === ':memory:' && name === 'journal_mode')) {
        throw new PrecedentError(
          'storage',
          `the database refused ${name} = ${value}`,
          'catalog',
          'keep the library on a local disk',
        );
      }
    }
    migrate(db, schema);
    return db;
  } catch (error) {
    db.close();
    throw error instanceof PrecedentError ? error : catalogError(error);
  }
}

/** Opens a catalog of any schema as it is, to be read only; nothing is written, not even a migration. Throws as `openDatabase`. */
export function openToRead(path: string): Database {
  try {
    const db = new Sqlite(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('busy_timeout = 5000');
    return db;
  } catch (error) {
    throw catalogError(error);
  }
}

/** An empty database without a schema that is gone when it is closed: for what is worked out, not kept. */
export function openInMemory(): Database {
  return new Sqlite(':memory:');
}

/** The catalog as it is now, for reading beside what goes on; the caller closes it. */
export function openSnapshot(db: Database): Database {
  const snapshot = new Sqlite(db.name, { readonly: true, fileMustExist: true });
  snapshot.exec('BEGIN');
  // A transaction sees the catalog as it is when it first reads.
  snapshot.pragma('user_version');
  return snapshot;
}

/** Applies the missing migrations, each in a transaction of its own. */
export function migrate(db: Database, upTo = schemaVersion): void {
  const from = Number(db.pragma('user_version', { simple: true }));
  if (from > schemaVersion) {
    throw new PrecedentError(
      'unsupported',
      'the library was written by a newer Precedent',
      'catalog',
      'install that version or a later one',
    );
  }
  for (let version = from; version < upTo; version++) {
    db.transaction(() => {
      const step = migrations[version];
      if (typeof step === 'string') db.exec(step);
      else step(db);
      db.pragma(`user_version = ${version + 1}`);
    }).immediate();
  }
}

/** From now on nothing can be written through this connection. */
export function forbidWrites(db: Database): void {
  db.pragma('query_only = ON');
}

/** Makes every index and full-text index again from the tables. What that meets in them is left to the checks to tell. */
export function rebuildIndices(db: Database): void {
  for (const step of [
    'REINDEX',
    `INSERT INTO report_text (report_text) VALUES ('rebuild')`,
    `INSERT INTO lesion_text (lesion_text) VALUES ('rebuild')`,
  ]) {
    try {
      db.exec(step);
    } catch {
      // The next one may do.
    }
  }
}

/** The names of its tables, in order; full-text indices, which follow from them, left out. */
export function plainTables(db: Database): string[] {
  return (db.pragma('table_list') as { schema: string; name: string; type: string }[])
    .filter(({ schema, name, type }) => schema === 'main' && type === 'table' && !name.startsWith('sqlite_'))
    .map(({ name }) => name)
    .sort();
}

/** What SQLite's own checks find wrong: an empty list when the file is sound. */
export function integrityProblems(db: Database): string[] {
  const found = db.pragma('integrity_check') as { integrity_check: string }[];
  const orphans = db.pragma('foreign_key_check') as { table: string }[];
  return [
    ...found.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...orphans.map((row) => `a row of ${row.table} refers to one that is missing`),
  ];
}

/** What SQLite threw as a typed error: `corrupt`, `busy`, `storage`; any other as `PrecedentError.from` does. */
export function catalogError(error: unknown): PrecedentError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const typed = PrecedentError.from(error);
  if (typed.kind !== 'internal' || !code.startsWith('SQLITE')) return typed;
  return new PrecedentError(
    'storage',
    `the catalog cannot be opened (${code})`,
    'catalog.sqlite',
    'check the disk and the permissions',
  );
}
