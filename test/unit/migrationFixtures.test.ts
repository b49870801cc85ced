/** Catalogs that every released schema left behind: each is brought to today's without losing a row, and its backup leads back. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkCatalog } from '../../native/catalog/backup.ts';
import {
  type Database,
  integrityProblems,
  openDatabase,
  openToRead,
  plainTables,
  schemaVersion,
} from '../../native/catalog/database.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { backupPlace } from '../../native/engine/backupPlace.ts';
import { backupPath, listBackups } from '../../native/engine/backups.ts';
import { Library } from '../../native/engine/library.ts';
import { replaceCatalog } from '../../native/engine/restore.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/catalogs');
const kept = readdirSync(fixtures)
  .flatMap((name) => /^schema-(\d+)\.sqlite\.gz$/.exec(name)?.[1] ?? [])
  .map(Number)
  .sort((a, b) => a - b);

let root: string;
beforeEach(async () => {
  root = await temporaryFolder();
});
afterEach(() => removeFolder(root));

function unpackInto(folder: string, schema: number): string {
  const path = join(folder, 'catalog.sqlite');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, gunzipSync(readFileSync(join(fixtures, `schema-${schema}.sqlite.gz`))));
  return path;
}

type Row = Readonly<Record<string, unknown>>;
function rowsOf(db: Database): Map<string, Row[]> {
  return new Map(
    plainTables(db).map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all() as Row[]]),
  );
}
/** What both have, so that columns and tables that came or went with a migration do not count. */
function common(rows: readonly Row[], columns: readonly string[]): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
}

/** Studies that are to be captioned anew, which every opening works off. */
const worklist = 'caption_stale';

/** The newest schema that a version was given out with; those after it may still change. */
const released = 10;

test('a catalog of every released schema is kept', () => {
  expect(kept).toEqual(Array.from({ length: released }, (_, n) => n + 1));
});

test.each(kept)('a catalog of schema %i keeps every row through the later migrations', (schema) => {
  const path = unpackInto(root, schema);
  const old = openToRead(path);
  const before = rowsOf(old);
  old.close();
  expect([...before].filter(([table, rows]) => rows.length === 0 && table !== worklist)).toEqual([]);
  const db = openDatabase(path);
  const after = rowsOf(db);
  for (const [table, rows] of before) {
    const now = after.get(table);
    if (!now || table === worklist) continue;
    const columns = Object.keys(rows[0]).filter((column) => column in (now[0] ?? {}));
    expect([table, common(now, columns)]).toEqual([table, common(rows, columns)]);
  }
  expect(integrityProblems(db)).toEqual([]);
  expect(db.prepare('SELECT hex(vector) FROM lesion_embedding ORDER BY lesion').pluck().all()).toEqual([
    '003C0000',
    '0000003C',
  ]);
  db.close();
});

test.each(kept.filter((schema) => schema < schemaVersion))(
  'a library of schema %i is backed up before it is migrated, and the backup brings the old catalog back',
  async (schema) => {
    const path = unpackInto(root, schema);
    const old = checkCatalog(path);
    const library = await Library.open(root, false);
    const { layout } = library;
    expect(Number(library.db.pragma('user_version', { simple: true }))).toBe(schemaVersion);
    await library.close();
    const place = await backupPlace(layout, noPolicy);
    const backups = await listBackups(place);
    expect(backups).toMatchObject([
      { kind: 'migration', schema, rowsHash: old.rowsHash, counts: old.counts },
    ]);
    await replaceCatalog(layout, backupPath(place, backups[0].name), {
      known: path,
      at: new Date(),
      user: 'somebody',
      detail: {},
    });
    expect(checkCatalog(path)).toEqual(old);
    // And forward once more.
    const again = await Library.open(root, false);
    expect(again.readOnly).toBeNull();
    expect(again.reads.counts()).toEqual(old.counts);
    await again.close();
  },
);
