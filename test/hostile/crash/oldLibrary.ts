/** Writes a library as an earlier version would have left it: its schema, and in it what that schema has a place for. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { migrate, schemaVersion } from '../../../native/catalog/database.ts';

/** The schemas that a library may be brought from; later ones have an audit that is not written by hand. */
export const oldSchemas = Array.from({ length: Math.min(10, schemaVersion - 1) }, (_, n) => n + 1);

/** The parts of a library's folder that every version has known. */
const kept = ['voxels', 'thumbnails', 'vectors'];

/** Rows of the audit, so that the steps take a while. */
const auditRows = 10_000;

/** Values of columns that today's tables lack. */
const formerColumns: Readonly<Record<string, string>> = { 'lesion.caption': "''" };

/** What a schema demands of rows that later ones are freer about. */
const conditions: Readonly<Record<string, string>> = {
  feedback_query: 'WHERE volume IS NOT NULL',
  feedback_mark: 'WHERE query IN (SELECT id FROM now.feedback_query WHERE volume IS NOT NULL)',
};

/**
 * @param from a library of today, closed
 * @param schema what the old one knows
 */
export function writeOldLibrary(from: string, to: string, schema: number): void {
  mkdirSync(to);
  for (const part of kept) cpSync(join(from, part), join(to, part), { recursive: true });
  const db = new Sqlite(join(to, 'catalog.sqlite'));
  try {
    db.pragma('journal_mode = WAL');
    migrate(db, schema);
    db.prepare('ATTACH ? AS now').run(join(from, 'catalog.sqlite'));
    db.transaction(() => {
      for (const table of tablesOf(db, 'main')) copyRows(db, table);
      if (schema < 3)
        db.exec(`INSERT INTO embedding SELECT lesion, encoder, version, preprocessing, level, dim, vector
          FROM now.lesion_embedding JOIN now.embedding_key ON embedding_key.id = lesion_embedding.key WHERE slice = -1`);
      const audit = db.prepare(`INSERT INTO audit (at, action, subject) VALUES ('2026-01-01', 'import', ?)`);
      for (let n = 0; n < auditRows; n++) audit.run(`vol-${n}`);
    })();
    db.exec('DETACH now');
  } finally {
    db.close();
  }
}

/** The schema of a library's catalog, which is left as it is. */
export function schemaOf(library: string, scratch: string): number {
  for (const end of ['', '-wal']) {
    rmSync(`${scratch}${end}`, { force: true });
    const path = join(library, `catalog.sqlite${end}`);
    if (existsSync(path)) cpSync(path, `${scratch}${end}`);
  }
  const db = new Sqlite(scratch);
  try {
    return Number(db.pragma('user_version', { simple: true }));
  } finally {
    db.close();
  }
}

function copyRows(db: Sqlite.Database, table: string): void {
  if (table === 'audit' || !tablesOf(db, 'now').includes(table)) return;
  const present = new Set(columnsOf(db, 'now', table));
  const columns = columnsOf(db, 'main', table).filter(
    (name) => present.has(name) || `${table}.${name}` in formerColumns,
  );
  const values = columns.map((name) => (present.has(name) ? `"${name}"` : formerColumns[`${table}.${name}`]));
  const names = columns.map((name) => `"${name}"`).join(', ');
  db.exec(
    `INSERT OR REPLACE INTO main."${table}" (${names}) SELECT ${values.join(', ')} FROM now."${table}" ${conditions[table] ?? ''}`,
  );
}

/** Those that hold rows of their own: no full text, and nothing that SQLite keeps for itself. */
function tablesOf(db: Sqlite.Database, schema: 'main' | 'now'): string[] {
  return db
    .prepare(
      `SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_text%'
       ORDER BY rowid`,
    )
    .pluck()
    .all() as string[];
}

function columnsOf(db: Sqlite.Database, schema: 'main' | 'now', table: string): string[] {
  return (db.pragma(`${schema}.table_info("${table}")`) as { name: string }[]).map(({ name }) => name);
}
