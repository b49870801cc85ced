/** What the policy says of a library before it is opened. */
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';

/** Throws `refused` for a library that lies where the policy wants none. */
export function checkLibraryPlace(policy: Policy, library: string): void {
  const place = canonical(library);
  if (policy.libraryFolder !== undefined && !within(canonical(policy.libraryFolder), place))
    throw byPolicy('libraries are opened only in the folder that it names', 'choose one there');
}

/** Throws `refused` where libraries must be encrypted and this one is not. To be called as soon as that is known. */
export function checkEncryption(policy: Policy, encrypted: boolean): void {
  if (policy.encryptionRequired && !encrypted)
    throw byPolicy('libraries must be encrypted', 'encrypt this one, or choose another');
}

/** One line that says that the administrator wants it so. */
export function byPolicy(what: string, todo?: string): PrecedentError {
  return new PrecedentError('refused', `the administrator’s policy: ${what}`, undefined, todo);
}

function within(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === '' || (!isAbsolute(steps) && steps.split(/[\\/]/)[0] !== '..');
}

/** With symbolic links resolved as far as the path exists. */
function canonical(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : resolve(canonical(parent), relative(parent, whole));
  }
}
