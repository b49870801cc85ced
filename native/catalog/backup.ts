/**
 * Copies of a catalog, and whether one is what it should be. The one place that writes and opens them: a catalog that is
 * encrypted has to be copied and opened with its key here.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { PrecedentError } from '../contract/errors.ts';
import type { Counts } from '../contract/model.ts';
import { catalogError, type Database, integrityProblems, openToRead } from './database.ts';

export interface CatalogFacts {
  readonly schema: number;
  readonly counts: Counts;
  /** As `rowsHash` says. */
  readonly rowsHash: string;
}

/** A job that changes the catalog all the time may do so this often while a copy is compared with it. */
const mostAttempts = 3;

/**
 * Writes a copy of the catalog to `to`, where nothing may lie, opens it again and compares it with the catalog. It holds every
 * transaction that was committed when it began; nothing that was deleted. Not fsynced. Throws `corrupt`, `storage`.
 */
export function copyCatalog(catalog: string, to: string): CatalogFacts {
  const db = openToRead(catalog);
  try {
    for (let attempt = 1; ; attempt++) {
      const version = db.pragma('data_version', { simple: true });
      const before = rowsHash(db);
      rmSync(to, { force: true });
      db.prepare('VACUUM INTO ?').run(to);
      const facts = checkCatalog(to);
      if (facts.rowsHash === before) return facts;
      const changed = db.pragma('data_version', { simple: true }) !== version;
      if (!changed) throw new PrecedentError('corrupt', 'a backup differs from the catalog', 'backup');
      // One transaction made the copy, and it is sound: it only cannot be compared with what has changed since.
      if (attempt === mostAttempts) return facts;
    }
  } catch (error) {
    throw catalogError(error);
  } finally {
    db.close();
  }
}

/** What the catalog in a file holds. Throws `corrupt` where SQLite's own checks find it damaged. */
export function checkCatalog(path: string): CatalogFacts {
  const db = openToRead(path);
  try {
    const [problem] = integrityProblems(db);
    if (problem !== undefined) throw new PrecedentError('corrupt', problem, 'backup');
    const schema = Number(db.pragma('user_version', { simple: true }));
    const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    const counts = {
      patients: count('patient'),
      studies: count('study'),
      volumes: count('volume'),
      lesions: count('lesion'),
    };
    return { schema, counts, rowsHash: rowsHash(db) };
  } catch (error) {
    throw catalogError(error);
  } finally {
    db.close();
  }
}

/** SHA-256 (hex) over every row of every table of any schema, full-text indices left out; ids count. */
function rowsHash(db: Database): string {
  const hash = createHash('sha256');
  const tables = (db.pragma('table_list') as { schema: string; name: string; type: string }[])
    .filter(({ schema, name, type }) => schema === 'main' && type === 'table' && !name.startsWith('sqlite_'))
    .map(({ name }) => name)
    .sort();
  db.transaction(() => {
    for (const table of tables) {
      hash.update(`\n${table}`);
      for (const row of db.prepare(`SELECT * FROM ${table}`).raw().iterate() as Iterable<unknown[]>) {
        hash.update('\n');
        for (const value of row) {
          if (value instanceof Uint8Array) hash.update(`x${value.length}:`).update(value);
          else hash.update(`${JSON.stringify(value)},`);
        }
      }
    }
  })();
  return hash.digest('hex');
}

/** Whether the catalog in a file knows a patient, study, volume or lesion by its uid. */
export function catalogHolds(
  path: string,
  table: 'patient' | 'study' | 'volume' | 'lesion',
  uid: string,
): boolean {
  const db = openToRead(path);
  try {
    return db.prepare(`SELECT 1 FROM ${table} WHERE uid = ?`).get(uid) !== undefined;
  } finally {
    db.close();
  }
}
