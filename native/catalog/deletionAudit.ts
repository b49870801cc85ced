/** Erases from the audit what it says of the deleted: that something was done, when and to which opaque id, stays. */
import type { Database } from './database.ts';
import type { Tracer } from './traces.ts';

type Row = Readonly<Record<string, unknown>>;

/** A change of nothing but the deleted also loses what its head says. */
export function eraseAudit(db: Database, tracer: Tracer): void {
  const rows = db.prepare('SELECT id, action, subject, detail FROM audit ORDER BY id').all() as Row[];
  const erased = new Set<number>();
  const tells = ({ subject, detail }: Row) =>
    tracer.isTrace(String(subject)) || tracer.jsonHolds(String(detail), true);
  for (const row of rows) if (row.detail !== '{}' && tells(row)) erased.add(Number(row.id));
  for (const { id, action, detail } of rows) {
    if (action !== 'change') continue;
    const { rows: things = 0 } = JSON.parse(String(detail)) as { rows?: number };
    const own = Array.from({ length: things }, (_, n) => Number(id) + 1 + n);
    if (own.length > 0 && own.every((thing) => erased.has(thing))) erased.add(Number(id));
  }
  const erase = db.prepare(`UPDATE audit SET detail = '{}' WHERE id = ?`);
  for (const id of erased) erase.run(id);
}
