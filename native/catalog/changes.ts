/**
 * Changes by hand as the audit keeps them: a head that says who did what and when, and after it one row for each thing that
 * was changed, with what it was before and is after. A change is taken back from its own rows, by another change.
 */
import type { ChangeRow } from '../contract/library.ts';
import type { Database } from './database.ts';

type Row = Readonly<Record<string, unknown>>;

/** One thing that a change changed; `before` and `after` are for whoever wrote the row to read. */
export interface ChangedThing {
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Of a head, whose subject is the change that it takes back, or nothing. */
const headAction = 'change';

export function catalogChanges(db: Database) {
  const insert = db.prepare('INSERT INTO audit (at, action, subject, detail) VALUES (?, ?, ?, ?)');
  const head = db.prepare(`SELECT * FROM audit WHERE id = ? AND action = '${headAction}'`);
  const heads = db.prepare(`SELECT * FROM audit WHERE action = '${headAction}' ORDER BY id DESC LIMIT ?`);
  const undoing = db
    .prepare(`SELECT id FROM audit WHERE id > ? AND action = '${headAction}' AND subject = ?`)
    .pluck();
  const things = db.prepare('SELECT action, subject, detail FROM audit WHERE id > ? AND id <= ? ORDER BY id');

  function rowOf({ id, at, detail }: Row): Omit<ChangeRow, 'undoneBy'> {
    const { user, what, rows, undoes } = JSON.parse(String(detail)) as Omit<ChangeRow, 'id' | 'at'>;
    return { id: String(id), at: String(at), user, what, rows, undoes };
  }
  const find = (id: string): ChangeRow | undefined => {
    const row = head.get(Number(id)) as Row | undefined;
    if (!row) return undefined;
    const by = undoing.get(row.id, String(row.id));
    return { ...rowOf(row), undoneBy: by === undefined ? undefined : String(by) };
  };

  return {
    /** Writes a change down, inside of the transaction that makes it: the ids of its rows follow each other. */
    record: (
      user: string,
      what: string,
      changed: readonly ChangedThing[],
      undoes?: string,
    ): ChangeRow | undefined => {
      if (changed.length === 0) return undefined;
      const at = new Date().toISOString();
      const detail = JSON.stringify({ user, what, rows: changed.length, undoes });
      const id = String(insert.run(at, headAction, undoes ?? '', detail).lastInsertRowid);
      for (const { action, subject, before, after } of changed)
        insert.run(at, action, subject, JSON.stringify({ user, before, after }));
      return find(id);
    },
    find,
    things: ({ id, rows }: ChangeRow): ChangedThing[] =>
      (things.all(Number(id), Number(id) + rows) as Row[]).map(({ action, subject, detail }) => {
        const { before, after } = JSON.parse(String(detail)) as Pick<ChangedThing, 'before' | 'after'>;
        return { action: String(action), subject: String(subject), before, after };
      }),
    /** The latest first. */
    recent: (limit: number): ChangeRow[] => {
      const rows = (heads.all(limit) as Row[]).map(rowOf);
      // Whatever took one of them back came after it, and is among them.
      const undone = new Map(rows.map(({ id, undoes }) => [undoes, id]));
      return rows.map((row) => ({ ...row, undoneBy: undone.get(row.id) }));
    },
  };
}
export type CatalogChanges = ReturnType<typeof catalogChanges>;
