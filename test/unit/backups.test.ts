import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkCopy } from '../../native/catalog/backup.ts';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { BackupManifest } from '../../native/contract/backups.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { AutomaticBackups } from '../../native/engine/automaticBackups.ts';
import { backupHandlers } from '../../native/engine/backupHandlers.ts';
import { backupPlace, setBackupFolder } from '../../native/engine/backupPlace.ts';
import { supersededBackups } from '../../native/engine/backupRotation.ts';
import {
  backupPath,
  listBackups,
  makeBackup,
  removeBackup,
  verifyBackup,
} from '../../native/engine/backups.ts';
import { holdingOf, pathsOf, purge } from '../../native/engine/deletionBackups.ts';
import type { Engine } from '../../native/engine/engine.ts';
import { Library } from '../../native/engine/library.ts';
import type { Session } from '../../native/engine/session.ts';
import { beginEncryption } from '../../native/files/encryption.ts';
import { libraryLayout } from '../../native/files/layout.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { volume } from '../support/catalogRows.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

const place = () => ({ folder: join(folder, 'backups'), library: 'library' });

/** A catalog with these patients, open, as while the application runs. */
function catalogOf(...patients: string[]) {
  const path = join(folder, 'catalog.sqlite');
  const db = openDatabase(path);
  for (const patient of patients) catalogWrites(db).addVolume(volume(patient, `content of ${patient}`, []));
  return { path, db };
}

test('a backup of a catalog in use is a whole catalog that says what it holds', async () => {
  const { path, db } = catalogOf('A', 'B');
  const made = await makeBackup(place(), path, 'manual');
  expect(made.counts).toEqual({ patients: 2, studies: 2, volumes: 2, lesions: 0 });
  expect(await listBackups(place())).toEqual([made]);
  expect(readdirSync(place().folder).sort()).toEqual([`${made.name}.json`, `${made.name}.sqlite`]);
  const copy = openDatabase(backupPath(place(), made.name));
  expect(copy.prepare('SELECT patientId FROM patient ORDER BY 1').pluck().all()).toEqual(['A', 'B']);
  copy.close();
  db.close();
});

test('a backup is found damaged by any bit of it, also in a value that SQLite cannot check', async () => {
  const { path, db } = catalogOf('SOMEBODY');
  db.close();
  const { name } = await makeBackup(place(), path, 'manual');
  expect((await verifyBackup(place(), name)).name).toBe(name);
  const file = backupPath(place(), name);
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('SOMEBODY')] ^= 1;
  writeFileSync(file, bytes);
  await expect(verifyBackup(place(), name)).rejects.toMatchObject({ kind: 'corrupt' });
});

test('a catalog that is damaged gives no backup, and leaves nothing behind', async () => {
  const { path, db } = catalogOf('A');
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4096, 12_288);
  writeFileSync(path, bytes);
  await expect(makeBackup(place(), path, 'manual')).rejects.toMatchObject({ kind: 'corrupt' });
  expect(readdirSync(place().folder)).toEqual([]);
});

test('a copy that is damaged where its catalog is not is a fault of its disk: the library is not taken for damaged', async () => {
  const { path, db } = catalogOf('A');
  const { name } = await makeBackup(place(), path, 'manual');
  const copy = backupPath(place(), name);
  const bytes = readFileSync(copy);
  bytes.fill(0xa5, 4096, 12_288);
  writeFileSync(copy, bytes);
  expect(() => checkCopy(db, copy)).toThrow('a backup is not what was written; check the disk');
  db.pragma('foreign_keys = OFF');
  db.exec(`UPDATE study SET patient = 99`);
  expect(() => checkCopy(db, path)).toThrow('a row of study refers to one that is missing');
  db.close();
});

test('backups of another library in the same folder are left alone', async () => {
  const { path, db } = catalogOf('A');
  const other = { ...place(), library: 'other' };
  const [mine, theirs] = [await makeBackup(place(), path, 'manual'), await makeBackup(other, path, 'manual')];
  expect(await listBackups(place())).toEqual([mine]);
  expect((await listBackups({ folder: other.folder })).map(({ name }) => name).sort()).toEqual(
    [mine.name, theirs.name].sort(),
  );
  await removeBackup(place(), mine.name);
  expect(await listBackups(other)).toEqual([theirs]);
  const [ours, unfinished] = [mine, theirs].map(({ name }) => `${name}.sqlite.tmp`);
  for (const name of [ours, unfinished]) writeFileSync(join(place().folder, name), 'being written');
  await makeBackup(place(), path, 'manual');
  const left = readdirSync(place().folder).filter((name) => name.endsWith('.tmp'));
  expect(left).toEqual([unfinished]);
  db.close();
});

/** As a deletion of this patient does from the library in a folder. */
async function purgeOf(root: string, patient: string, identity = ''): Promise<void> {
  const layout = libraryLayout(root);
  const session = { policy: noPolicy } as Session;
  const ids = { patients: [patient], studies: [], volumes: [], lesions: [] };
  const names = new Set([patient, identity]);
  await purge({ layout, session }, pathsOf(layout, await holdingOf({ layout, session }, { ids, names })));
}

test('purging removes the backups that know a patient and those that cannot be read', async () => {
  const { path, db } = catalogOf('A');
  const { name: before } = await makeBackup(place(), path, 'manual');
  catalogWrites(db).addVolume(volume('B', 'of b', []));
  const uid = String(db.prepare(`SELECT uid FROM patient WHERE patientId = 'B'`).pluck().get());
  await makeBackup(place(), path, 'migration');
  const { name: unreadable } = await makeBackup(place(), path, 'automatic');
  writeFileSync(backupPath(place(), unreadable), 'no catalog');
  await purgeOf(folder, uid);
  expect((await listBackups(place())).map(({ name }) => name)).toEqual([before]);
  db.close();
});

test('of another library in the same folder no backup is purged, although it knows the same patient', async () => {
  const root = join(folder, 'library');
  const layout = libraryLayout(root);
  const shared = join(folder, 'shared');
  await setBackupFolder(layout, shared);
  const { path, db } = catalogOf('A');
  const mine = await makeBackup(await backupPlace(layout, noPolicy), path, 'manual');
  const theirs = await makeBackup({ folder: shared, library: 'other' }, path, 'manual');
  await purgeOf(root, 'pat-of-mine', 'A');
  expect((await listBackups({ folder: shared })).map(({ name }) => name)).toEqual([theirs.name]);
  expect(existsSync(backupPath({ folder: shared }, mine.name))).toBe(false);
  db.close();
});

test('purging removes what lies beside a backup and nothing else, whatever the folders above it are called', async () => {
  const root = join(folder, 'my.sqlite-library');
  const { backups } = libraryLayout(root);
  mkdirSync(backups, { recursive: true });
  for (const path of ['b.sqlite', 'b.json', '../../my.json'])
    writeFileSync(join(backups, path), 'no catalog');
  const { path, db } = catalogOf('A');
  const { name: other } = await makeBackup(await backupPlace(libraryLayout(root), noPolicy), path, 'manual');
  // Of a conversion that was cut off.
  writeFileSync(join(backups, `${other}.sqlite.converting.17-0.tmp`), 'no catalog');
  await purgeOf(root, 'pat-1');
  expect(readdirSync(backups).sort()).toEqual([`${other}.json`, `${other}.sqlite`, 'settings.json']);
  db.close();
  expect(readdirSync(folder).sort()).toEqual(['catalog.sqlite', 'my.json', 'my.sqlite-library']);
});

test('the key of older backups stays beside them when the library has another', async () => {
  for (const name of ['first', 'second']) {
    const root = join(folder, name);
    const { key } = await beginEncryption(root, 'a passphrase of some words');
    const forget = unlockFolder(root, key);
    openDatabase(join(root, 'catalog.sqlite')).close();
    // Twice, since the same key has one file.
    for (const kind of ['manual', 'migration'] as const)
      await makeBackup(place(), join(root, 'catalog.sqlite'), kind);
    forget();
  }
  expect(readdirSync(place().folder).filter((name) => name.startsWith('key-'))).toHaveLength(2);
});

/** What the engine answers, about the library in `folder`. */
function asked() {
  const session = { policy: noPolicy } as Session;
  const db = { name: join(folder, 'salvaged.sqlite') };
  const library = { layout: libraryLayout(folder), session, db, readOnly: { rows: 1 } } as unknown as Library;
  const backups = new AutomaticBackups(library, async () => undefined);
  const handlers = backupHandlers(
    { library, backups, close: async () => undefined } as unknown as Engine,
    () => undefined,
  );
  const ask = <R>(method: keyof typeof handlers, params: object): Promise<R> =>
    Promise.resolve((handlers[method] as unknown as (params: object) => R)(params));
  return { backups, ask };
}

test('a backup is neither checked nor removed while another works on backups', async () => {
  const { path, db } = catalogOf('A');
  db.close();
  const { name } = await makeBackup(place(), path, 'manual');
  const { backups, ask } = asked();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const deletion = backups.held(async () => {
    await gate;
    await removeBackup(place(), name);
  });
  const verified = ask('backups.verify', { name });
  open();
  await deletion;
  await expect(verified).rejects.toMatchObject({ kind: 'not-found' });
  expect(readdirSync(place().folder)).toEqual(['settings.json']);
});

test('restoring into a library that something else closes is not said to be done', async () => {
  await expect(asked().ask('backups.restore', { salvaged: true })).rejects.toMatchObject({
    kind: 'interrupted',
  });
});

test('of automatic backups the newest of seven days and of four weeks before stay', () => {
  const made = (kind: BackupManifest['kind'], daysAgo: number, hour: number): BackupManifest => {
    const at = new Date(Date.UTC(2026, 5, 30, hour) - daysAgo * 86_400_000).toISOString();
    const counts = { patients: 0, studies: 0, volumes: 0, lesions: 0 };
    const rest = { library: 'l', verifiedAt: at, schema: 1, counts, bytes: 1, sha256: '', rowsHash: '' };
    return { name: `${kind}-${daysAgo}-${hour}`, kind, at, ...rest };
  };
  const days = Array.from({ length: 60 }, (_, day) => day);
  const all = [
    ...days.flatMap((day) => [made('automatic', day, 8), made('automatic', day, 16)]),
    ...days.flatMap((day) => [made('manual', day, 9), made('migration', day, 10)]),
  ];
  const superseded = new Set(supersededBackups(all));
  const kept = all.filter(({ name, kind }) => kind === 'automatic' && !superseded.has(name));
  // 2026-06-30 is a Tuesday: the week of the oldest day kept (the 24th) began on Monday, the 22nd.
  expect(kept.map(({ at }) => at.slice(0, 13))).toEqual(
    ['30', '29', '28', '27', '26', '25', '24', '23', '21', '14', '07'].map((day) => `2026-06-${day}T16`),
  );
  expect([...superseded].every((name) => name.startsWith('automatic'))).toBe(true);
});

test('a library that stays open is backed up once a day, when it holds other things than before', async () => {
  const library = await Library.open(folder, false);
  const own = await backupPlace(library.layout, noPolicy);
  const nothing = async () => undefined;
  /** As the application is started: it looks at once. */
  const start = async () => {
    const automatic = new AutomaticBackups(library, nothing);
    automatic.start();
    await automatic.stop();
    expect(automatic.problem).toBeUndefined();
    return (await listBackups(own)).length;
  };
  /** Makes every backup a day older. */
  const nextDay = async () => {
    for (const backup of await listBackups(own)) {
      const at = new Date(Date.parse(backup.at) - 86_400_000).toISOString();
      writeFileSync(join(own.folder, `${backup.name}.json`), JSON.stringify({ ...backup, at }));
    }
  };
  expect(await start()).toBe(0);
  library.writes.addVolume(volume('A', 'content a', []));
  expect(await start()).toBe(1);
  library.writes.addVolume(volume('B', 'content b', []));
  expect(await start()).toBe(1);
  await nextDay();
  expect(await start()).toBe(2);
  await nextDay();
  expect(await start()).toBe(2);
  await library.close();
});

test('a folder for backups that cannot be written is told, and the library goes on', async () => {
  const library = await Library.open(folder, false);
  library.writes.addVolume(volume('A', 'content a', []));
  writeFileSync(join(folder, 'file'), '');
  await setBackupFolder(library.layout, join(folder, 'file', 'below'));
  const automatic = new AutomaticBackups(library, async () => undefined);
  automatic.start();
  await automatic.stop();
  expect(automatic.problem).toMatch(/a part of the path is a file/);
  expect(library.readOnly).toBeNull();
  await library.close();
});
