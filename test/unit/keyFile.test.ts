import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  keychainSealed,
  newKeyFile,
  openKeyFile,
  readKeyFile,
  withKeychain,
  withPassphrase,
  withRecoveryKey,
  writeKeyFile,
} from '../../native/files/keyFile.ts';
import { newRecoveryKey, recoveryBytes } from '../../native/files/recoveryKey.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const passphrase = 'Gänseblümchen im Nebel';
let made: Awaited<ReturnType<typeof newKeyFile>>;
let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  made = await newKeyFile(passphrase, 'encrypted');
});
afterAll(() => removeFolder(folder));

test('passphrase and recovery key open the same key, however the letters are composed', async () => {
  const { key, file, recoveryKey } = made;
  expect(key).toHaveLength(32);
  expect(passphrase.normalize('NFD')).not.toBe(passphrase);
  expect(await openKeyFile(file, passphrase.normalize('NFD'))).toEqual(key);
  expect(await openKeyFile(file, recoveryKey)).toEqual(key);
  expect(
    await openKeyFile(file, ` ${recoveryKey.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')}`),
  ).toEqual(key);
});

test('anything else is refused in one line', async () => {
  const wrong = { kind: 'refused', what: 'the passphrase is wrong' };
  await expect(openKeyFile(made.file, newRecoveryKey())).rejects.toMatchObject(wrong);
});

test('the file holds neither the key nor what opens it', async () => {
  await writeKeyFile(folder, made.file);
  const text = readFileSync(join(folder, 'key.json'), 'utf8');
  const key = Buffer.from(made.key);
  for (const secret of [passphrase, made.recoveryKey, key.toString('base64'), key.toString('hex')])
    expect(text).not.toContain(secret);
  expect(await readKeyFile(folder)).toEqual(made.file);
});

test('a changed passphrase opens the same key, and the one before no longer does', async () => {
  const changed = await withPassphrase(made.file, made.key, 'quite another passphrase');
  expect(await openKeyFile(changed, 'quite another passphrase')).toEqual(made.key);
  expect(await openKeyFile(changed, made.recoveryKey)).toEqual(made.key);
  await expect(openKeyFile(changed, passphrase)).rejects.toMatchObject({ kind: 'refused' });
  const { file, recoveryKey } = withRecoveryKey(made.file, made.key);
  expect(await openKeyFile(file, recoveryKey)).toEqual(made.key);
  await expect(openKeyFile(file, made.recoveryKey)).rejects.toMatchObject({ kind: 'refused' });
});

test('weakened parameters do not open it, and absurd ones are not tried', async () => {
  const weaker = structuredClone(made.file);
  for (const slot of weaker.slots) if (slot.kind === 'passphrase') slot.scrypt.N = 2 ** 14;
  await expect(openKeyFile(weaker, passphrase)).rejects.toMatchObject({ kind: 'refused' });
  const text = JSON.stringify(made.file).replace('"N":131072', '"N":1073741824');
  writeFileSync(join(folder, 'key.json'), text);
  await expect(readKeyFile(folder)).rejects.toMatchObject({ kind: 'corrupt', where: 'key.json' });
});

test('a passphrase that is too short is refused, counted in letters as they are read', async () => {
  await expect(newKeyFile('elf Zeichen', 'encrypted')).rejects.toMatchObject({ kind: 'usage' });
  await expect(newKeyFile('a\u0308'.repeat(11), 'encrypted')).rejects.toMatchObject({ kind: 'usage' });
});

test('what the keychain made of the key is kept beside the others, and forgotten', () => {
  const sealed = Buffer.from('made by the keychain');
  const file = withKeychain(made.file, sealed);
  expect(keychainSealed(file)).toEqual(sealed);
  expect(file.slots).toHaveLength(3);
  expect(withKeychain(file, null)).toEqual(made.file);
  expect(keychainSealed(made.file)).toBeNull();
});

test('a recovery key is 160 random bits in eight groups', () => {
  const keys = Array.from({ length: 200 }, newRecoveryKey);
  expect(new Set(keys).size).toBe(200);
  for (const key of keys) {
    expect(key).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(recoveryBytes(key)).toHaveLength(20);
  }
  expect(recoveryBytes('not a recovery key')).toBeNull();
});
