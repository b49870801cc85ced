/** Failed file operations as one line that a user understands. Paths stay out of it: outside of a library they may name a patient. */
import { relative, sep } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { systemError } from '../contract/systemErrors.ts';
import { codeOf } from './errorCode.ts';
import { heldFolders } from './held.ts';

/** Faults of a place or a name rather than of a disk: elsewhere than in this layer the same codes say something else. */
const placeErrors: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  ENOENT: ['the folder does not exist', 'create it first, or choose another'],
  ENOTDIR: ['a part of the path is a file', 'choose another folder'],
  EEXIST: ['a file lies at the path', 'choose another folder'],
  EISDIR: ['a folder lies at the path', 'choose another name'],
  ENOTEMPTY: ['the folder is not empty', 'choose another folder'],
  ENAMETOOLONG: ['the name or the path is too long', 'choose a shorter name or a folder nearer to the top'],
  EINVAL: ['the disk does not take this name', 'choose another name or another disk'],
  ENOTSUP: ['the disk cannot do this', 'choose a local disk'],
  EOPNOTSUPP: ['the disk cannot do this', 'choose a local disk'],
};

/** @param doing what was being done, as "writing a file" */
export function storageError(thrown: unknown, doing: string, path: string): PrecedentError {
  if (thrown instanceof PrecedentError) return thrown;
  const code = codeOf(thrown);
  const disk = systemError(code);
  const [reason, todo] = disk
    ? [disk.what, disk.todo]
    : Object.hasOwn(placeErrors, code)
      ? placeErrors[code]
      : [code || PrecedentError.from(thrown).what, 'check the disk and try again'];
  const error = new PrecedentError('storage', `${doing} failed: ${reason}`, partOfLibrary(path), todo);
  error.cause = thrown;
  return error;
}

/** Which part of the open library a path lies in; nothing is said of other places. */
function partOfLibrary(path: string): string | undefined {
  for (const root of heldFolders()) {
    const below = relative(root, path);
    if (below === '') return 'the library';
    if (!below.startsWith('..')) return below.split(sep)[0];
  }
  return undefined;
}
