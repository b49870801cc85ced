/**
 * Who did what: entries that are only ever added. Everything that writes to the audit goes through here; SQLite's triggers
 * (migration 11) refuse any other change, and what goes round them breaks the chain of hashes.
 */
import { randomBytes } from 'node:crypto';
import { genesis, hashOfDetail, hashOfEntry } from './auditChain.ts';
import type { Database } from './database.ts';

export interface NewEntry {
  readonly action: string;
  /** An opaque id, or empty; never what identifies a patient, since a subject stays when its detail is erased. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** Whoever uses the library, unless another is named. */
  readonly user?: string | undefined;
}
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly user: string;
  readonly action: string;
  readonly subject: string;
  /** JSON; undefined once it was erased. */
  readonly detail: string | undefined;
}
/** How far the chain reaches: kept elsewhere, it shows later whether the end was cut off or all of it written anew. */
export interface AuditHead {
  readonly count: number;
  readonly hash: string;
}
export interface AuditSelection {
  readonly action?: string | undefined;
  readonly user?: string | undefined;
  /** Only entries older than this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}
export interface AuditCheck {
  readonly head: AuditHead;
  /** Entries whose detail was erased. */
  readonly erased: number;
  /** What is wrong and at which entry; at most `mostProblems`. */
  readonly problems: readonly { readonly what: string; readonly entry: number }[];
}

const eraseAction = 'audit.erase';
const mostProblems = 100;
const saltBytes = 16;
const window = 1000;

export interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly user: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string | null;
  readonly salt: string | null;
  readonly detailHash: string;
  readonly hash: string;
}
type Range = readonly [first: number, last: number];

/** @param who the user of entries that name none */
export function catalogAudit(db: Database, who: () => string = () => '') {
  const last = db.prepare('SELECT id AS count, hash FROM audit ORDER BY id DESC LIMIT 1');
  const insert = db.prepare(
    'INSERT INTO audit (id, at, user, action, subject, detail, salt, detailHash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const after = db.prepare('SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?');

  const head = (): AuditHead => (last.get() as AuditHead | undefined) ?? { count: 0, hash: genesis };

  function append(entries: Iterable<NewEntry>): number {
    const at = new Date().toISOString();
    let { count: id, hash } = head();
    for (const { action, subject, detail = {}, user = who() } of entries) {
      id++;
      const text = JSON.stringify(detail);
      const salt = randomBytes(saltBytes).toString('hex');
      const detailHash = hashOfDetail(salt, text);
      hash = hashOfEntry(hash, { id, at, user, action, subject, detailHash });
      insert.run(id, at, user, action, subject, text, salt, detailHash, hash);
    }
    return id;
  }

  /** By the next larger one again and again: there are few, and the index leads from one to the next. */
  const distinct = (column: 'user' | 'action'): string[] =>
    db
      .prepare(
        `WITH RECURSIVE found (value) AS (SELECT min(${column}) FROM audit
           UNION ALL SELECT (SELECT min(${column}) FROM audit WHERE ${column} > value) FROM found WHERE value IS NOT NULL)
         SELECT value FROM found WHERE value IS NOT NULL`,
      )
      .pluck()
      .all() as string[];

  function* rows(): Generator<AuditRow> {
    for (let from = 0; ; ) {
      const some = after.all(from, window) as AuditRow[];
      yield* some;
      const end = some.at(-1);
      if (!end) return;
      from = end.id;
    }
  }

  /**
   * One transaction, or a part of the one that runs: a savepoint within it would make SQLite keep the pages of every single row,
   * which takes minutes for 100,000 of them.
   */
  const atOnce = <A extends unknown[], R>(write: (...given: A) => R) => {
    const alone = db.transaction(write);
    return (...given: A): R => (db.inTransaction ? write(...given) : alone(...given));
  };

  return {
    /** Adds entries, whose ids follow each other; returns the last one's id. */
    append: atOnce(append),
    head,

    /** The latest first. */
    list: ({ action, user, before, limit }: AuditSelection): AuditEntry[] => {
      const given = (
        [
          ['action = ?', action],
          ['user = ?', user],
          ['id < ?', before],
        ] as const
      ).filter(([, value]) => value !== undefined);
      const where = given.length > 0 ? `WHERE ${given.map(([sql]) => sql).join(' AND ')}` : '';
      const found = db
        .prepare(`SELECT * FROM audit ${where} ORDER BY id DESC LIMIT ?`)
        .all(...given.map(([, value]) => value), limit) as AuditRow[];
      return found.map(entryOf);
    },
    /** All of it, the oldest first, with the hashes. */
    entries: (): Generator<AuditRow> => rows(),
    users: (): string[] => distinct('user'),
    actions: (): string[] => distinct('action'),

    /** The entries that are about one of these strings: their subject, or a value or name somewhere in their detail. */
    mentioning: (strings: Iterable<string>): number[] => {
      const wanted = new Set([...strings].map((text) => JSON.stringify(text)));
      const found: number[] = [];
      for (const { id, subject, detail } of rows()) {
        const said = detail?.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
        if (detail !== null && (wanted.has(JSON.stringify(subject)) || said.some((text) => wanted.has(text))))
          found.push(id);
      }
      return found;
    },

    /**
     * Erases what these entries said in detail, which an entry of its own tells. They stay in the chain. Returns how many
     * there were; of an erasure the detail stays, since it is what explains the others.
     */
    eraseDetails: atOnce((ids: Iterable<number>, reason: string): number => {
      const erase = db.prepare(
        `UPDATE audit SET detail = NULL, salt = NULL WHERE id = ? AND detail IS NOT NULL AND action != '${eraseAction}'`,
      );
      const erased = [...new Set(ids)].sort((a, b) => a - b).filter((id) => erase.run(id).changes > 0);
      if (erased.length > 0)
        append([{ action: eraseAction, subject: '', detail: { reason, rows: ranges(erased) } }]);
      return erased.length;
    }),

    /**
     * Follows the chain from its beginning.
     * @param anchor what `head` said at some earlier time, kept outside of the library
     * @param pass awaited between entries, so that other work gets its turn
     */
    verify: async (anchor?: AuditHead, pass: () => Promise<void> = async () => {}): Promise<AuditCheck> => {
      const problems: { what: string; entry: number }[] = [];
      const found = (what: string, entry: number) => {
        if (problems.length < mostProblems) problems.push({ what, entry });
      };
      const without: number[] = [];
      const told: Range[] = [];
      let [count, hash] = [0, genesis];
      for (const row of rows()) {
        await pass();
        if (row.id !== count + 1) found('entries before it are missing', row.id);
        if (row.hash !== hashOfEntry(hash, row))
          found('it, or what it follows, is not what was written', row.id);
        if (row.detail === null || row.salt === null) without.push(row.id);
        else if (row.detailHash !== hashOfDetail(row.salt, row.detail))
          found('its detail is not what was written', row.id);
        else if (row.action === eraseAction) told.push(...(JSON.parse(row.detail) as { rows: Range[] }).rows);
        [count, hash] = [row.id, row.hash];
        if (count === anchor?.count && hash !== anchor.hash)
          found('it is not the entry that was noted elsewhere', count);
      }
      if (anchor && count < anchor.count)
        found(`the last entries, up to ${anchor.count}, are missing`, count);
      for (const id of without)
        if (!told.some(([first, last]) => first <= id && id <= last))
          found('its detail is gone, and no entry tells of its erasure', id);
      return { head: { count, hash }, erased: without.length, problems };
    },
  };
}
export type CatalogAudit = ReturnType<typeof catalogAudit>;

function entryOf({ id, at, user, action, subject, detail }: AuditRow): AuditEntry {
  return { id, at, user, action, subject, detail: detail ?? undefined };
}

/** Ascending numbers as the stretches that they make. */
function ranges(ids: readonly number[]): Range[] {
  const made: [number, number][] = [];
  for (const id of ids) {
    const current = made.at(-1);
    if (current && current[1] === id - 1) current[1] = id;
    else made.push([id, id]);
  }
  return made;
}
