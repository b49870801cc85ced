/** Turning a library's encryption on and off and changing what opens it: the key file alone; an engine that opens it does the rest. */
import { PrecedentError } from '../contract/errors.ts';
import { ensureFolder, isThere } from './files.ts';
import {
  newKeyFile,
  openKeyFile,
  readKeyFile,
  withPassphrase,
  withRecoveryKey,
  writeKeyFile,
} from './keyFile.ts';
import { libraryLayout } from './layout.ts';
import { lockLibrary } from './lock.ts';

/**
 * Gives a library a key; where there is none it is made encrypted, one that is there is encrypted by the next engine that opens it.
 * Throws `usage` for a passphrase that is too short or an encrypted library, `busy` while it is open elsewhere.
 */
export async function beginEncryption(
  root: string,
  passphrase: string,
): Promise<{ readonly key: Uint8Array; readonly recoveryKey: string }> {
  const { catalog } = libraryLayout(root);
  await ensureFolder(root);
  return locked(root, async () => {
    if (await readKeyFile(root)) throw new PrecedentError('usage', 'it is encrypted already', 'the library');
    const { key, file, recoveryKey } = await newKeyFile(
      passphrase,
      (await isThere(catalog)) ? 'encrypting' : 'encrypted',
    );
    await writeKeyFile(root, file);
    return { key, recoveryKey };
  });
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

/** From now on another passphrase opens the library, which may be open. Throws `refused` for a wrong secret, `usage`. */
export async function changePassphrase(root: string, secret: string, next: string): Promise<void> {
  const file = await encryptedBy(root);
  await writeKeyFile(root, await withPassphrase(file, await openKeyFile(file, secret), next));
}

/** Another recovery key in the place of the one before. Throws `refused` for a wrong secret, `usage`. */
export async function changeRecoveryKey(root: string, secret: string): Promise<string> {
  const before = await encryptedBy(root);
  const { file, recoveryKey } = withRecoveryKey(before, await openKeyFile(before, secret));
  await writeKeyFile(root, file);
  return recoveryKey;
}

async function encryptedBy(root: string) {
  const file = await readKeyFile(root);
  if (file?.state !== 'encrypted')
    throw new PrecedentError(
      'usage',
      file ? 'it is being encrypted or decrypted' : 'it is not encrypted',
      'the library',
      file ? 'open it once, so that this is finished' : undefined,
    );
  return file;
}

async function locked<T>(root: string, work: () => Promise<T>): Promise<T> {
  const unlock = await lockLibrary(libraryLayout(root).lock);
  try {
    return await work();
  } finally {
    await unlock();
  }
}
