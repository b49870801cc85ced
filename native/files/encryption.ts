/** Turning a library's encryption on and off and changing what opens it: the key file alone; an engine that opens it does the rest. */
import { PrecedentError } from '../contract/errors.ts';
import { ensureFolder, isThere } from './files.ts';
import {
  type KeyFile,
  newKeyFile,
  openByRecoveryKey,
  openKeyFile,
  readKeyFile,
  withPassphrase,
  withRecoveryKey,
  writeKeyFile,
} from './keyFile.ts';
import { libraryLayout } from './layout.ts';
import { lockLibrary } from './lock.ts';

/** What opens a library; with the recovery key if it is new. */
export interface Opener {
  readonly key: Uint8Array;
  readonly recoveryKey?: string;
}

/**
 * Gives a library a key; where there is none it is made encrypted, one that is there is encrypted by the next engine that opens it.
 * One whose encryption was cut off keeps its key, to which its passphrase gets another recovery key: nobody may have seen the first.
 * Throws `usage` for a passphrase that is too short or an encrypted library, `refused` for one that is not that of an encryption that
 * was cut off, `busy` while the library is open elsewhere.
 */
export async function beginEncryption(root: string, passphrase: string): Promise<Opener> {
  const { catalog } = libraryLayout(root);
  await ensureFolder(root);
  return locked(root, async () => {
    const begun = await readKeyFile(root);
    if (begun) return goOn(root, begun, passphrase);
    const { key, file, recoveryKey } = await newKeyFile(
      passphrase,
      (await isThere(catalog)) ? 'encrypting' : 'encrypted',
    );
    await writeKeyFile(root, file);
    return { key, recoveryKey };
  });
}

async function goOn(root: string, begun: KeyFile, secret: string): Promise<Opener> {
  checkMayEncrypt(begun);
  const recovered = openByRecoveryKey(begun, secret);
  // Who has it may have nothing else, and another might be cut off again before it is shown.
  if (recovered) return { key: recovered };
  const key = await openKeyFile(begun, secret);
  const { file, recoveryKey } = withRecoveryKey(begun, key);
  await writeKeyFile(root, file);
  return { key, recoveryKey };
}

/** Throws `usage` for an encrypted library. */
export function checkMayEncrypt(file: KeyFile | null): void {
  if (file?.state === 'encrypted')
    throw new PrecedentError('usage', 'it is encrypted already', 'the library');
  if (file?.state === 'decrypting') throw isUnderway();
}

/** The next engine that opens the library decrypts it. Throws `refused` for a wrong passphrase, `usage`, `busy`. */
export async function beginDecryption(root: string, secret: string): Promise<Uint8Array> {
  return locked(root, async () => {
    const file = await encryptedBy(root);
    const key = await openKeyFile(file, secret);
    await writeKeyFile(root, { ...file, state: 'decrypting' });
    return key;
  });
}

/**
 * From now on another passphrase opens the library, which may be open; returns its key, with which copies of the key file are
 * renewed. Throws `refused` for a wrong secret, `usage`.
 */
export async function changePassphrase(root: string, secret: string, next: string): Promise<Uint8Array> {
  const file = await encryptedBy(root);
  const key = await openKeyFile(file, secret);
  await writeKeyFile(root, await withPassphrase(file, key, next));
  return key;
}

/** Another recovery key in the place of the one before. As `changePassphrase`. */
export async function changeRecoveryKey(
  root: string,
  secret: string,
): Promise<{ readonly key: Uint8Array; readonly recoveryKey: string }> {
  const before = await encryptedBy(root);
  const key = await openKeyFile(before, secret);
  const { file, recoveryKey } = withRecoveryKey(before, key);
  await writeKeyFile(root, file);
  return { key, recoveryKey };
}

async function encryptedBy(root: string): Promise<KeyFile> {
  const file = await readKeyFile(root);
  if (!file) throw new PrecedentError('usage', 'it is not encrypted', 'the library');
  if (file.state !== 'encrypted') throw isUnderway();
  return file;
}

function isUnderway(): PrecedentError {
  return new PrecedentError(
    'usage',
    'it is being encrypted or decrypted',
    'the library',
    'open it once, so that this is finished',
  );
}

async function locked<T>(root: string, work: () => Promise<T>): Promise<T> {
  const unlock = await lockLibrary(libraryLayout(root).lock);
  try {
    return await work();
  } finally {
    await unlock();
  }
}
