/**
 * The only file that opens SQLite. Every pragma that safety rests on is set and read back. In an encrypted library the catalog
 * and its backups are SQLCipher 4 files under the library's key, by where they lie.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { PrecedentError } from '../contract/errors.ts';
import { catalogKey, copiesKey } from '../files/unlocked.ts';
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

/** AES-256-CBC and HMAC-SHA-512 a page, as SQLCipher 4 has them. */
const cipher = [
  ['cipher', "'sqlcipher'", 'sqlcipher'],
  ['legacy', '4', '4'],
] as const;

/** Opens a file with the key of its library, if that is encrypted; the key is used as it is, without a derivation. Reads nothing yet. */
function connect(path: string, key: Uint8Array | undefined, options: Sqlite.Options = {}): Database {
  let db: Database | undefined;
  try {
    db = new Sqlite(path, options);
    if (key) {
      setCipher(db);
      db.pragma(`key = ${rawKey(key)}`);
    }
    // Also of what only reads, copies or recodes: sorting may take more than its memory, and temporary files are not encrypted.
    db.pragma('temp_store = MEMORY');
    return db;
  } catch (error) {
    db?.close();
    throw catalogError(error);
  }
}

function setCipher(db: Database): void {
  for (const [name, value, expected] of cipher) {
    db.pragma(`${name} = ${value}`);
    if (String(db.pragma(name, { simple: true })) !== expected)
      throw new PrecedentError('internal', `the database refused ${name} = ${value}`, 'catalog');
  }
}

function rawKey(key: Uint8Array): string {
  if (key.length !== 32) throw new PrecedentError('internal', 'a key of another length', 'catalog');
  return `"x'${Buffer.from(key).toString('hex')}'"`;
}

/**
 * Encrypts a catalog under another key where it lies, or decrypts it, without a journal on the disk: a crash leaves nothing that can
 * be used. For a copy that takes the catalog's place afterwards. Throws `corrupt`, `storage`.
 */
export function recodeCatalog(path: string, from: Uint8Array | undefined, to: Uint8Array | undefined): void {
  const db = connect(path, from);
  try {
    if (!from) setCipher(db);
    db.pragma('journal_mode = MEMORY');
    db.pragma(`rekey = ${to ? rawKey(to) : "''"}`);
  } catch (error) {
    throw catalogError(error);
  } finally {
    db.close();
  }
}

/** Encrypts a catalog that was brought into an encrypted library from before it was one. */
export function encryptedAsItLies(path: string): void {
  const key = catalogKey(path);
  if (key && liesOpen(path)) recodeCatalog(path, undefined, key);
}

/** Whether a file is a catalog that is not encrypted. */
export function isPlainCatalog(beginning: Uint8Array): boolean {
  return Buffer.from(beginning.subarray(0, plainMagic.length)).toString('latin1') === plainMagic;
}
const plainMagic = 'SQLite format 3\0';

/** Writes what lies in the write-ahead log into the catalog itself, so that its one file is all of it. Throws `busy`, `corrupt`. */
export function foldLog(path: string, key: Uint8Array | undefined): void {
  const db = connect(path, key);
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    throw catalogError(error);
  } finally {
    db.close();
  }
}

/** Opens (or creates) the catalog and brings it to the newest schema, or to an earlier one. Throws `corrupt` or `unsupported`. */
export function openDatabase(path: string, schema = schemaVersion): Database {
  const db = connect(path, catalogKey(path));
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
  const db = connect(path, keyToRead(path), { readonly: true, fileMustExist: true });
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma('busy_timeout = 5000');
  return db;
}

/** Opens a copy that counts for nothing yet, to be changed without a journal. Throws as `openDatabase`. */
export function openCopy(path: string): Database {
  const db = connect(path, catalogKey(path), { fileMustExist: true });
  db.pragma('journal_mode = OFF');
  db.pragma('trusted_schema = OFF');
  return db;
}

/** Within its library everything is encrypted; of copies elsewhere those that are. */
function keyToRead(path: string): Uint8Array | undefined {
  const key = catalogKey(path);
  if (key) return key;
  const ofCopies = copiesKey(path);
  return ofCopies && !liesOpen(path) ? ofCopies : undefined;
}

function liesOpen(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(plainMagic.length);
      readSync(file, bytes, 0, bytes.length, 0);
      return isPlainCatalog(bytes);
    } finally {
      closeSync(file);
    }
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
  const snapshot = connect(db.name, catalogKey(db.name), { readonly: true, fileMustExist: true });
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
