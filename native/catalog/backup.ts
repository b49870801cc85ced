/**
 * Copies of a catalog, and whether one is what it should be. The one place that writes and opens them: a catalog that is
 * encrypted has to be copied and opened with its key here.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { PrecedentError } from '../contract/errors.ts';
import type { Counts } from '../contract/model.ts';
import { catalogError, type Database, integrityProblems, openToRead, plainTables } from './database.ts';
import { cleanCopy } from './deletions.ts';

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
 * transaction that was committed when it began; nothing that was deleted, also where that is not finished. Not fsynced. Throws
 * `corrupt` for the catalog, `storage`.
 */
export function copyCatalog(catalog: string, to: string): CatalogFacts {
  const db = openToRead(catalog);
  try {
    for (let attempt = 1; ; attempt++) {
      const version = db.pragma('data_version', { simple: true });
      const before = rowsHash(db);
      rmSync(to, { force: true });
      db.prepare('VACUUM INTO ?').run(to);
      const facts = checkCopy(db, to);
      const changed = db.pragma('data_version', { simple: true }) !== version;
      if (facts.rowsHash !== before && !changed) throw badCopy();
      // One transaction made the copy, and it is sound: it only cannot be compared with what has changed since.
      if (facts.rowsHash === before || attempt === mostAttempts)
        return cleanCopy(to) ? checkCopy(db, to) : facts;
    }
  } catch (error) {
    throw catalogError(error);
  } finally {
    db.close();
  }
}

/** As `checkCatalog`; a copy that is damaged where its catalog is not is a fault of the disk that it is on. Throws `corrupt`, `storage`. */
export function checkCopy(catalog: Database, copy: string): CatalogFacts {
  try {
    return checkCatalog(copy);
  } catch (error) {
    if (catalogError(error).kind !== 'corrupt' || integrityProblems(catalog).length > 0) throw error;
    throw badCopy();
  }
}

function badCopy(): PrecedentError {
  return new PrecedentError(
    'storage',
    'a backup is not what was written',
    'backup',
    'check the disk that backups are on',
  );
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

/**
 * The schema of a catalog, and what is wrong with the structure of its file, if anything is. @param trusted its bytes are known
 * to be right: then they are not looked through
 */
export function quickCheck(
  path: string,
  trusted: boolean,
): { readonly problem?: string; readonly schema: number } {
  try {
    const db = openToRead(path);
    try {
      const schema = Number(db.pragma('user_version', { simple: true }));
      if (trusted) return { schema };
      const [first] = db.pragma('quick_check(1)') as { quick_check: string }[];
      return first?.quick_check === 'ok' ? { schema } : { schema, problem: 'the catalog is damaged' };
    } finally {
      db.close();
    }
  } catch (thrown) {
    const error = catalogError(thrown);
    // A full disk or a missing permission is no damage.
    if (error.kind !== 'corrupt') throw error;
    return { schema: 0, problem: error.what };
  }
}

/** SHA-256 (hex) over every row of every table of any schema, full-text indices left out; ids count. */
function rowsHash(db: Database): string {
  const hash = createHash('sha256');
  db.transaction(() => {
    for (const table of plainTables(db)) {
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

/** The uids of its volumes. */
export function catalogVolumes(path: string): string[] {
  const db = openToRead(path);
  try {
    return db.prepare('SELECT uid FROM volume').pluck().all() as string[];
  } finally {
    db.close();
  }
}
