/**
 * The one layer for file operations inside a library: what is written here is complete or absent, never half.
 * Tests replace `operations` entries to inject faults.
 */
import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';

/** The system calls that this layer makes. Replaced one by one in tests to inject EIO, ENOSPC and their kind. */
export const operations = {
  open: fs.open,
  rename: fs.rename,
  unlink: fs.unlink,
  mkdir: fs.mkdir,
  readdir: fs.readdir,
  readFile: fs.readFile,
  stat: fs.stat,
  rm: fs.rm,
};

let temporaryCount = 0;

/** System messages name the path, which may name a patient; their code says enough. */
function asStorageError(error: unknown, what: string): PrecedentError {
  const typed = PrecedentError.from(error);
  if (typed.kind !== 'internal') return typed;
  const code = error instanceof Error && 'code' in error ? String(error.code) : typed.what;
  const [reason, todo] = plainReasons[code] ?? [code, undefined];
  return new PrecedentError('storage', `${what} failed (${reason})`, undefined, todo);
}

const plainReasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['the folder does not exist', 'create it first, or choose another'],
  ENOTDIR: ['a part of the path is a file', 'choose another folder'],
  EEXIST: ['a file lies at the path', 'choose another folder'],
  EISDIR: ['a folder lies at the path', 'choose another name'],
};

/** Creates a folder and its parents; an existing one is fine. */
export async function ensureFolder(path: string): Promise<void> {
  await operations.mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw asStorageError(error, 'creating a folder');
  });
}

/** A file that grows under a temporary name and takes its place at `commit`, whole or not at all. */
export interface AtomicFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Fsyncs, renames and fsyncs the folder. */
  commit(): Promise<void>;
  /** Closes and removes what was written; nothing happens after a commit. */
  abandon(): Promise<void>;
}

/** Opens a file to be written piece by piece; until its `commit`, and on failure, `path` is as before. */
export async function createFileAtomic(path: string): Promise<AtomicFile> {
  const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`;
  const asWritten = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      throw asStorageError(error, 'writing a file');
    });
  const file = await asWritten(operations.open(temporary, 'wx', 0o600));
  let committed = false;
  return {
    write: (chunk) =>
      asWritten(
        (async () => {
          let offset = 0;
          while (offset < chunk.length)
            offset += (await file.write(chunk, offset, chunk.length - offset)).bytesWritten;
        })(),
      ),
    commit: () =>
      asWritten(
        (async () => {
          await file.sync();
          await file.close();
          await operations.rename(temporary, path);
          committed = true;
          await syncFolder(dirname(path));
        })(),
      ),
    async abandon() {
      if (committed) return;
      await file.close().catch(() => undefined);
      await operations.unlink(temporary).catch(() => undefined);
    },
  };
}

/** Writes the chunks to a temporary name, fsyncs, renames over `path` and fsyncs the folder. On failure `path` is as before. */
export async function writeFileAtomic(
  path: string,
  chunks: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const file = await createFileAtomic(path);
  try {
    for (const chunk of chunks instanceof Uint8Array ? [chunks] : chunks) await file.write(chunk);
    await file.commit();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** Makes the bytes of a file durable that something else has written. */
export async function syncFile(path: string): Promise<void> {
  try {
    const file = await operations.open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asStorageError(error, 'writing a file');
  }
}

/** Moves a finished, already fsynced file to its final place, and makes the move durable. */
export async function commitFile(staged: string, path: string): Promise<void> {
  try {
    await operations.rename(staged, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw asStorageError(error, 'moving a file into the library');
  }
}

/** Makes the entries of a folder durable. Windows cannot fsync a folder and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await operations.open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The whole file. Throws `not-found` when there is none. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return await operations.readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new PrecedentError('not-found', 'the file does not exist');
    }
    throw asStorageError(error, 'reading a file');
  }
}

/** Removes a file; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await operations.unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw asStorageError(error, 'removing a file');
  });
}

/** Removes a folder with everything in it; one that is not there is fine. */
export async function removeFolder(path: string): Promise<void> {
  await operations.rm(path, { recursive: true, force: true }).catch((error: unknown) => {
    throw asStorageError(error, 'removing a folder');
  });
}

/** The names in a folder, sorted; none when the folder is missing. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await operations.readdir(path)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw asStorageError(error, 'listing a folder');
  }
}

/** How many bytes a file holds, or all files in a folder and below it; none where there is nothing. */
export async function folderBytes(path: string): Promise<number> {
  const found = await operations.stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  let bytes = 0;
  for (const name of await listFolder(path)) bytes += await folderBytes(join(path, name));
  return bytes;
}

/** True when something is at this path. */
export async function fileExists(path: string): Promise<boolean> {
  return operations.stat(path).then(
    () => true,
    () => false,
  );
}

/** Copies an original into the library: to a temporary name, fsynced, renamed. The original is only read. */
export async function copyFileAtomic(from: string, to: string): Promise<void> {
  await ensureFolder(dirname(to));
  await writeFileAtomic(to, await readFileBytes(from));
}

/** Removes everything in a folder. */
export async function emptyFolder(folder: string): Promise<void> {
  for (const name of await listFolder(folder)) await removeFolder(join(folder, name));
}

/** Removes what an interrupted write left behind in a folder. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await listFolder(folder))
    if (name.endsWith('.tmp')) await removeFile(join(folder, name));
}
