/** Why a file or folder is left out, in one line for the report of an import, and the order that files are listed in. */
import { PrecedentError } from '../../contract/errors.ts';
import { codeOf } from '../../files/errorCode.ts';

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or folder',
  ELOOP: 'a link that leads to itself',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk or medium reported an input/output error',
};

/** The reason that an error gives; system messages repeat the path, their code says enough. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof PrecedentError) return thrown.message;
  return systemReasons[codeOf(thrown)] ?? 'the file cannot be read';
}

/** By code unit, so that the order does not depend on the machine's language. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
