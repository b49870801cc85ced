/** An encrypted library as main opens and changes it, with the engine's own steps in the place of the process of the engine. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Encryption } from '../../electron/encryption.ts';
import type { EngineHost } from '../../electron/engineHost.ts';
import type { LibraryChoice } from '../../electron/library.ts';
import { noPolicy, type Policy } from '../../native/contract/policy.ts';
import { backupPlace, setBackupFolder } from '../../native/engine/backupPlace.ts';
import { makeBackup } from '../../native/engine/backups.ts';
import { Library } from '../../native/engine/library.ts';
import { unlockLibrary } from '../../native/engine/unlock.ts';
import { beginDecryption } from '../../native/files/encryption.ts';
import {
  type KeyFile,
  keyFileSchema,
  openKeyFile,
  readKeyFile,
  withKeychain,
  writeKeyFile,
} from '../../native/files/keyFile.ts';
import { libraryLayout } from '../../native/files/layout.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

vi.mock('electron', () => ({
  safeStorage: {
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => 'gnome_libsecret',
    encryptString: (text: string) => Buffer.from(text),
    decryptString: (sealed: Buffer) => sealed.toString(),
  },
}));

const passphrase = 'a passphrase of some words';
let folder: string;
let policy: Policy;
let library: Library | null;

/** As the host of an engine. */
const host = {
  choice: null as LibraryChoice | null,
  async close(): Promise<void> {
    host.choice = null;
    await library?.close();
    library = null;
  },
  async open(choice: LibraryChoice): Promise<void> {
    await host.close();
    await unlockLibrary(choice.folder, choice.key, policy, () => undefined);
    library = await Library.open(choice.folder, false);
    host.choice = choice;
  },
  forgetKey(): void {
    if (host.choice) host.choice = { ...host.choice, key: undefined };
  },
};
const started = () => new Encryption(host as unknown as EngineHost, () => policy);
const choice = (): LibraryChoice => ({ folder, demonstration: false, mayCreate: true });

beforeEach(async () => {
  [folder, policy, library] = [await temporaryFolder(), noPolicy, null];
});
afterEach(async () => {
  await host.close();
  await removeFolder(folder);
});

async function keyFile(): Promise<KeyFile> {
  const file = await readKeyFile(folder);
  if (!file) throw new Error('there is no key file');
  return file;
}

const keyFilesIn = (place: string) => readdirSync(place).filter((name) => name.startsWith('key-'));
const openableIn = (place: string): KeyFile[] =>
  keyFilesIn(place).map((name) => keyFileSchema.parse(JSON.parse(readFileSync(join(place, name), 'utf8'))));

/** Stands where a copy of the catalog is to be written, so that the conversion comes to no end. */
const inTheWay = () => join(folder, 'catalog.sqlite.converting');

test('a library that is refused to be encrypted is open as it was, and asks for no passphrase', async () => {
  const encryption = started();
  await encryption.open(choice());
  await host.close();
  const catalog = join(folder, 'catalog.sqlite');
  writeFileSync(catalog, readFileSync(catalog).fill(0x5a, 100, 4096));
  rmSync(join(folder, 'catalog.seal'));
  await encryption.open(choice());
  const { recoveryKey, problem } = await encryption.encrypt(passphrase);
  expect(recoveryKey).toBeUndefined();
  expect(problem).toMatch(/catalog is damaged, and it is not encrypted/);
  expect(encryption.state().state).toBe('plain');
  expect(library?.readOnly?.state).toBe('damaged');
  expect(await readKeyFile(folder)).toBeNull();
});

test('the recovery key of an encryption that comes to no end is said, and another when it is finished', async () => {
  const encryption = started();
  await encryption.open(choice());
  mkdirSync(inTheWay());
  const first = await encryption.encrypt(passphrase);
  expect(first.problem).toBeDefined();
  expect(encryption.state().state).toBe('locked');
  const key = await openKeyFile(await keyFile(), first.recoveryKey ?? '');
  rmdirSync(inTheWay());

  // After a crash nobody knows it.
  const restarted = started();
  await restarted.open(choice());
  expect(restarted.state().state).toBe('locked');
  await expect(restarted.unlock('another passphrase')).rejects.toMatchObject({ kind: 'refused' });
  const { recoveryKey, problem } = await restarted.unlock(passphrase);
  expect(problem).toBeUndefined();
  expect(restarted.state().state).toBe('encrypted');
  expect(await openKeyFile(await keyFile(), recoveryKey ?? '')).toEqual(key);
  await expect(openKeyFile(await keyFile(), first.recoveryKey ?? '')).rejects.toThrow('wrong');
});

test('an encryption that is finished by its recovery key keeps that, also where it is cut off again', async () => {
  const encryption = started();
  await encryption.open(choice());
  mkdirSync(inTheWay());
  const { recoveryKey = '' } = await encryption.encrypt(passphrase);
  const restarted = started();
  await restarted.open(choice());
  // Of an opening that fails nothing is told but that.
  await expect(restarted.unlock(recoveryKey)).rejects.toMatchObject({ kind: 'storage' });
  rmdirSync(inTheWay());
  expect(await restarted.unlock(recoveryKey.toLowerCase())).toEqual({});
  expect(restarted.state().state).toBe('encrypted');
  await openKeyFile(await keyFile(), recoveryKey);
});

test('where the keychain’s key does not fit the passphrase is asked for, and opens the library', async () => {
  const encryption = started();
  await encryption.open(choice());
  await encryption.encrypt(passphrase);
  await host.close();
  const another = Buffer.from(Buffer.alloc(32, 7).toString('base64'));
  await writeKeyFile(folder, withKeychain(await keyFile(), another));
  await encryption.open(choice());
  expect(encryption.state().state).toBe('locked');
  expect(await encryption.unlock(passphrase)).toEqual({});
  expect(encryption.state().state).toBe('encrypted');
  expect(library?.readOnly).toBeNull();
});

test('copies of the key file beside the backups follow what opens the library at once', async () => {
  const encryption = started();
  await encryption.open(choice());
  await encryption.encrypt(passphrase);
  const elsewhere = join(folder, 'elsewhere');
  const layout = libraryLayout(folder);
  const copies: string[] = [];
  for (const chosen of [undefined, elsewhere]) {
    await setBackupFolder(layout, chosen);
    const place = await backupPlace(layout, noPolicy);
    await makeBackup(place, layout.catalog, 'manual');
    copies.push(place.folder);
  }
  const opens = async (secret: string) => {
    for (const place of copies) {
      const files = openableIn(place);
      expect(files).toHaveLength(1);
      for (const file of files) await openKeyFile(file, secret);
    }
  };
  await opens(passphrase);
  const next = 'another passphrase of some words';
  expect(await encryption.changePassphrase(passphrase, next)).toEqual({});
  await opens(next);
  await expect(opens(passphrase)).rejects.toMatchObject({ kind: 'refused' });
  const { recoveryKey } = await encryption.newRecoveryKey(next);
  await opens(recoveryKey ?? '');
  await encryption.setKeychain(true);
  for (const place of copies) expect(openableIn(place)[0].slots).toHaveLength(3);
});

test('a copy of the key file that cannot be renewed is told of, and costs no recovery key', async () => {
  const encryption = started();
  await encryption.open(choice());
  await encryption.encrypt(passphrase);
  const layout = libraryLayout(folder);
  const place = await backupPlace(layout, noPolicy);
  await makeBackup(place, layout.catalog, 'manual');
  const [name] = keyFilesIn(place.folder);
  rmSync(join(place.folder, name));
  mkdirSync(join(place.folder, name));
  const { recoveryKey, problem } = await encryption.newRecoveryKey(passphrase);
  expect(problem).toMatch(/^the copy of the key file beside the backups: it still opens with/);
  expect(await openKeyFile(await keyFile(), recoveryKey ?? '')).toHaveLength(32);
});

test('a decryption that was cut off is taken back where libraries must be encrypted by now', async () => {
  const encryption = started();
  await encryption.open(choice());
  await encryption.encrypt(passphrase);
  await host.close();
  await beginDecryption(folder, passphrase);
  policy = { ...noPolicy, encryptionRequired: true };
  await encryption.open(choice());
  await encryption.unlock(passphrase);
  expect(encryption.state().state).toBe('encrypted');
  expect((await keyFile()).state).toBe('encrypted');
  expect(readFileSync(join(folder, 'catalog.sqlite'), 'latin1').startsWith('SQLite format 3')).toBe(false);
});
