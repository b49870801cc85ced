/** Takes over into a new catalog whatever rows can still be read of a damaged one. */
import {
  type Database,
  migrate,
  openDatabase,
  openToRead,
  plainTables,
  rebuildIndices,
  schemaVersion,
} from './database.ts';

export interface Salvaged {
  readonly rows: number;
  /** Tables of which a part could not be read. */
  readonly torn: readonly string[];
}

/**
 * Writes the readable rows of the catalog at `from` to a new one at `to`, which is whole and of the newest schema; rows whose
 * parents are lost are left out, and captions are made again when it is used. Where nothing can be read it is empty.
 */
export function salvageCatalog(from: string, to: string): Salvaged {
  const torn: string[] = [];
  let rows = 0;
  const source = openDamaged(from);
  const target = openDatabase(to, source?.schema);
  try {
    if (source) {
      target.pragma('foreign_keys = OFF');
      target.transaction(() => {
        // What follows from rows is there already; and those of the audit, which is only ever added to, come with gaps.
        const triggers = target
          .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
          .all() as { name: string; sql: string }[];
        for (const { name } of triggers) target.exec(`DROP TRIGGER ${name}`);
        for (const table of plainTables(target)) {
          const taken = takeRows(source.db, target, table);
          rows += taken.rows;
          if (taken.torn) torn.push(table);
        }
        while (removeOrphans(target) > 0);
        for (const { sql } of triggers) target.exec(sql);
      })();
      target.pragma('foreign_keys = ON');
    }
    migrate(target);
    rebuildIndices(target);
    target.exec('INSERT OR IGNORE INTO caption_stale SELECT id FROM study');
  } finally {
    source?.db.close();
    target.close();
  }
  return { rows, torn };
}

/** With the schema whose tables it has; undefined where not even its header can be read. */
function openDamaged(path: string): { db: Database; schema: number } | undefined {
  try {
    const db = openToRead(path);
    try {
      // Tables whose own definitions are sound can be read although that of another is not.
      db.unsafeMode();
      db.pragma('writable_schema = ON');
      const stated = Number(db.pragma('user_version', { simple: true }));
      return { db, schema: stated >= 1 && stated <= schemaVersion ? stated : schemaVersion };
    } catch {
      db.close();
      return undefined;
    }
  } catch {
    return undefined;
  }
}

/** From the front as far as it goes, and where it breaks off from the back as well. */
function takeRows(source: Database, target: Database, table: string): { rows: number; torn: boolean } {
  const columns = target.pragma(`table_info(${table})`) as { name: string; pk: number }[];
  const names = columns.map(({ name }) => `"${name}"`).join();
  const key = columns
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map(({ name }) => `"${name}" DESC`);
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${names}) VALUES (${columns.map(() => '?').join()})`,
  );
  let rows = 0;
  /** Whether it came to the end. */
  const read = (order: string): boolean => {
    try {
      const found = source.prepare(`SELECT ${names} FROM ${table} ${order}`).raw().iterate();
      for (const row of found as Iterable<unknown[]>) {
        try {
          rows += insert.run(row).changes;
        } catch {
          // A value that is no longer of its kind: the row is lost.
        }
      }
      return true;
    } catch {
      return false;
    }
  };
  if (read('')) return { rows, torn: false };
  read(`ORDER BY ${key.join() || 'rowid DESC'}`);
  return { rows, torn: true };
}

/** Removes rows that refer to one that is missing, which may make others such. */
function removeOrphans(db: Database): number {
  let removed = 0;
  for (const table of plainTables(db)) {
    const references = db.pragma(`foreign_key_list(${table})`) as { table: string; from: string }[];
    // All refer to the primary key, which is `id` in every table that others refer to.
    for (const { table: parent, from } of references) {
      removed += db
        .prepare(
          `DELETE FROM ${table} WHERE "${from}" IS NOT NULL AND "${from}" NOT IN (SELECT id FROM ${parent})`,
        )
        .run().changes;
    }
  }
  return removed;
}
