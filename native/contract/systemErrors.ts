/** What the codes of failed system calls and of SQLite say to a user, and what can be done about them. */

/** What happened, and what to do. */
type Words = readonly [what: string, todo: string];

const gone: Words = ['the disk is no longer connected', 'connect it again, then open the library again'];
const busy: Words = ['the file is in use by another program', 'close it there and try again'];
const crowded: Words = ['too many files are open', 'close other programs and try again'];
const full: Words = ['no space is left on the disk', 'free some space and try again'];
const faulty: Words = [
  'the disk reported an input/output error',
  'check the disk and its connection, and have a backup ready',
];
const readOnly: Words = ['the disk is read-only', 'make it writable or choose another disk'];
const denied: Words = ['permission denied', 'check who may write to the folder'];
const damaged: Words = ['the catalog is damaged or not a catalog', 'restore it from a backup'];

/** Faults of a disk or a folder, by the code of the failed system call (errno.h). */
const diskErrors: Readonly<Record<string, Words>> = {
  ENOSPC: full,
  EDQUOT: ['the disk quota is used up', 'free some space or ask for a larger quota, and try again'],
  EFBIG: ['the file is too large for this disk', 'use a disk that is formatted for large files'],
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  EIO: faulty,
  EBUSY: busy,
  ETXTBSY: busy,
  EMFILE: crowded,
  ENFILE: crowded,
  EXDEV: ['the folders of the library lie on different disks', 'keep the whole library on one disk'],
  ESTALE: gone,
  ENOTCONN: gone,
  ENODEV: gone,
  ENXIO: gone,
  ENOMEDIUM: gone,
  ESHUTDOWN: gone,
  EHOSTDOWN: gone,
  ETIMEDOUT: ['the disk does not answer', 'check its connection and try again'],
};

/** SQLite's result codes, each with its extended ones (sqlite.org/rescode.html). */
const catalogErrors: readonly (readonly [
  code: string,
  kind: 'storage' | 'busy' | 'corrupt',
  words: Words,
])[] = [
  ['SQLITE_FULL', 'storage', full],
  ['SQLITE_IOERR', 'storage', faulty],
  ['SQLITE_READONLY', 'storage', ['the catalog is read-only', readOnly[1]]],
  ['SQLITE_PERM', 'storage', denied],
  ['SQLITE_CANTOPEN', 'storage', ['the catalog cannot be opened', 'check the disk and the permissions']],
  ['SQLITE_PROTOCOL', 'busy', ['the catalog is in use', 'close the other program']],
  ['SQLITE_BUSY', 'busy', ['the catalog is in use', 'close the other program']],
  ['SQLITE_LOCKED', 'busy', ['the catalog is in use', 'try again']],
  ['SQLITE_NOMEM', 'storage', ['there is not enough memory', 'close other programs and try again']],
  ['SQLITE_CORRUPT', 'corrupt', damaged],
  ['SQLITE_NOTADB', 'corrupt', damaged],
];

export interface SystemError {
  readonly kind: 'storage' | 'busy' | 'corrupt';
  readonly what: string;
  readonly where: string | undefined;
  readonly todo: string;
}

/** What a code says; undefined for one that is no fault of a disk, like that of a file that does not exist. */
export function systemError(code: string): SystemError | undefined {
  const words = Object.hasOwn(diskErrors, code) ? diskErrors[code] : undefined;
  if (words) return { kind: 'storage', what: words[0], where: undefined, todo: words[1] };
  const row = catalogErrors.find(([base]) => code === base || code.startsWith(`${base}_`));
  return row && { kind: row[1], what: row[2][0], where: 'catalog.sqlite', todo: row[2][1] };
}
