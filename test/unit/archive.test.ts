/** Into which libraries the export of another one may be taken. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readArchive } from '../../native/archive/readArchive.ts';
import { openDatabase, schemaVersion } from '../../native/catalog/database.ts';
import { deleteAction } from '../../native/catalog/deletionAudit.ts';
import { replaceTables } from '../../native/catalog/wholeTables.ts';
import { Library } from '../../native/engine/library.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

test('a record that tells of deletions is not replaced by that of an archive', async () => {
  const library = await Library.open(folder, false);
  library.audit.append([{ action: deleteAction, subject: 'pat-1' }]);
  const read = readArchive(
    library,
    folder,
    async () => undefined,
    new AbortController().signal,
    () => undefined,
  );
  await expect(read).rejects.toMatchObject({
    kind: 'refused',
    what: 'cases were deleted from this library',
  });
  await library.close();
});

test('what is left to remove of what was deleted is not taken in', () => {
  const db = openDatabase(':memory:');
  const row = { id: 1, at: 'then', backups: 'purge', ids: '{"purge":["/home"]}' };
  replaceTables(
    db,
    schemaVersion,
    (table) => (table === 'deletion' ? [row] : []),
    () => undefined,
  );
  expect(db.prepare('SELECT * FROM deletion').all()).toEqual([]);
  db.close();
});
