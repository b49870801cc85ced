/** Encrypting and decrypting a library whose catalog is damaged, which stays what it was, and one that the policy wants encrypted by then. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noPolicy } from '../../native/contract/policy.ts';
import { markReplaced } from '../../native/engine/catalogSeal.ts';
import { Library } from '../../native/engine/library.ts';
import { unlockLibrary } from '../../native/engine/unlock.ts';
import { beginDecryption, beginEncryption } from '../../native/files/encryption.ts';
import { operations, writeFileAtomic } from '../../native/files/files.ts';
import { newKeyFile, readKeyFile, writeKeyFile } from '../../native/files/keyFile.ts';
import { isSealed } from '../../native/files/sealed.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const passphrase = 'a passphrase of some words';
let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  await (await Library.open(folder, false)).close();
});
afterEach(() => removeFolder(folder));

const finish = (key: Uint8Array, policy = noPolicy) => unlockLibrary(folder, key, policy, () => undefined);
const refused = { kind: 'corrupt', todo: 'open it as it was, restore a backup, and try again' };

/** Changes some bytes of the catalog; without its seal as after a crash. */
async function damage(from: number, to: number, sealed: boolean): Promise<void> {
  const path = join(folder, 'catalog.sqlite');
  const bytes = readFileSync(path);
  for (let at = from; at < to; at++) bytes[at] ^= 0x5a;
  writeFileSync(path, bytes);
  if (!sealed) await rm(join(folder, 'catalog.seal'));
}

test.each([
  ['is not the one that was closed', 27, 28, true, 'changed'],
  ['SQLite cannot read', 100, 4096, false, 'damaged'],
] as const)('a library whose catalog %s is not encrypted', async (_, from, to, sealed, state) => {
  await damage(from, to, sealed);
  const { key } = await beginEncryption(folder, passphrase);
  await expect(finish(key)).rejects.toMatchObject(refused);
  expect(await readKeyFile(folder)).toBeNull();
  const library = await Library.open(folder, false);
  expect(library.readOnly?.state).toBe(state);
  await library.close();
});

test('the key stays where something is sealed already', async () => {
  const { key } = await beginEncryption(folder, passphrase);
  const forget = unlockFolder(folder, key);
  await writeFileAtomic(join(folder, 'voxels', 'vol-1.vox'), Buffer.from('voxels'));
  forget();
  await damage(100, 4096, false);
  await expect(finish(key)).rejects.toMatchObject({ kind: 'corrupt' });
  expect((await readKeyFile(folder))?.state).toBe('encrypting');
});

test('an encrypted library whose catalog is damaged stays encrypted', async () => {
  const { key } = await beginEncryption(folder, passphrase);
  expect(await finish(key)).toBe(key);
  await damage(100, 4096, true);
  await beginDecryption(folder, passphrase);
  await expect(finish(key)).rejects.toMatchObject(refused);
  expect((await readKeyFile(folder))?.state).toBe('encrypted');
  const forget = unlockFolder(folder, key);
  const library = await Library.open(folder, false);
  expect(library.readOnly?.state).toBe('damaged');
  await library.close();
  forget();
});

test('a catalog that was restored says so in its audit also where it is encrypted before it is opened', async () => {
  const library = await Library.open(folder, false);
  await library.close(() =>
    markReplaced(library.layout, { action: 'restored', user: 'ann', detail: { of: 'a backup' } }),
  );
  const { key } = await beginEncryption(folder, passphrase);
  await finish(key);
  const forget = unlockFolder(folder, key);
  const restored = await Library.open(folder, false);
  expect(restored.audit.list({ action: 'restored', limit: 9 })).toMatchObject([{ user: 'ann' }]);
  await restored.close();
  forget();
});

test('a decryption that was cut off is taken back, whatever it had decrypted, where libraries must be encrypted by now', async () => {
  const { key } = await beginEncryption(folder, passphrase);
  await finish(key);
  const [catalog, voxels] = [join(folder, 'catalog.sqlite'), join(folder, 'voxels', 'vol-1.vox')];
  const isPlain = () => readFileSync(catalog, 'latin1').startsWith('SQLite format 3');
  const forget = unlockFolder(folder, key);
  await writeFileAtomic(voxels, Buffer.from('voxels'));
  forget();
  await beginDecryption(folder, passphrase);
  const rename = vi.spyOn(operations, 'rename');
  rename.mockImplementation(async (from, to) => {
    if (to === voxels) throw Object.assign(new Error('cut off'), { code: 'EIO' });
    renameSync(from, to);
  });
  await expect(finish(key)).rejects.toMatchObject({ kind: 'storage' });
  rename.mockRestore();
  expect([isPlain(), isSealed(readFileSync(voxels))]).toEqual([true, true]);
  expect(await finish(key, { ...noPolicy, encryptionRequired: true })).toBe(key);
  expect([isPlain(), isSealed(readFileSync(voxels))]).toEqual([false, true]);
  expect((await readKeyFile(folder))?.state).toBe('encrypted');
});

test('a sound library to which another key file was put is refused, and not taken for damaged', async () => {
  const { key } = await beginEncryption(folder, passphrase);
  await finish(key);
  const forget = unlockFolder(folder, key);
  await (await Library.open(folder, false)).close();
  forget();
  const other = await newKeyFile(passphrase, 'encrypted');
  await writeKeyFile(folder, other.file);
  const forgetOther = unlockFolder(folder, other.key);
  await expect(Library.open(folder, false)).rejects.toMatchObject({ kind: 'refused', where: 'key.json' });
  forgetOther();
});
