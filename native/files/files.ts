/**
 * The one layer for file operations inside a library: what is written here is complete or absent, never half, also when the
 * power fails. A name is made durable by syncing the folder it stands in, and so is a new folder's own name. In an encrypted library
 * everything is sealed and opened here, by where it lies.
 */
import { createHash } from 'node:crypto';
import { constants, promises as fs, realpathSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PrecedentError } from '../contract/errors.ts';
import { codeOf } from './errorCode.ts';
import { witnessOf } from './held.ts';
import { type ReadableFile, unsealBytes, unsealed } from './readable.ts';
import { type Seal, Sealer } from './sealed.ts';
import { storageError } from './storageError.ts';
import { sealOf } from './unlocked.ts';

/** The system calls that this layer makes, replaced by tests that inject faults, other systems' rules or a power cut. */
export const operations = {
  open: fs.open,
  rename: fs.rename,
  unlink: fs.unlink,
  mkdir: fs.mkdir,
  readdir: fs.readdir,
  readFile: fs.readFile,
  stat: fs.stat,
  statfs: fs.statfs,
  rm: fs.rm,
  wait: (ms: number): Promise<void> => delay(ms),
};
/** Whose rules hold; tests set it to see what is done under those of Windows. */
export const system = { windows: process.platform === 'win32', realpath: realpathSync.native };

let temporaryCount = 0;

/** How long to wait before each further try (ms), some five seconds in all: scanners and backups hold a file for moments. */
const patienceMs = [10, 20, 40, 80, 160, 320, 500, 500, 500, 500, 500, 500, 500, 500, 500] as const;

/** On Windows an open file says these where it is to be replaced or removed; elsewhere they mean what they say. */
const inUse = (code: string) =>
  code === 'EBUSY' || (system.windows && (code === 'EPERM' || code === 'EACCES'));

/** Tries again while another program has the file. Throws what the system says, or EBUSY when the file was not let go of. */
async function patiently<T>(step: () => Promise<T>, isInUse = inUse): Promise<T> {
  for (const ms of patienceMs) {
    try {
      return await step();
    } catch (error) {
      if (!isInUse(codeOf(error))) throw error;
    }
    await operations.wait(ms);
  }
  return step().catch((error: unknown) => {
    throw isInUse(codeOf(error))
      ? Object.assign(new Error('in use', { cause: error }), { code: 'EBUSY' })
      : error;
  });
}

/** Creates a folder and its parents, durably; an existing one is fine. Throws `storage`; the folder of an open library is never made anew. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    throw storageError(error, 'creating a folder', path);
  }
}

async function makeFolder(path: string): Promise<void> {
  const witness = witnessOf(path);
  if (witness !== undefined) {
    if (await fileExists(witness)) return;
    throw libraryGone();
  }
  const found = await operations.stat(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  if (found?.isDirectory()) return;
  if (found) throw Object.assign(new Error('a file lies there'), { code: 'EEXIST' });
  const parent = dirname(path);
  await makeFolder(parent);
  await operations.mkdir(path).catch((error: unknown) => {
    // Another made it meanwhile.
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  await syncFolder(parent);
}

/** What is said once the folder of an open library is no longer there. */
export function libraryGone(): PrecedentError {
  return new PrecedentError(
    'storage',
    'its disk or folder is gone',
    'the library',
    'connect the disk again, then open the library again',
  );
}

/** A file that grows under a temporary name and takes its place at `commit`, whole or not at all. */
export interface AtomicFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Fsyncs, renames and fsyncs the folder. */
  commit(): Promise<void>;
  /** Closes and removes what was written; nothing happens after a commit. */
  abandon(): Promise<void>;
}

/**
 * Opens a file to be written piece by piece; until its `commit`, and on failure, `path` is as before.
 * @param seal null for a file that lies as it is wherever it lies
 */
export async function createFileAtomic(path: string, seal = sealOf(path)): Promise<AtomicFile> {
  const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`;
  const asWritten = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      throw storageError(error, 'writing a file', path);
    });
  const file = await asWritten(operations.open(temporary, 'wx', 0o600));
  const content = contentOf(file, seal);
  let committed = false;
  return {
    write: (chunk) => asWritten(content.write(chunk)),
    commit: () =>
      asWritten(
        (async () => {
          await content.end();
          await file.sync();
          await file.close();
          await patiently(() => operations.rename(temporary, path));
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

/** Writes the content of a file: as it is, or sealed. */
function contentOf(
  file: FileHandle,
  seal: Seal | null,
): { write(chunk: Uint8Array): Promise<void>; end(): Promise<void> } {
  if (!seal) return { write: (chunk) => writeAll(file, chunk), end: async () => undefined };
  const sealer = new Sealer(seal);
  return {
    write: (chunk) => writeAll(file, sealer.add(chunk)),
    end: () => writeAll(file, sealer.end()),
  };
}

/** A disk may take a piece of what it is given at a time. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < chunk.length)
    offset += (await file.write(chunk, offset, chunk.length - offset)).bytesWritten;
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

/** Moves a finished, already fsynced file or folder to its final place in another folder, and makes the move durable. */
export async function commitFile(staged: string, path: string): Promise<void> {
  try {
    await patiently(() => operations.rename(staged, path));
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageError(error, 'moving a file into its place', path);
  }
}

/**
 * Opens a new file that is not waited for: it counts for nothing before `makeDurable`, and may be torn until then. For many
 * files of which none is relied on before all of them are there.
 */
export async function createPlainFile(path: string, flags: 'w' | 'wx' = 'wx'): Promise<PlainFile> {
  const asWritten = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      throw storageError(error, 'writing a file', path);
    });
  const file = await asWritten(operations.open(path, flags, 0o600));
  const content = contentOf(file, sealOf(path));
  return {
    write: (chunk) => asWritten(content.write(chunk)),
    modifiedMs: () => asWritten(file.stat().then(({ mtimeMs }) => mtimeMs)),
    close: () => asWritten(content.end().finally(() => file.close())),
  };
}

export interface PlainFile {
  write(chunk: Uint8Array): Promise<void>;
  /** When it was written last, in milliseconds since 1970. */
  modifiedMs(): Promise<number>;
  close(): Promise<void>;
}

/** As `createPlainFile`, whole, over whatever file lies there. */
export async function writePlainFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await createPlainFile(path, 'w');
  try {
    await file.write(bytes);
  } finally {
    await file.close();
  }
}

/** A disk puts down several files at once hardly slower than one. */
const syncedAtOnce = 16;

/** Fsyncs files and the folders that they stand in. */
export async function makeDurable(paths: readonly string[]): Promise<void> {
  const rest = paths.values();
  const work = async () => {
    // The workers share one iterator.
    for (const path of rest) await syncFile(path);
  };
  const workers = await Promise.allSettled(Array.from({ length: syncedAtOnce }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  for (const folder of new Set(paths.map(dirname)))
    await syncFolder(folder).catch((error: unknown) => {
      throw storageError(error, 'writing a folder', folder);
    });
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
    throw storageError(error, 'writing a file', path);
  }
}

/** Makes the entries of a folder durable. Windows cannot fsync a folder and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (system.windows) return;
  const folder = await operations.open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some disks that something is saved to cannot.
    if (!/^(EINVAL|ENOTSUP|EOPNOTSUPP)$/.test(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}

/** As `syncFolder`; one that is not there is fine. */
export async function syncFolderIfThere(path: string): Promise<void> {
  await syncFolder(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

/** Opens a file to be read in pieces, through this layer so that who holds it open is known. Throws what the system says. */
export async function openForReading(path: string, seal = sealOf(path)): Promise<ReadableFile> {
  const file = await patiently(() => operations.open(path, 'r'));
  return seal ? unsealed(file, seal) : file;
}

/** The size of a file's content. Throws what the system says. */
export async function contentSize(path: string): Promise<number> {
  const file = await openForReading(path);
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** The whole content of a file of whatever kind and place. Throws what the system says. */
export async function readContent(path: string): Promise<Buffer> {
  const file = await openForReading(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const pieceBytes = 2 ** 20;

/** The content of a file, piece by piece in one buffer that is used again. Throws what the system says. */
export async function* readPieces(path: string, seal = sealOf(path)): AsyncGenerator<Uint8Array> {
  const file = await openForReading(path, seal);
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function readingError(error: unknown, path: string): PrecedentError {
  if (codeOf(error) === 'ENOENT') return new PrecedentError('not-found', 'the file does not exist');
  return storageError(error, 'reading a file', path);
}

/** SHA-256 of a file's content, in hexadecimal digits. Throws `not-found`, `storage`. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of readPieces(path)) hash.update(piece);
  } catch (error) {
    throw readingError(error, path);
  }
  return hash.digest('hex');
}

/** The whole file. Throws `not-found` when there is none. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    const bytes = await patiently(() => operations.readFile(path));
    const seal = sealOf(path);
    return seal ? unsealBytes(bytes, seal) : bytes;
  } catch (error) {
    throw readingError(error, path);
  }
}

/** Removes a file; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await patiently(() => operations.unlink(path)).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw storageError(error, 'removing a file', path);
  });
}

/** Removes a folder with everything in it; one that is not there is fine. */
export async function removeFolder(path: string): Promise<void> {
  // A reader that was told to stop may still write into it: then it is not empty when it should be.
  const isWrittenTo = (code: string) => inUse(code) || code === 'ENOTEMPTY';
  const remove = () => operations.rm(path, { recursive: true, force: true });
  await patiently(remove, isWrittenTo).catch((error: unknown) => {
    throw storageError(error, 'removing a folder', path);
  });
}

/**
 * Removes a folder that is all there or not there at all, whatever interrupts it: it is moved into `aside`, a folder on the
 * same disk that is emptied at the next start, before anything in it is removed.
 */
export async function removeFolderWhole(path: string, aside: string): Promise<void> {
  const moved = join(aside, `${basename(path)}.${process.pid}-${temporaryCount++}.removed`);
  try {
    await patiently(() => operations.rename(path, moved));
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw storageError(error, 'removing a folder', path);
  }
  await discardFolder(moved);
}

/** Removes a folder that counts for nothing and goes at the next start at the latest: what became of the work in it is not for this to say. */
export async function discardFolder(path: string): Promise<void> {
  await removeFolder(path).catch(() => undefined);
}

/** The names in a folder, sorted; none when the folder is missing. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await operations.readdir(path)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw storageError(error, 'listing a folder', path);
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

/** The paths of all files in a folder and below it. */
export async function findFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await listFolder(folder)) {
    const path = join(folder, name);
    const isFolder = (await operations.stat(path).catch(() => null))?.isDirectory();
    found.push(...(isFolder ? await findFiles(path) : [path]));
  }
  return found;
}

/** As `fileExists`, but throws `storage` where it cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  return operations.stat(path).then(
    () => true,
    (error: unknown) => {
      if (/^(ENOENT|ENOTDIR)$/.test(codeOf(error))) return false;
      throw storageError(error, 'looking for a file', path);
    },
  );
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
  const file = await createFileAtomic(to);
  try {
    // In pieces: a catalog may be larger than what Node reads at once (2 GiB).
    for await (const piece of readPieces(from)) await file.write(piece);
    await file.commit();
  } catch (error) {
    await file.abandon();
    throw readingError(error, from);
  }
}

/** Removes everything in a folder. */
export async function emptyFolder(folder: string): Promise<void> {
  for (const name of await listFolder(folder)) await removeFolder(join(folder, name));
}

/** Removes what an interrupted write left behind in a folder. @param part of the names of those that go; all without it */
export async function removeTemporaries(folder: string, part = ''): Promise<void> {
  for (const name of await listFolder(folder))
    if (name.endsWith('.tmp') && name.includes(part)) await removeFile(join(folder, name));
}
