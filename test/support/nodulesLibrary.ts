/** The LIDC nodules of the shared data as a library: imported once, and every test works on a copy of its own. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { madeOnce } from './madeOnce.ts';
import { precedentJson } from './precedent.ts';

/**
 * Puts the library into a folder that is not there yet.
 * @param shared the folder of shared data
 */
export async function nodulesLibrary(folder: string, shared: string): Promise<void> {
  const data = join(shared, 'data/lidc-nodules');
  const made = await madeOnce('LIDC nodules', (library) =>
    precedentJson('import', data, '--labels', join(data, 'labels.csv'), '--library', library),
  );
  await cp(made, folder, { recursive: true });
}
