/**
 * The operating system's keychain as one of the ways to a library's key. Where Electron offers nothing but a key that everybody
 * has (Linux without a keychain), nothing is given to it.
 */
import { safeStorage } from 'electron';
import { keychainRefusal } from './keychainRefusal.ts';

/** Why the keychain cannot keep a key here; undefined where it can. Asked after the application is ready. */
export function keychainRefused(): string | undefined {
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : null;
  return keychainRefusal(safeStorage.isEncryptionAvailable(), backend);
}

/** Throws where the keychain fails; to be called only where it is not refused. */
export function sealByKeychain(key: Uint8Array): Buffer {
  return safeStorage.encryptString(Buffer.from(key).toString('base64'));
}

/** Null where this computer's or this user's keychain did not make it, or is refused. */
export function openByKeychain(sealed: Buffer): Uint8Array | null {
  if (keychainRefused() !== undefined) return null;
  try {
    const key = Buffer.from(safeStorage.decryptString(sealed), 'base64');
    return key.length === 32 ? key : null;
  } catch {
    return null;
  }
}
