/** From the id that a volume has outside to its row. */
import { PrecedentError } from '../contract/errors.ts';
import type { Database } from './database.ts';

/** Returns the row number of a volume; throws `not-found` with what to do. */
export function volumeRows(db: Database): (uid: string, todo?: string) => number {
  const select = db.prepare('SELECT id FROM volume WHERE uid = ?').pluck();
  return (uid, todo = 'open the study again') => {
    const id = select.get(uid);
    if (id === undefined) throw new PrecedentError('not-found', 'there is no such volume', uid, todo);
    return Number(id);
  };
}
