/** The audit as a chain: nothing in it can be changed, taken out, moved or put in unnoticed, and details can be erased all the same. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogAudit } from '../../native/catalog/audit.ts';
import { hashOfDetail, hashOfEntry } from '../../native/catalog/auditChain.ts';
import { catalogChanges } from '../../native/catalog/changes.ts';
import { type Database, integrityProblems, migrate, openDatabase } from '../../native/catalog/database.ts';

let folder: string;
let path: string;
let db: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-audit-'));
  path = join(folder, 'catalog.sqlite');
  db = openDatabase(path);
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true, force: true });
});

const entry = (n: number) => ({ action: 'view', subject: `vol-${n}`, detail: { n } });
const filled = (count = 6) => {
  const audit = catalogAudit(db, () => 'ann');
  audit.append(Array.from({ length: count }, (_, n) => entry(n + 1)));
  return audit;
};
/** As someone with a hex editor and time would: round the triggers. */
function tamper(sql: string): void {
  const triggers = db
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'`)
    .all() as { name: string; sql: string }[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.exec(sql);
  for (const { sql: trigger } of triggers) db.exec(trigger);
}

describe('the chain', () => {
  test('holds over what was written, also in several turns and beside a transaction that was taken back', async () => {
    const audit = filled();
    expect(() =>
      db.transaction(() => {
        audit.append([entry(7), entry(8)]);
        throw new Error('taken back');
      })(),
    ).toThrow('taken back');
    expect(audit.append([{ ...entry(7), user: 'bob' }])).toBe(7);
    const { problems, head, erased } = await audit.verify();
    expect([problems, head, erased]).toEqual([[], audit.head(), 0]);
    expect(head.count).toBe(7);
    expect(audit.list({ limit: 3 }).map(({ id, user, subject }) => [id, user, subject])).toEqual([
      [7, 'bob', 'vol-7'],
      [6, 'ann', 'vol-6'],
      [5, 'ann', 'vol-5'],
    ]);
    expect(audit.list({ limit: 3, user: 'ann', before: 6 }).map(({ id }) => id)).toEqual([5, 4, 3]);
  });

  test('is what docs/audit.md says, so that it can be checked without Precedent', () => {
    filled(2);
    const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
    const rows = db.prepare('SELECT * FROM audit ORDER BY id').all() as Record<string, string | number>[];
    let previous = '0'.repeat(64);
    for (const { id, at, user, action, subject, detail, salt, detailHash, hash } of rows) {
      expect(sha256(`${salt}${detail}`)).toBe(detailHash);
      expect(sha256(JSON.stringify([previous, id, at, user, action, subject, detailHash]))).toBe(hash);
      previous = String(hash);
    }
    expect(rows.map(({ salt }) => salt)).toEqual([...new Set(rows.map(({ salt }) => salt))]);
  });

  const other = `'${'a'.repeat(64)}'`;
  test.each([
    ['another user', `UPDATE audit SET user = 'bob' WHERE id = 3`, [3]],
    ['another time', `UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE id = 3`, [3]],
    ['another action', `UPDATE audit SET action = 'export' WHERE id = 3`, [3]],
    ['another subject', `UPDATE audit SET subject = 'vol-9' WHERE id = 6`, [6]],
    ['another detail', `UPDATE audit SET detail = '{"n":4}' WHERE id = 3`, [3]],
    ['another salt', `UPDATE audit SET salt = 'x' WHERE id = 3`, [3]],
    ['another hash of a detail', `UPDATE audit SET detailHash = ${other} WHERE id = 3`, [3, 3]],
    ['another hash', `UPDATE audit SET hash = ${other} WHERE id = 3`, [3, 4]],
    ['an entry taken out', 'DELETE FROM audit WHERE id = 3', [4, 4]],
    ['the first entry taken out', 'DELETE FROM audit WHERE id = 1', [2, 2]],
    [
      'an entry taken out and the others moved up',
      'DELETE FROM audit WHERE id = 3; UPDATE audit SET id = id - 1 WHERE id > 3',
      [3, 4, 5],
    ],
    [
      'two entries exchanged',
      'UPDATE audit SET id = 99 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 99',
      [3, 4, 5],
    ],
    [
      'an entry put in',
      `UPDATE audit SET id = -id WHERE id > 3; UPDATE audit SET id = 1 - id WHERE id < 0;
       INSERT INTO audit SELECT 4, at, 'bob', action, subject, detail, salt, detailHash, hash FROM audit WHERE id = 3`,
      [4, 5, 6, 7],
    ],
    ['a detail gone without a word', 'UPDATE audit SET detail = NULL, salt = NULL WHERE id = 3', [3]],
  ])('shows %s', async (_, sql, at) => {
    const audit = filled();
    tamper(sql);
    expect((await audit.verify()).problems.map((problem) => problem.entry)).toEqual(at);
  });

  test('shows where it was written anew from an entry on, or its end cut off, beside a head that was noted', async () => {
    const audit = filled();
    const noted = audit.head();
    audit.append([entry(7)]);
    expect((await audit.verify(noted)).problems).toEqual([]);
    tamper('DELETE FROM audit WHERE id > 4');
    expect((await audit.verify()).problems).toEqual([]);
    expect((await audit.verify(noted)).problems).toEqual([
      { what: 'the last entries, up to 6, are missing', entry: 4 },
    ]);
    audit.append([entry(5), entry(6), entry(7)]);
    expect((await audit.verify()).problems).toEqual([]);
    expect((await audit.verify(noted)).problems).toEqual([
      { what: 'it is not the entry that was noted elsewhere', entry: 6 },
    ]);
  });
});

describe('SQLite', () => {
  test.each([
    `UPDATE audit SET user = 'bob' WHERE id = 3`,
    `UPDATE audit SET id = 9 WHERE id = 3`,
    `UPDATE audit SET hash = '' WHERE id = 3`,
    `UPDATE audit SET detail = '{}' WHERE id = 3`,
    `UPDATE audit SET salt = NULL WHERE id = 3`,
    'DELETE FROM audit WHERE id = 3',
    'DELETE FROM audit',
    'INSERT INTO audit SELECT 8, at, user, action, subject, detail, salt, detailHash, hash FROM audit WHERE id = 3',
    'INSERT INTO audit SELECT NULL, at, user, action, subject, detail, salt, detailHash, hash FROM audit WHERE id = 3',
    `INSERT OR REPLACE INTO audit SELECT 3, at, 'bob', action, subject, detail, salt, detailHash, hash FROM audit WHERE id = 3`,
    `UPDATE OR REPLACE audit SET id = 4 WHERE id = 3`,
  ])('refuses %s', async (sql) => {
    const audit = filled();
    expect(() => db.exec(sql)).toThrow(/audit|CHECK/);
    expect((await audit.verify()).problems).toEqual([]);
  });
});

describe('what was said in detail', () => {
  test('is erased for good, and the chain holds and says that it was', async () => {
    const audit = filled();
    expect(audit.mentioning(['vol-2', 'vol-3', 'vol-5'])).toEqual([2, 3, 5]);
    expect(audit.eraseDetails([5, 2, 3, 3, 99], 'asked by the patient')).toBe(3);
    expect(audit.list({ limit: 1 })).toMatchObject([
      {
        id: 7,
        user: 'ann',
        action: 'audit.erase',
        subject: '',
        detail: JSON.stringify({ reason: 'asked by the patient', rows: [[2, 3], [5, 5]] }),
      },
    ]); // biome-ignore format: one entry
    expect(audit.list({ limit: 9 }).filter(({ detail }) => detail === undefined)).toHaveLength(3);
    const { problems, erased } = await audit.verify();
    expect([problems, erased]).toEqual([[], 3]);
    expect(audit.mentioning(['vol-2'])).toEqual([]);
    expect(audit.eraseDetails([2, 7], 'again')).toBe(0);
    expect(audit.head().count).toBe(7);
  });

  test('is found by any value or name within it, whole and not in part', () => {
    const audit = filled(1);
    const detail = { before: { keep: 'A "1"^^^North', 'les-a': [{ other: 'les-b' }] } };
    audit.append([{ action: 'lesion.merge', subject: 'les-a', detail }]);
    for (const text of ['A "1"^^^North', 'les-a', 'les-b']) expect(audit.mentioning([text])).toEqual([2]);
    for (const text of ['A', 'North', 'les-', 'les-c', 'vol']) expect(audit.mentioning([text])).toEqual([]);
  });

  test('of a change cannot be taken back once it is gone, the rest of the change can', () => {
    const audit = catalogAudit(db);
    const changes = catalogChanges(db, audit);
    const thing = (subject: string) => ({ action: 'edit', subject, before: 1, after: 2 });
    const change = changes.record('ann', 'grade = 2', [thing('les-a'), thing('les-b')]);
    const last = changes.record('ann', 'grade = 3', [thing('les-c')]);
    expect(change).toMatchObject({ user: 'ann', rows: 2, what: 'grade = 2' });
    audit.eraseDetails([2, 4], 'deleted');
    expect(change && changes.things(change).map(({ subject }) => subject)).toEqual(['les-b']);
    expect(last && changes.find(last.id)).toBeUndefined();
    expect(changes.recent(9).map(({ id }) => id)).toEqual([change?.id]);
  });
});

test('migration 11 carries every entry into the chain, by whoever it was', async () => {
  db.close();
  await rm(path);
  const raw = new Sqlite(path);
  migrate(raw, 10);
  const at = '2026-01-01T00:00:00.000Z';
  const insert = raw.prepare('INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)');
  insert.run(at, 'import', 'vol-1', '{"lesions":2}');
  insert.run(at, 'change', '', '{"user":"ann","what":"grade = 2","rows":1}');
  insert.run(
    at,
    'edit',
    'les-1',
    '{"user":"ann","before":{"labels":{"grade":null}},"after":{"labels":{"grade":"2"}}}',
  );
  raw.transaction(() => {
    for (let n = 0; n < 1500; n++) insert.run(at, 'import', `vol-n${n}`, '{}');
  })();
  raw.close();
  db = openDatabase(path);
  const audit = catalogAudit(db);
  expect(await audit.verify()).toMatchObject({ problems: [], head: { count: 1503 } });
  expect(
    audit.list({ limit: 9, before: 4 }).map((row) => [row.id, row.at, row.user, row.action, row.subject]),
  ).toEqual([
    [3, at, 'ann', 'edit', 'les-1'],
    [2, at, 'ann', 'change', ''],
    [1, at, '', 'import', 'vol-1'],
  ]);
  const changes = catalogChanges(db, audit);
  const change = changes.find('2');
  expect(change).toMatchObject({ user: 'ann', what: 'grade = 2', rows: 1 });
  expect(change && changes.things(change)).toEqual([
    {
      action: 'edit',
      subject: 'les-1',
      before: { labels: { grade: null } },
      after: { labels: { grade: '2' } },
    },
  ]);
  expect(integrityProblems(db)).toEqual([]);
});

test('the hash of an entry tells apart what reads the same when it is put together', () => {
  const one = { id: 1, at: '', user: 'a', action: 'b', subject: 'c', detailHash: 'd' };
  expect(hashOfEntry('', { ...one, user: 'ab', action: '' })).not.toBe(
    hashOfEntry('', { ...one, user: '', action: 'ab' }),
  );
  expect(hashOfDetail('0'.repeat(32), 'x')).not.toBe(hashOfDetail('1'.repeat(32), 'x'));
});
