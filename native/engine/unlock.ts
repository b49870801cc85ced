/** Lets this process into an encrypted library, and finishes what encrypts or decrypts it. */
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import { readKeyFile } from '../files/keyFile.ts';
import { unlockFolder } from '../files/unlocked.ts';
import { finishConversion } from './convert.ts';

/**
 * To be called before anything of the library is opened. Returns the key that it is encrypted with; undefined where it is not.
 * Throws `refused` where a key is needed and there is none, and what a conversion throws.
 */
export async function unlockLibrary(
  root: string,
  key: Uint8Array | undefined,
  policy: Policy,
  onProgress: (progress: { readonly done: number; readonly total: number }) => void,
): Promise<Uint8Array | undefined> {
  const file = await readKeyFile(root);
  if (!file) return undefined;
  if (!key) throw isLocked();
  const forget = unlockFolder(root, key);
  try {
    if (await finishConversion(root, file, key, policy, onProgress)) return key;
  } catch (error) {
    forget();
    throw error;
  }
  forget();
  return undefined;
}

function isLocked(): PrecedentError {
  return new PrecedentError('refused', 'it is encrypted', 'the library', 'give its passphrase');
}
