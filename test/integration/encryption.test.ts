/**
 * An encrypted library through what reads and writes all of it: backups here and elsewhere, archives, deletion, damage, restoring,
 * and the conversions. `npm run test:encryption` does more of it, with engines that are killed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupManifest } from '../../native/contract/backups.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { beginDecryption, beginEncryption } from '../../native/files/encryption.ts';
import { openKeyFile, readKeyFile } from '../../native/files/keyFile.ts';
import { isSealed } from '../../native/files/sealed.ts';
import { generatePhantomLibrary } from '../../native/phantom/generate.ts';
import { canariesIn, filesIn } from '../support/canaries.ts';
import { type EngineHere, engineHere } from '../support/engineHere.ts';
import { precedent, removeFolder, temporaryFolder } from '../support/precedent.ts';

const passphrase = 'a passphrase of some words';
const canaries = ['PH-0001', 'PH-0002', 'SQLite format 3', 'PVOX0002', 'PRCDMAT1', 'IHDR', 'DICM'];
const policy = { ...noPolicy, encryptionRequired: true };

let folder: string;
let library: string;
let elsewhere: string;
let key: Uint8Array | undefined;
let here: EngineHere;

const open = async (root = library) => engineHere(root, { key, policy: key ? policy : noPolicy });
const lie = (...names: string[]) => canariesIn(join(folder, ...names), canaries);
const settings = async () =>
  (await here.call('audit.list', { action: 'setting', limit: 100 })).rows.map(({ detail }) => detail);

beforeAll(async () => {
  folder = await temporaryFolder();
  library = join(folder, 'library');
  elsewhere = join(folder, 'elsewhere');
  await generatePhantomLibrary(join(folder, 'phantom'), { patients: 2, seed: 5, matrix: 64, maxSlices: 24 });
  ({ key } = await beginEncryption(library, passphrase));
  here = await open();
  const job = await here.call('jobs.start', {
    sources: [here.grant(join(folder, 'phantom'), 'read')],
    copy: true,
  });
  const done = async () => (await here.call('jobs.list', {})).find(({ id }) => id === job.id)?.finishedAt;
  while ((await done()) === undefined) await delay(50);
}, 120_000);
afterAll(async () => {
  await here.close();
  await removeFolder(folder);
});

test('what is imported with copies lies sealed, and the audit says that the library is encrypted', async () => {
  expect((await here.call('patients.list', {})).total).toBe(2);
  expect(lie('library')).toEqual([]);
  expect(filesIn(join(library, 'originals')).length).toBeGreaterThan(10);
  for (const path of filesIn(join(library, 'originals'))) expect(isSealed(readFileSync(path))).toBe(true);
  expect(await settings()).toEqual([expect.stringContaining('encrypted')]);
});

let backup: BackupManifest;

test('a backup in another folder is encrypted, sound, and brings the key file', async () => {
  await here.call('backups.make', {});
  await here.call('backups.setFolder', { folder: here.grant(elsewhere, 'read') });
  const { name } = await here.call('backups.make', {});
  backup = (await here.call('backups.verify', { name })) as BackupManifest;
  expect(readdirSync(elsewhere)).toContain(`${name}.sqlite`);
  expect(readdirSync(elsewhere).some((file) => /^key-.*\.json$/.test(file))).toBe(true);
  expect(lie('elsewhere')).toEqual([]);
  expect(lie('library')).toEqual([]);
});

test('an archive of it is open, and makes the same library in another encrypted one', async () => {
  const archive = join(folder, 'archive');
  const written = await here.call('archive.write', { target: here.grant(archive, 'write') });
  expect(lie('archive')).not.toEqual([]);
  const copy = join(folder, 'copy');
  const { key: other } = await beginEncryption(copy, passphrase);
  const there = await engineHere(copy, { key: other, policy });
  const read = await there.call('archive.read', { source: there.grant(archive, 'read') });
  const checked = await there.call('verify.run', { repair: false });
  await there.close();
  expect(read.contentHash).toBe(written.contentHash);
  expect(checked).toMatchObject({ ok: true, problems: [] });
  expect(lie('copy')).toEqual([]);
});

test('a damaged catalog is salvaged under the key, and restored from the backup elsewhere', async () => {
  await here.close();
  const catalog = join(library, 'catalog.sqlite');
  const bytes = readFileSync(catalog);
  bytes.fill(0, bytes.length - 4096);
  writeFileSync(catalog, bytes);
  here = await open();
  const { readOnly } = await here.call('library.info', {});
  expect(readOnly).toMatchObject({ rows: expect.any(Number) });
  expect(readdirSync(join(library, 'staging'))).toContain('salvaged.sqlite');
  expect(lie('library')).toEqual([]);
  const restored = await here.call('backups.restore', { from: here.grant(elsewhere, 'read') });
  expect(restored.backup?.name).toBe(backup.name);
  here = await open();
  expect((await here.call('library.info', {})).readOnly).toBeUndefined();
  expect(await here.call('verify.run', { repair: false })).toMatchObject({ ok: true, problems: [] });
  expect(lie('library')).toEqual([]);
});

test('it is decrypted and encrypted again with its backups, here and elsewhere, and what was set aside', async () => {
  await here.close();
  key = await beginDecryption(library, passphrase);
  here = await engineHere(library, { key });
  expect(filesIn(library).filter((path) => isSealed(readFileSync(path)))).toEqual([]);
  expect(lie('elsewhere')).not.toEqual([]);
  await here.call('backups.verify', { name: backup.name });
  await here.close();
  key = undefined;
  await expect(engineHere(library, { policy })).rejects.toMatchObject({
    kind: 'refused',
    what: expect.stringContaining('must be encrypted'),
  });

  ({ key } = await beginEncryption(library, passphrase));
  here = await open();
  expect(lie('library')).toEqual([]);
  expect(lie('elsewhere')).toEqual([]);
  await here.call('backups.verify', { name: backup.name });
  expect(await here.call('verify.run', { repair: false })).toMatchObject({ ok: true, problems: [] });
  expect(await settings()).toHaveLength(3);
});

test('a backup elsewhere from before it was encrypted is encrypted when it is restored', async () => {
  await here.close();
  const old = join(folder, 'old');
  key = await beginDecryption(library, passphrase);
  here = await engineHere(library, { key });
  await here.call('backups.make', { to: here.grant(old, 'write') });
  await here.close();
  ({ key } = await beginEncryption(library, passphrase));
  here = await open();
  await here.call('backups.restore', { from: here.grant(old, 'read') });
  here = await open();
  expect(await here.call('verify.run', { repair: false })).toMatchObject({ ok: true });
  expect(lie('library')).toEqual([]);
  expect(lie('old')).not.toEqual([]);
});

test('deleting a patient removes the encrypted backups that hold it', async () => {
  const copies = () => filesIn(elsewhere).filter((path) => path.includes('.sqlite'));
  const before = copies();
  expect(before.length).toBeGreaterThan(0);
  const { rows } = await here.call('patients.list', {});
  const gone = await here.call('library.delete', { subject: { patient: rows[0].id } });
  expect(gone.backups).toBeGreaterThan(1);
  expect(copies().filter((path) => before.includes(path))).toEqual([]);
  expect((await here.call('patients.list', {})).total).toBe(1);
  expect(await here.call('verify.run', { repair: false })).toMatchObject({ ok: true, problems: [] });
});

test('the command line is refused without a passphrase, in one line', async () => {
  await here.close();
  const without = await precedent('encoders', 'list', '--library', library);
  expect(without).toMatchObject({
    code: 2,
    stderr: 'the passphrase or recovery key is needed; give --passphrase-file FILE\n',
  });
  const file = join(folder, 'passphrase');
  writeFileSync(file, `${passphrase}\n`);
  const listed = await precedent('encoders', 'list', '--library', library, '--passphrase-file', file);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  here = await open();
});

test('an encryption that was cut off is finished by the same command, which prints a recovery key that opens it', async () => {
  const cut = join(folder, 'cut');
  const file = join(folder, 'passphrase');
  writeFileSync(file, `${passphrase}\n`);
  await (await engineHere(cut, { policy: noPolicy })).close();
  await beginEncryption(cut, passphrase);
  const done = await precedent('encrypt', '--library', cut, '--passphrase-file', file, '--json');
  expect(done.code).toBe(0);
  const keyFile = await readKeyFile(cut);
  expect(keyFile?.state).toBe('encrypted');
  if (keyFile) expect(await openKeyFile(keyFile, JSON.parse(done.stdout).recoveryKey)).toHaveLength(32);
});

test('encrypting that comes to no end says the recovery key all the same', async () => {
  const stuck = join(folder, 'stuck');
  const file = join(folder, 'passphrase');
  writeFileSync(file, `${passphrase}\n`);
  await (await engineHere(stuck, { policy: noPolicy })).close();
  // Where a copy of the catalog is to be written.
  const inTheWay = join(stuck, 'catalog.sqlite.converting');
  mkdirSync(inTheWay);
  const encrypt = () => precedent('encrypt', '--library', stuck, '--passphrase-file', file, '--json');
  const failed = await encrypt();
  expect(failed.code).not.toBe(0);
  const { encrypted, recoveryKey } = JSON.parse(failed.stdout);
  expect(encrypted).toBe(false);
  const opens = async () => {
    const keyFile = await readKeyFile(stuck);
    if (!keyFile) throw new Error('there is no key file');
    await openKeyFile(keyFile, recoveryKey);
  };
  await opens();
  rmdirSync(inTheWay);
  // By the recovery key, which stays what it is.
  writeFileSync(file, recoveryKey);
  expect(await encrypt()).toMatchObject({ code: 0, stdout: '{"encrypted":true}\n' });
  await opens();
  // Before a passphrase is asked for.
  const again = await precedent('encrypt', '--library', stuck);
  expect(again).toMatchObject({ code: 2, stderr: 'the library: it is encrypted already\n' });
});

test('a passphrase that is changed on the command line is changed in the copy of the key file beside the backups too', async () => {
  const [file, next] = [join(folder, 'passphrase'), join(folder, 'next')];
  writeFileSync(file, `${passphrase}\n`);
  writeFileSync(next, 'another passphrase of some words\n');
  await here.call('backups.make', {});
  await here.close();
  const args = ['--library', library, '--passphrase-file', file, '--new-passphrase-file', next];
  expect((await precedent('passphrase', ...args)).code).toBe(0);
  const which = JSON.stringify((await readKeyFile(library))?.slots);
  const copies = readdirSync(elsewhere)
    .filter((name) => name.startsWith('key-'))
    .map((name) => JSON.stringify(JSON.parse(readFileSync(join(elsewhere, name), 'utf8')).slots));
  expect(copies).toContain(which);
  here = await open();
});

test('a library is given no key where the policy wants none', async () => {
  const [file, rules] = [join(folder, 'passphrase'), join(folder, 'policy.json')];
  writeFileSync(file, `${passphrase}\n`);
  writeFileSync(rules, JSON.stringify({ libraryFolder: join(folder, 'allowed') }), { mode: 0o644 });
  const outside = join(folder, 'outside');
  const refused = await precedent(
    '--policy',
    rules,
    'encrypt',
    '--library',
    outside,
    '--passphrase-file',
    file,
  );
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('policy') });
  expect(existsSync(outside)).toBe(false);
});
