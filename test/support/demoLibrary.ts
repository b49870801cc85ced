/** Demonstration libraries for tests: one is made for each size and seed, and every test works on a copy of its own. */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { editCatalog } from './editCatalog.ts';
import { precedentJson } from './precedent.ts';

/** Puts what `precedent demo --patients … --seed …` makes into a folder that is not there yet. */
export async function demoLibrary(folder: string, patients: number, seed = 1): Promise<void> {
  const kept = process.env.PRECEDENT_TEST_LIBRARIES;
  if (kept === undefined) throw new Error('tools/test/libraries.mjs has not made a place for libraries');
  const made = join(kept, `${patients} patients, seed ${seed}`);
  if (!existsSync(made)) {
    await precedentJson('demo', '--library', made, '--patients', String(patients), '--seed', String(seed));
  }
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
