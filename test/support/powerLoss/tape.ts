/**
 * Records in their order the operations by which files change, and how far the catalog's write-ahead log had come at each. The
 * log alone changes while it is recorded, and every commit fsyncs it (the pragmas are asserted): it is taken into the catalog only
 * where that is asked for, and then another recording of catalog and log begins.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../../native/catalog/database.ts';
import { operations } from '../../../native/files/files.ts';

/** A name is a path as it was given; a handle's number stands for the file that was opened. */
type Change =
  | {
      readonly kind: 'open';
      readonly handle: number;
      readonly path: string;
      readonly writes: boolean;
      readonly empties: boolean;
    }
  | { readonly kind: 'write'; readonly handle: number; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'sync'; readonly handle: number }
  | { readonly kind: 'mkdir' | 'unlink' | 'rm'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  /** Nothing happened, but what was asked for before has been acknowledged. */
  | { readonly kind: 'mark'; readonly mark: number };

/** Where the log was: in which of the logs that followed each other, at which byte. */
export interface LogPlace {
  readonly part: number;
  readonly at: number;
}

export type Event = Change & {
  /** Null while there was no catalog. */
  readonly log: LogPlace | null;
};

/** From one time that the log was taken into the catalog to the next. */
export interface CatalogPart {
  /** The catalog's file, as it was all the time. */
  readonly catalog: Buffer;
  /** All of its write-ahead log. */
  readonly log: Buffer;
}

export interface Recording {
  readonly events: readonly Event[];
  /** One after the other. */
  readonly parts: readonly CatalogPart[];
}

/** What changes a file behind the tape's back. */
const unknownMethods = ['writev', 'writeFile', 'appendFile', 'truncate', 'createWriteStream', 'datasync'];

export class Tape {
  readonly #real = { ...operations };
  readonly #events: Event[] = [];
  readonly #parts: CatalogPart[] = [];
  #handles = 0;
  /** What is followed now. */
  #followed: { readonly catalog: Buffer; readonly logFile: number } | null = null;

  /** Records from now on, in place of whatever the operations were. */
  start(): void {
    const real = this.#real;
    const told =
      <A extends unknown[], R>(step: (...args: A) => Promise<R>, change: (...args: A) => Change) =>
      async (...args: A): Promise<R> => {
        const result = await step(...args);
        this.#add(change(...args));
        return result;
      };
    const path = (given: unknown) => String(given);
    operations.open = async (given, flags, mode) => {
      const file = await real.open(given, flags, mode);
      const handle = this.#handles++;
      const [writes, empties] = flagsOf(flags);
      this.#add({ kind: 'open', handle, path: path(given), writes, empties });
      return this.#watched(file, handle);
    };
    operations.rename = told(real.rename, (from, to) => ({ kind: 'rename', path: path(from), to: path(to) }));
    operations.unlink = told(real.unlink, (given) => ({ kind: 'unlink', path: path(given) }));
    operations.rm = told(real.rm, (given) => ({ kind: 'rm', path: path(given) }));
    operations.mkdir = told(real.mkdir as (given: string) => Promise<string | undefined>, (given) => ({
      kind: 'mkdir',
      path: path(given),
    })) as typeof operations.mkdir;
  }

  /** To be called once the catalog is open: its log is kept whole from here on. */
  followCatalog(db: Database, root: string): void {
    db.pragma('wal_autocheckpoint = 0');
    const durable = db.pragma('synchronous', { simple: true }) === 2;
    if (!durable || db.pragma('journal_mode', { simple: true }) !== 'wal')
      throw new Error('the catalog does not wait for the disk');
    this.#follow(root);
    const pragma = db.pragma.bind(db);
    db.pragma = (source, options) => {
      if (!source.startsWith('wal_checkpoint')) return pragma(source, options);
      if (source !== 'wal_checkpoint(TRUNCATE)')
        throw new Error(`the tape does not know how to record ${source}`);
      this.#endPart();
      const result = pragma(source, options);
      this.#follow(root);
      if (this.#logBytes() !== 0) throw new Error('the log was not taken into the catalog');
      return result;
    };
  }

  #follow(root: string): void {
    const catalog = readFileSync(join(root, 'catalog.sqlite'));
    this.#followed = { catalog, logFile: openSync(join(root, 'catalog.sqlite-wal'), constants.O_RDONLY) };
  }

  #endPart(): void {
    if (this.#followed === null) throw new Error('no catalog was followed');
    const { catalog, logFile } = this.#followed;
    const log = Buffer.alloc(fstatSync(logFile).size);
    readSync(logFile, log, 0, log.length, 0);
    closeSync(logFile);
    this.#parts.push({ catalog, log });
    this.#followed = null;
  }

  #logBytes(): number | null {
    return this.#followed && fstatSync(this.#followed.logFile).size;
  }

  /** What was asked for until now has been acknowledged. */
  mark(mark: number): void {
    this.#add({ kind: 'mark', mark });
  }

  stop(): Recording {
    Object.assign(operations, this.#real);
    this.#endPart();
    return { events: this.#events, parts: this.#parts };
  }

  #add(change: Change): void {
    const at = this.#logBytes();
    this.#events.push({ ...change, log: at === null ? null : { part: this.#parts.length, at } });
  }

  /** The handle, telling of what changes its file. */
  #watched(file: FileHandle, handle: number): FileHandle {
    let position = 0;
    const write = file.write.bind(file) as (
      bytes: Uint8Array,
      offset: number,
      length: number,
    ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
    const sync = file.sync.bind(file);
    Object.assign(file, {
      write: async (bytes: Uint8Array, offset: number, length: number, ...others: unknown[]) => {
        if (others.length > 0) throw new Error('the tape does not know how to record this write');
        const result = await write(bytes, offset, length);
        const written = Buffer.from(bytes.subarray(offset, offset + result.bytesWritten));
        this.#add({ kind: 'write', handle, at: position, bytes: written });
        position += written.length;
        return result;
      },
      sync: async () => {
        await sync();
        this.#add({ kind: 'sync', handle });
      },
    });
    for (const name of unknownMethods)
      Object.assign(file, {
        [name]: () => {
          throw new Error(`the tape does not know how to record ${name}`);
        },
      });
    return file;
  }
}

/** Whether a file is written, and whether what was in it is dropped. */
function flagsOf(flags: string | number | undefined): [writes: boolean, empties: boolean] {
  if (flags === 'w' || flags === 'wx') return [true, true];
  if (flags === 'r' || flags === 'r+' || flags === constants.O_RDONLY || flags === undefined)
    return [flags === 'r+', false];
  throw new Error(`the tape does not know the flags ${flags}`);
}
