/** Named sets of filters, kept in the library. */

import { type FilterSet, filterSet } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Database } from './database.ts';

export function catalogFilterSets(db: Database) {
  const upsert = db.prepare(
    'INSERT INTO filter_set VALUES (?, ?) ON CONFLICT DO UPDATE SET conditions = excluded.conditions',
  );
  return {
    list: (): FilterSet[] =>
      (
        db.prepare('SELECT name, conditions FROM filter_set ORDER BY name').all() as {
          name: string;
          conditions: string;
        }[]
      ).map(({ name, conditions }) => filterSet.parse({ name, where: JSON.parse(conditions) })),
    /** Replaces the set of the same name. */
    save: ({ name, where }: FilterSet): void => {
      upsert.run(name, JSON.stringify(where));
    },
    /** Throws `not-found`. */
    remove: (name: string): void => {
      if (db.prepare('DELETE FROM filter_set WHERE name = ?').run(name).changes > 0) return;
      throw new PrecedentError('not-found', `there is no set of filters "${name}"`);
    },
  };
}
export type CatalogFilterSets = ReturnType<typeof catalogFilterSets>;
