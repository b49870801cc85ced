/** Damage is found and healed, in short: `npm run test:damage` does the same five hundred times. And who may open a library. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../native/random.ts';
import { damageFile } from '../support/damage.ts';
import { damageCaches, damageCatalogs } from '../support/damagedLibrary.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { openEngine, precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

interface Verified {
  readonly ok: boolean;
  readonly problems: readonly { readonly what: string; readonly repaired: boolean }[];
  readonly contentHash: string;
}

let folder: string;
let library: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  library = join(folder, 'library');
  await demoLibrary(library, 2);
  // Its own backups are of the library that it is a copy of.
  await precedentJson('backup', '--library', library);
});
afterAll(() => removeFolder(folder));

/** The details of every entry of an action. */
async function auditOf(of: string, action: string): Promise<unknown[]> {
  const host = await openEngine(of);
  const { rows } = await host.engine.call('audit.list', { action });
  await host.close();
  return rows.map(({ detail }) => JSON.parse(detail ?? '{}'));
}

test('damaged matrices, graphs, voxels and thumbnails are made again as they were', async () => {
  expect(await damageCaches({ library, cases: 12, seed: 5 })).toEqual([]);
});

test('a damaged catalog is found when it is opened, only read, and restored', async () => {
  const { failures, closed } = await damageCatalogs({ library, cases: 6, seed: 5 });
  expect(failures).toEqual([]);
  expect(closed).toEqual({ cases: 3, detected: 3 });
});

test('verify --repair heals every kind of damage at once, and says so by its exit code', async () => {
  const before = await precedentJson<Verified>('verify', '--library', library);
  const random = createRandom(1, 'repair');
  for (const [part, ending] of [['vectors', '.matrix'], ['voxels', ''], ['thumbnails', '']] as const) {
    const [name] = readdirSync(join(library, part)).filter((file) => file.endsWith(ending));
    damageFile(join(library, part, name), 'truncate', random);
  } // biome-ignore format: one table
  const found = await precedent('verify', '--library', library, '--json');
  expect(found.code).toBe(1);
  const { problems } = JSON.parse(found.stdout) as Verified;
  expect(problems.map(({ what }) => what).sort()).toEqual([
    'the stored voxels of this volume are damaged',
    'the thumbnail is damaged',
    expect.stringMatching(/^the vector matrix is damaged/),
  ]);
  damageFile(join(library, 'catalog.sqlite'), 'truncate', random);
  const repaired = await precedent('verify', '--library', library, '--repair', '--json');
  expect([repaired.code, repaired.stderr]).toEqual([0, expect.stringContaining('restored the backup')]);
  const after = await precedentJson<Verified>('verify', '--library', library);
  expect(after).toMatchObject({ ok: true, problems: [], contentHash: before.contentHash });
  expect(await auditOf(library, 'restored')).toEqual([
    { of: expect.stringMatching(/-manual$/), setAside: expect.stringMatching(/^\d{4}-/) },
  ]);
});

test('without a backup a damaged catalog can be kept as far as it can be read', async () => {
  for (const name of readdirSync(join(library, 'backups'))) rmSync(join(library, 'backups', name));
  const path = join(library, 'catalog.sqlite');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 8192));
  const rows = join(folder, 'rows');
  const host = await openEngine(library);
  expect(await host.engine.call('library.info', {})).toMatchObject({ readOnly: { state: 'damaged' } });
  const { rows: written } = await host.engine.call('backups.export', { target: host.grant(rows, 'write') });
  expect(written).toBeGreaterThan(20);
  expect(readFileSync(join(rows, 'patient.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
  await host.close();
  const none = await precedent('verify', '--library', library, '--repair');
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there is no sound backup')]);
  await precedentJson('restore', '--library', library, '--salvaged');
  // The entries before may have been in what was cut off.
  expect((await auditOf(library, 'restored'))[0]).toMatchObject({ of: 'what was salvaged' });
  expect((await precedent('verify', '--library', library, '--repair')).code).toBe(0);
});

test('a catalog that another program changed can be kept, which its audit says', async () => {
  const db = new Sqlite(join(library, 'catalog.sqlite'));
  db.exec("UPDATE patient SET sex = 'O' WHERE id = 1");
  db.close();
  expect((await precedent('verify', '--library', library)).code).toBe(1);
  expect((await precedent('restore', '--library', library, '--accept')).code).toBe(0);
  expect((await precedent('verify', '--library', library)).code).toBe(0);
  expect(await auditOf(library, 'restore.accept')).toEqual([{}]);
});

test('a backup from another folder makes the library again where it was lost', async () => {
  const elsewhere = join(folder, 'elsewhere');
  await precedentJson('backup', '--library', library, '--to', elsewhere);
  const before = await precedentJson<Verified>('verify', '--library', library);
  const again = join(folder, 'again');
  await precedentJson('restore', '--library', again, '--from', elsewhere);
  const after = await precedentJson<Verified>('verify', '--library', again, '--repair');
  expect(after.contentHash).toBe(before.contentHash);
});

test('a library that another process or another computer has open is refused, and stays as it is', async () => {
  const host = await openEngine(library);
  const inUse = await precedent('list', '--library', library);
  expect([inUse.code, inUse.stderr.trim()]).toEqual([
    1,
    'the library is in use by another Precedent; close it there first, or choose another library',
  ]);
  await expect(host.engine.call('library.info', {})).resolves.toMatchObject({ counts: { patients: 2 } });
  await host.close();
  const claim = join(library, 'lock.elsewhere');
  writeFileSync(claim, JSON.stringify({ pid: 1, host: 'another-computer', started: '1' }));
  const abroad = await precedent('verify', '--library', library, '--repair');
  expect([abroad.code, abroad.stderr]).toEqual([
    1,
    expect.stringMatching(/^the library is in use on another computer; .*lock/),
  ]);
  expect(existsSync(claim)).toBe(true);
  rmSync(claim);
  expect((await precedent('verify', '--library', library)).code).toBe(0);
});
