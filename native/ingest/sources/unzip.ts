/** Unpacks ZIP archives that may be hostile: nothing is written outside of the folder, and nothing grows without bound. */
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { PrecedentError } from '../../contract/errors.ts';
import type { FoundFile, Skipped } from '../../contract/reader.ts';
import { codeOf } from '../../files/errorCode.ts';
import { createPlainFile, ensureFolder, makeDurable, removeFile, removeFolder } from '../../files/files.ts';
import { throwIfCancelled } from '../../process/cancel.ts';
import { isArchive } from './describe.ts';
import { reasonOf } from './reasons.ts';
import { UnpackedNames } from './unpackedNames.ts';

interface Options {
  readonly signal?: AbortSignal;
  /** Entries; told several times a second, inside of a long entry too. */
  readonly onProgress?: (progress: { done: number; total: number }) => void;
  readonly limits?: typeof unzipLimits;
}
/** An archive, the folders below the root that it is unpacked into, and how it is called in a report. */
interface Archive {
  readonly path: string;
  readonly shown: string;
  readonly folders: readonly string[];
  readonly level: number;
}

/** Bytes and entries of an archive with those inside it; an entry larger than `ratioFromBytes` may not grow more than `ratio`-fold. */
export const unzipLimits = {
  bytes: 64 * 2 ** 30,
  entries: 200_000,
  ratio: 1000,
  ratioFromBytes: 16 * 2 ** 20,
  depth: 64,
};
/** An archive inside an archive is unpacked, one inside that is not. */
const levels = 2;
const progressMs = 250;
/** Unix file types (st_mode) that an entry made there carries in its external attributes. */
const fileType = { mask: 0xf000, none: 0, folder: 0x4000, file: 0x8000, link: 0xa000 };

/**
 * Unpacks an archive into a folder of its own, with the folders that it holds and names that every file system takes.
 * What lies in the folder is removed first: a reader that died may have left it.
 * @throws PrecedentError `cancelled`, `storage`; an entry that cannot be unpacked is skipped with its reason
 */
export async function unzip(
  path: string,
  into: string,
  options: Options = {},
): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  throwIfCancelled(options.signal);
  await removeFolder(into);
  const unpacking = new Unpacking(into, options);
  await unpacking.unpack({ path, shown: path, folders: [], level: 1 });
  return unpacking.finish();
}

class Unpacking {
  readonly #root: string;
  readonly #options: Options;
  readonly #limits: typeof unzipLimits;
  readonly #names = new UnpackedNames();
  readonly #made = new Set<string>();
  readonly #files: FoundFile[] = [];
  readonly #skipped: Skipped[] = [];
  #bytes = 0;
  #entries = 0;
  #total = 0;
  #told = performance.now();

  constructor(root: string, options: Options) {
    this.#root = root;
    this.#options = options;
    this.#limits = options.limits ?? unzipLimits;
  }

  async finish(): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
    // Once a job knows its pieces it does not unpack again.
    await makeDurable(this.#files.map(({ path }) => path));
    this.#options.onProgress?.({ done: this.#entries, total: this.#entries });
    return { files: this.#files, skipped: this.#skipped };
  }

  async unpack(archive: Archive): Promise<void> {
    try {
      const zip = await openZip(archive.path);
      try {
        await this.#unpackEntries(archive, zip);
      } finally {
        zip.close();
      }
    } catch (thrown) {
      this.#skip(archive.shown, thrown, 'the ZIP archive is damaged, cut off or encrypted');
    }
  }

  async #unpackEntries(archive: Archive, zip: ZipFile): Promise<void> {
    this.#total += Math.min(zip.entryCount, this.#limits.entries);
    let packedBytes = 0;
    for await (const entry of zip.eachEntry()) {
      this.#breathe();
      if (++this.#entries > this.#limits.entries) {
        const most = this.#limits.entries.toLocaleString('en');
        throw new PrecedentError('limit', `more than ${most} entries: from here on they are left out`);
      }
      packedBytes += entry.compressedSize;
      if (packedBytes > zip.fileSize) {
        throw new PrecedentError(
          'limit',
          'entries share their bytes, a ZIP bomb: from here on they are left out',
        );
      }
      const name = nameOf(entry);
      const shown = `${archive.shown}/${name.replace(/\p{Cc}/gu, '?')}`;
      try {
        const parts = partsOf(name, this.#limits.depth);
        if (!name.endsWith('/')) await this.#unpackEntry({ ...archive, shown }, zip, entry, parts);
      } catch (thrown) {
        this.#skip(shown, thrown, 'damaged inside of the archive');
      }
    }
  }

  async #unpackEntry(archive: Archive, zip: ZipFile, entry: Entry, parts: readonly string[]): Promise<void> {
    this.#refuse(entry);
    const stream = await zip.openReadStreamPromise(entry);
    try {
      const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
      const first = await chunks.next();
      const nested = !first.done && isArchive(parts[parts.length - 1], first.value);
      if (nested && archive.level === levels) {
        throw new PrecedentError('unsupported', 'an archive in an archive in an archive is not unpacked');
      }
      const folders = [...archive.folders, ...parts];
      const target = join(this.#root, this.#names.file(nested ? ['.archive'] : folders));
      const file = await this.#write(entry, target, first, chunks);
      if (!nested) this.#files.push(file);
      else {
        await this.unpack({ path: target, shown: archive.shown, folders, level: archive.level + 1 });
        await removeFile(target);
      }
    } finally {
      stream.destroy();
    }
  }

  /** Throws the reason why an entry is not even opened. */
  #refuse(entry: Entry): void {
    const { bytes, ratio, ratioFromBytes } = this.#limits;
    const { uncompressedSize, compressedSize, externalFileAttributes } = entry;
    const type = (externalFileAttributes >>> 16) & fileType.mask;
    if (type === fileType.link) throw new PrecedentError('refused', 'a link inside of an archive');
    if (type !== fileType.none && type !== fileType.file && type !== fileType.folder) {
      throw new PrecedentError('refused', 'not a regular file');
    }
    if (entry.isEncrypted()) throw new PrecedentError('unsupported', 'encrypted');
    if (!entry.canDecodeFileData()) {
      throw new PrecedentError('unsupported', 'compressed by a method that is not handled');
    }
    if (uncompressedSize > ratioFromBytes && uncompressedSize > ratio * compressedSize) {
      throw new PrecedentError('limit', `unpacks to more than ${ratio} times its size, as a ZIP bomb does`);
    }
    if (this.#bytes + uncompressedSize > bytes) {
      const gib = Number((bytes / 2 ** 30).toPrecision(3));
      throw new PrecedentError('limit', `the archive unpacks to more than ${gib} GiB`);
    }
  }

  /** Writes what an entry holds, and checks it against what the archive says of it. */
  async #write(
    entry: Entry,
    path: string,
    first: IteratorResult<Uint8Array>,
    chunks: AsyncIterator<Uint8Array>,
  ): Promise<FoundFile> {
    await this.#makeFolder(dirname(path));
    const file = await createPlainFile(path);
    let bytes = 0;
    try {
      let checksum = 0;
      for (let chunk = first; !chunk.done; chunk = await chunks.next()) {
        this.#breathe();
        bytes += chunk.value.length;
        if (bytes > entry.uncompressedSize)
          throw new PrecedentError('unreadable', 'larger than its archive says');
        checksum = crc32(chunk.value, checksum);
        await file.write(chunk.value);
      }
      if (bytes < entry.uncompressedSize)
        throw new PrecedentError('unreadable', 'smaller than its archive says');
      if (checksum !== entry.crc32)
        throw new PrecedentError('unreadable', "its checksum is not the archive's");
      this.#bytes += bytes;
      return { path, bytes, mtimeMs: await file.modifiedMs() };
    } catch (thrown) {
      await removeFile(path);
      throw thrown;
    } finally {
      await file.close();
    }
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await ensureFolder(path);
    this.#made.add(path);
  }

  #breathe(): void {
    throwIfCancelled(this.#options.signal);
    if (performance.now() - this.#told < progressMs) return;
    this.#told = performance.now();
    this.#options.onProgress?.({ done: this.#entries, total: Math.max(this.#entries, this.#total) });
  }

  #skip(path: string, thrown: unknown, otherwise: string): void {
    const error = PrecedentError.from(thrown);
    const code = codeOf(thrown);
    const own = code === 'ENAMETOOLONG' || code === 'EACCES';
    if (error.kind === 'cancelled' || (error.kind === 'storage' && !own)) throw error;
    const known = own || thrown instanceof PrecedentError;
    this.#skipped.push({ path, reason: known ? reasonOf(thrown) : otherwise });
  }
}

/** Names are decoded here and sizes checked here: there, one bad entry would end the whole archive. */
async function openZip(path: string): Promise<ZipFile> {
  const zip = await yauzl.openPromise(path, {
    autoClose: false,
    lazyEntries: true,
    decodeStrings: false,
    validateEntrySizes: false,
  });
  // An error that comes after the entries were left would otherwise end the process.
  zip.on('error', () => {});
  return zip;
}

/** By some tools, folders are separated as on Windows. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

/** Folders and name of an entry. @throws PrecedentError `refused` where they lead out of the folder, `limit` */
function partsOf(name: string, depth: number): string[] {
  const parts = name.split('/');
  if (name.startsWith('/') || /^[a-z]:/i.test(name) || parts.includes('..') || name.includes('\0')) {
    throw new PrecedentError('refused', 'its name leads out of the archive');
  }
  const kept = parts.filter((part) => part !== '' && part !== '.');
  if (kept.length === 0) throw new PrecedentError('unreadable', 'an entry without a name');
  if (kept.length > depth) throw new PrecedentError('limit', 'folders are nested too deeply');
  return kept;
}
