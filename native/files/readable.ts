/** Files that are read in pieces, whether they lie as they are or sealed in an encrypted library. */
import { fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chunkBytes, contentBytes, headerBytes, type Seal, Unsealer } from './sealed.ts';

/** The part of a file handle that reading takes; sizes and positions are those of the content. */
export interface ReadableFile {
  stat(): Promise<{ readonly size: number }>;
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  readFile(): Promise<Buffer>;
  close(): Promise<void>;
}

/** The content of an open sealed file; closes it with itself, and when this fails. Throws `corrupt`. */
export async function unsealed(file: FileHandle, seal: Seal): Promise<ReadableFile> {
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await file.read(header, 0, headerBytes, 0);
    const sealed = new SealedFile(file, new Unsealer(seal, header.subarray(0, bytesRead), size));
    await sealed.checkEnd();
    return sealed;
  } catch (error) {
    await file.close();
    throw error;
  }
}

class SealedFile implements ReadableFile {
  readonly #file: FileHandle;
  readonly #unsealer: Unsealer;
  /** The chunk that was read last: what is read next often begins in it. */
  #kept: { readonly index: number; readonly content: Buffer } | undefined;

  constructor(file: FileHandle, unsealer: Unsealer) {
    this.#file = file;
    this.#unsealer = unsealer;
  }

  async checkEnd(): Promise<void> {
    await this.#chunks(this.#unsealer.last, this.#unsealer.last);
  }

  async stat(): Promise<{ size: number }> {
    return { size: this.#unsealer.bytes };
  }

  async read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    const end = Math.min(position + length, this.#unsealer.bytes);
    if (end <= position) return { bytesRead: 0 };
    const first = Math.floor(position / chunkBytes);
    const content = await this.#chunks(first, Math.floor((end - 1) / chunkBytes));
    const from = position - first * chunkBytes;
    buffer.set(content.subarray(from, from + end - position), offset);
    return { bytesRead: end - position };
  }

  readFile(): Promise<Buffer> {
    return this.#chunks(0, this.#unsealer.last);
  }

  async #chunks(first: number, last: number): Promise<Buffer> {
    const kept = this.#kept?.index === first ? this.#kept.content : undefined;
    if (kept && first === last) return kept;
    const begin = kept ? first + 1 : first;
    const { offset, length } = this.#unsealer.place(begin, last);
    const sealed = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(sealed, 0, length, offset);
    const opened = this.#unsealer.open(begin, sealed.subarray(0, bytesRead));
    this.#kept = { index: last, content: opened.subarray((last - begin) * chunkBytes) };
    return kept ? Buffer.concat([kept, opened]) : opened;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** The content of a sealed file that lies in memory. Throws `corrupt`. */
export function unsealBytes(file: Uint8Array, seal: Seal): Buffer {
  const unsealer = new Unsealer(seal, file.subarray(0, headerBytes), file.length);
  return unsealer.open(0, file.subarray(headerBytes));
}

/** The size of a file's content and its first bytes, for a look that cannot wait. Closes nothing. */
export function beginningOf(
  descriptor: number,
  seal: Seal | null,
): { readonly bytes: number; read(into: Buffer, length: number): number } {
  const { size } = fstatSync(descriptor);
  if (!seal) return { bytes: size, read: (into, length) => readFrom(descriptor, into, length, 0) };
  const header = Buffer.alloc(headerBytes);
  const unsealer = new Unsealer(seal, header.subarray(0, readFrom(descriptor, header, headerBytes, 0)), size);
  return {
    bytes: contentBytes(size),
    read(into, length) {
      const last = Math.max(0, Math.ceil(length / chunkBytes) - 1);
      const { offset, length: sealedLength } = unsealer.place(0, last);
      const sealed = Buffer.allocUnsafe(sealedLength);
      const read = readFrom(descriptor, sealed, sealedLength, offset);
      return unsealer.open(0, sealed.subarray(0, read)).copy(into, 0, 0, length);
    },
  };
}

function readFrom(descriptor: number, into: Buffer, length: number, position: number): number {
  let read = 0;
  while (read < length) {
    const more = readSync(descriptor, into, read, length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}
