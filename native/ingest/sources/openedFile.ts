/** A file opened read-only for a look at its beginning. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { PrecedentError } from '../../contract/errors.ts';
import { beginningOf } from '../../files/readable.ts';
import { sealOf } from '../../files/unlocked.ts';

export interface OpenedFile {
  /** Size of the whole file. */
  readonly bytes: number;
  /** The first `length` bytes, or all where there are fewer; valid until the next call. */
  beginning(length: number): Uint8Array;
}

/** Without O_NONBLOCK, opening a FIFO that nobody writes to would wait for ever; Windows has neither. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Most files need no other buffer, and making one costs more than reading it. */
const shared = Buffer.alloc(8192);

/** What `look` returns. Throws what it throws, the system's errors, and `unsupported` for what is no regular file. */
export function withOpened<T>(path: string, look: (file: OpenedFile) => T): T {
  const descriptor = openSync(path, flags);
  try {
    if (!fstatSync(descriptor).isFile()) throw new PrecedentError('unsupported', 'not a regular file');
    const { bytes, read } = beginningOf(descriptor, sealOf(path));
    return look({
      bytes,
      beginning(length) {
        const wanted = Math.min(length, bytes);
        const buffer = wanted <= shared.length ? shared : Buffer.allocUnsafe(wanted);
        if (read(buffer, wanted) < wanted)
          throw new PrecedentError('unreadable', 'the file changed while it was read');
        return buffer.subarray(0, wanted);
      },
    });
  } finally {
    closeSync(descriptor);
  }
}
