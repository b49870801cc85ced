/** The users of a library, with what is kept of their PINs and under their names. */
import type { Database } from './database.ts';

export interface LocalUser {
  readonly name: string;
  /** As `hashPin` made it; null without one. */
  readonly pin: string | null;
  /** Wrong PINs in a row, and when the last was tried, in ms since 1970. */
  readonly failures: number;
  readonly failedAt: number;
}

/** Where something is kept for a user. */
const keptFor = ['saved_query', 'open_search', 'unsaved_mark', 'feedback_query'] as const;

export function catalogUsers(db: Database) {
  const select = 'SELECT name, pin, failures, failedAt FROM local_user';
  return {
    list: (): LocalUser[] => db.prepare(`${select} ORDER BY name`).all() as LocalUser[],
    find: (name: string): LocalUser | undefined =>
      db.prepare(`${select} WHERE name = ?`).get(name) as LocalUser | undefined,
    /** False where there is one of this name. */
    add: (name: string, pin: string | null): boolean =>
      db.prepare('INSERT INTO local_user (name, pin) VALUES (?, ?) ON CONFLICT DO NOTHING').run(name, pin)
        .changes > 0,
    /** What was kept for one name is the other's from now on, but for what they have under the same name or for the same thing. */
    handOver: (from: string, to: string): void => {
      for (const table of keptFor)
        db.prepare(`UPDATE OR IGNORE ${table} SET user = ? WHERE user = ?`).run(to, from);
    },
    remove: (name: string): boolean =>
      db.prepare('DELETE FROM local_user WHERE name = ?').run(name).changes > 0,
    setPin: (name: string, pin: string | null): void => {
      db.prepare('UPDATE local_user SET pin = ? WHERE name = ?').run(pin, name);
    },
    setFailures: (name: string, failures: number, failedAt: number): void => {
      db.prepare('UPDATE local_user SET failures = ?, failedAt = ? WHERE name = ?').run(
        failures,
        failedAt,
        name,
      );
    },
  };
}
export type CatalogUsers = ReturnType<typeof catalogUsers>;
