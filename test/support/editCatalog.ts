/** Changes the catalog of a closed library behind Precedent's back, and so that it does not take that for damage. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

export function editCatalog(library: string, edit: (db: Sqlite.Database) => void): void {
  const db = new Sqlite(join(library, 'catalog.sqlite'));
  try {
    edit(db);
  } finally {
    db.close();
  }
  rmSync(join(library, 'catalog.seal'), { force: true });
}
