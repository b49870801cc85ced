/** Demonstration libraries for tests: one is made for each size and seed, and every test works on a copy of its own. */
import { cp } from 'node:fs/promises';
import { editCatalog } from './editCatalog.ts';
import { madeOnce } from './madeOnce.ts';
import { precedentJson } from './precedent.ts';

/** Puts what `precedent demo --patients … --seed …` makes into a folder that is not there yet. */
export async function demoLibrary(folder: string, patients: number, seed = 1): Promise<void> {
  const made = await madeOnce(`${patients} patients, seed ${seed}`, (library) =>
    precedentJson('demo', '--library', library, '--patients', String(patients), '--seed', String(seed)),
  );
  await cp(made, folder, { recursive: true });
  // The generated originals lie in the library, and the catalog says where.
  editCatalog(folder, (db) => {
    for (const [table, column] of paths)
      db.prepare(`UPDATE ${table} SET ${column} = replace(${column}, ?, ?)`).run(made, folder);
  });
}

/** Where the catalog names files. */
const paths = [
  ['source_file', 'path'],
  ['volume', 'path'],
  ['job', 'sources'],
  ['job', 'labels'],
] as const;
