/** The images of a volume's original files: read once for a volume, and again once its files lie elsewhere. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { Engine } from '../../native/engine/engine.ts';
import { originalImages } from '../../native/engine/originalImages.ts';
import { volume } from '../support/catalogRows.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

test('files that were moved and found again are read where they lie now', async () => {
  const db = openDatabase(':memory:');
  const writes = catalogWrites(db);
  const [before, after] = ['before.dcm', 'after.dcm'].map((name) => join(folder, name));
  for (const path of [before, after]) await writeFile(path, '');
  writes.addVolume({ ...volume('A', 'one', []), uid: 'vol', files: [{ path: before }] });
  const read: string[][] = [];
  const call = async (_: string, { files }: { files: string[] }) => {
    read.push(files);
    return { study: {}, images: [] };
  };
  const engine = { library: { reads: catalogReads(db) }, reader: { call } } as unknown as Engine;
  await originalImages(engine, 'vol');
  expect((await originalImages(engine, 'vol')).files).toEqual([before]);
  expect(read).toEqual([[before]]);
  writes.relocate('vol', [after], folder);
  expect((await originalImages(engine, 'vol')).files).toEqual([after]);
  expect(read).toEqual([[before], [after]]);
  db.close();
});
