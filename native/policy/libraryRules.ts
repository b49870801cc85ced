/** What the policy says of a library before it is opened. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';

/** Throws `refused` for a library that lies where the policy wants none. */
export function checkLibraryPlace(policy: Policy, library: string): void {
  const place = canonical(library);
  if (policy.libraryFolder !== undefined && !within(canonical(policy.libraryFolder), place))
    throw byPolicy('libraries are opened only in the folder that it names', 'choose one there');
  if (policy.networkLibraryAllowed === false && onNetwork(place))
    throw byPolicy('libraries on network drives are not opened', 'use a local disk');
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

const networkTypes =
  /^(nfs\d*|cifs|smb\d*|smbfs|afs|ceph|9p|glusterfs|lustre|fuse\.(sshfs|rclone|glusterfs|davfs2?))$/;

/** By the mounts of Linux, the last and deepest of which counts; by its name on Windows; elsewhere it cannot be told. */
export function onNetwork(path: string, mounts = linuxMounts()): boolean {
  if (/^[\\/]{2}[^\\/?.]/.test(path)) return true;
  const [mount] = mounts
    .filter(({ point }) => within(point, path))
    .reverse()
    .sort((a, b) => b.point.length - a.point.length);
  return mount !== undefined && networkTypes.test(mount.type);
}

interface Mount {
  readonly point: string;
  readonly type: string;
}

function linuxMounts(): Mount[] {
  if (process.platform !== 'linux') return [];
  // man 5 proc: fields parted by blanks, of which those in names are written as octal numbers.
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .map(([, point = '', type = '']) => ({
      point: point.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
      type,
    }));
}
