/** Step 11 of the schema: the audit becomes a chain, and what it held before is carried over in its order; users of the library. */
import { randomBytes } from 'node:crypto';
import { genesis, hashOfDetail, hashOfEntry } from './auditChain.ts';
import type { Database } from './database.ts';

const schema = `
  ALTER TABLE audit RENAME TO audit_10;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    user TEXT NOT NULL,
    action TEXT NOT NULL,
    /* An opaque id, or nothing. */
    subject TEXT NOT NULL,
    /* Null once it was erased, and its salt with it. */
    detail TEXT,
    salt TEXT,
    detailHash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CHECK ((detail IS NULL) = (salt IS NULL))
  ) STRICT;
  CREATE TABLE local_user (
    name TEXT PRIMARY KEY,
    /* As scrypt made it, with its salt and cost; null without one. */
    pin TEXT,
    /* Wrong PINs in a row, and when the last was tried, in ms since 1970. */
    failures INTEGER NOT NULL DEFAULT 0,
    failedAt INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
`;

const guards = `
  DROP TABLE audit_10;
  CREATE INDEX audit_patient_merge ON audit (subject) WHERE action = 'patient.merge';
  CREATE INDEX audit_user ON audit (user);
  CREATE INDEX audit_action ON audit (action);
  CREATE TRIGGER audit_added BEFORE INSERT ON audit
    WHEN new.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
  CREATE TRIGGER audit_removed BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
  CREATE TRIGGER audit_changed BEFORE UPDATE ON audit
    WHEN (new.id, new.at, new.user, new.action, new.subject, new.detailHash, new.hash)
      IS NOT (old.id, old.at, old.user, old.action, old.subject, old.detailHash, old.hash)
      OR new.detail IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'of the audit only details are erased'); END;
`;

interface Earlier {
  readonly at: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly id: number;
}

/** Ids stay; where entries were missing, the chain begins with what is there and numbers it as it was. */
export function chainAudit(db: Database): void {
  db.exec(schema);
  const insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const after = db.prepare('SELECT * FROM audit_10 WHERE id > ? ORDER BY id LIMIT 1000');
  let hash = genesis;
  for (let from = 0; ; ) {
    const rows = after.all(from) as Earlier[];
    for (const { id, at, action, subject, detail } of rows) {
      const user = userOf(detail);
      const salt = randomBytes(16).toString('hex');
      const detailHash = hashOfDetail(salt, detail);
      hash = hashOfEntry(hash, { id, at, user, action, subject, detailHash });
      insert.run(id, at, user, action, subject, detail, salt, detailHash, hash);
      from = id;
    }
    if (rows.length === 0) break;
  }
  db.exec(guards);
}

/** Of changes by hand the detail said it; of anything else nothing did. */
function userOf(detail: string): string {
  const { user } = JSON.parse(detail) as { user?: unknown };
  return typeof user === 'string' ? user : '';
}
