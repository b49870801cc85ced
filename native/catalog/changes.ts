/**
 * Changes by hand as the audit keeps them: a head that says who did what and when, and after it one row for each thing that
 * was changed, with what it was before and is after. A change is taken back from its own rows, by another change.
 */
import type { ChangeRow } from '../contract/library.ts';
import type { CatalogAudit } from './audit.ts';
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

export function catalogChanges(db: Database, audit: CatalogAudit) {
  // What was erased cannot be told, and not be taken back.
  const selectHeads = `SELECT * FROM audit WHERE action = '${headAction}' AND detail IS NOT NULL`;
  const head = db.prepare(`${selectHeads} AND id = ?`);
  const heads = db.prepare(`${selectHeads} ORDER BY id DESC LIMIT ?`);
  const undoing = db
    .prepare(`SELECT id FROM audit WHERE id > ? AND action = '${headAction}' AND subject = ?`)
    .pluck();
  const things = db.prepare('SELECT action, subject, detail FROM audit WHERE id > ? AND id <= ? ORDER BY id');

  function rowOf({ id, at, user, detail }: Row): Omit<ChangeRow, 'undoneBy'> {
    const { what, rows, undoes } = JSON.parse(String(detail)) as Pick<ChangeRow, 'what' | 'rows' | 'undoes'>;
    return { id: String(id), at: String(at), user: String(user), what, rows, undoes };
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
      const detail = { what, rows: changed.length, undoes };
      const last = audit.append([
        { action: headAction, subject: undoes ?? '', detail, user },
        ...changed.map(({ action, subject, before, after }) => ({
          action,
          subject,
          detail: { before, after },
          user,
        })),
      ]);
      return find(String(last - changed.length));
    },
    find,
    /** Without those whose detail was erased. */
    things: ({ id, rows }: ChangeRow): ChangedThing[] =>
      (things.all(Number(id), Number(id) + rows) as Row[]).flatMap(({ action, subject, detail }) => {
        if (detail === null) return [];
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
