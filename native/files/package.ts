/** A set of new files outside of the library, as a folder or as one ZIP: there when all of them are written, not before. */
import { dirname, join } from 'node:path';
import { Zip, ZipPassThrough } from 'fflate';
import { PrecedentError } from '../contract/errors.ts';
import {
  commitFile,
  createFileAtomic,
  ensureFolder,
  fileExists,
  makeDurable,
  removeFolder,
  writePlainFile,
} from './files.ts';

export interface FilePackage {
  /** @param name its path in the package, with `/` between folders */
  add(name: string, bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  /** Removes what was written; nothing happens after a commit. */
  abandon(): Promise<void>;
}

/** What a ZIP without the extensions of ZIP64 can count (APPNOTE.TXT section 4.4): bytes, and files. */
const zipLimits = { bytes: 0xffffffff, files: 0xffff } as const;
type ZipLimits = Readonly<Record<keyof typeof zipLimits, number>>;

/**
 * A ZIP where the path ends in .zip. Throws `refused` where something lies at the path of a folder already; `add` throws `limit`
 * for more than a ZIP can hold.
 */
export function createPackage(path: string, limits: ZipLimits = zipLimits): Promise<FilePackage> {
  return /\.zip$/i.test(path) ? zipped(path, limits) : inFolder(path);
}

async function inFolder(path: string): Promise<FilePackage> {
  if (await fileExists(path))
    throw new PrecedentError(
      'refused',
      'there is something of that name already',
      undefined,
      'choose a new name',
    );
  const partial = `${path}.${process.pid}.partial`;
  await ensureFolder(partial);
  const files: string[] = [];
  return {
    async add(name, bytes) {
      const file = join(partial, ...name.split('/'));
      await ensureFolder(dirname(file));
      // Not waited for the disk each time: until its name is right the folder counts for nothing.
      await writePlainFile(file, bytes);
      files.push(file);
    },
    async commit() {
      await makeDurable(files);
      await commitFile(partial, path);
    },
    abandon: () => removeFolder(partial),
  };
}

/** What a file takes in a ZIP beside itself and twice its name: its two headers and what follows the data. */
const headersBytes = 30 + 46 + 16;
/** The end of its directory. */
const endBytes = 22;

async function zipped(path: string, limits: ZipLimits): Promise<FilePackage> {
  const file = await createFileAtomic(path);
  let pieces: Uint8Array[] = [];
  const size = { bytes: endBytes, files: 0 };
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  const flush = async () => {
    const ready = pieces;
    pieces = [];
    for (const piece of ready) await file.write(piece);
  };
  return {
    async add(name, bytes) {
      size.files++;
      size.bytes += bytes.length + 2 * Buffer.byteLength(name) + headersBytes;
      if (size.files > limits.files || size.bytes > limits.bytes)
        throw new PrecedentError(
          'limit',
          'this is more than a ZIP archive can hold',
          undefined,
          'choose a folder instead, or less',
        );
      // Pictures are packed already.
      const entry = new ZipPassThrough(name);
      zip.add(entry);
      entry.push(bytes, true);
      await flush();
    },
    async commit() {
      zip.end();
      await flush();
      await file.commit();
    },
    abandon: () => file.abandon(),
  };
}
