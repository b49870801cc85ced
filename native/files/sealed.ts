/**
 * The sealed file: what an encrypted library keeps beside its catalog, AES-256-GCM chunk by chunk, so that any part is read without
 * the rest and nothing changed, moved, cut off or of another kind passes. The format is described in docs/encryption.md.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { PrecedentError } from '../contract/errors.ts';

/** What a file is; bound to its chunks, so that one cannot stand in the place of another. */
export type SealKind = 'voxels' | 'matrix' | 'thumbnail' | 'file';

/** The library's key, 32 bytes, and the kind of the file. */
export interface Seal {
  readonly key: Uint8Array;
  readonly kind: SealKind;
}

const magic = Buffer.from('PSEALED1');
const saltBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** Of plain text in each chunk but the last, which may have less. */
export const chunkBytes = 64 * 1024;
const overheadBytes = nonceBytes + tagBytes;
const sealedChunkBytes = chunkBytes + overheadBytes;
/** Magic, salt, chunk size as uint32 LE. */
export const headerBytes = magic.length + saltBytes + 4;

export function isSealed(beginning: Uint8Array): boolean {
  return beginning.length >= magic.length && magic.equals(beginning.subarray(0, magic.length));
}

/** The length of a sealed file's content. Throws `corrupt` for a length that no sealed file has. */
export function contentBytes(fileBytes: number): number {
  return fileBytes - headerBytes - chunkCount(fileBytes) * overheadBytes;
}

function chunkCount(fileBytes: number): number {
  const body = fileBytes - headerBytes;
  const count = Math.ceil(body / sealedChunkBytes);
  const last = body - (count - 1) * sealedChunkBytes;
  if (body < overheadBytes || last < overheadBytes || (count > 1 && last === overheadBytes)) throw damaged();
  return count;
}

/** A key of this file alone (HKDF-SHA-256, RFC 5869), so that a nonce need differ only from those of the same file. */
function fileKey({ key, kind }: Seal, header: Uint8Array): Buffer {
  const salt = header.subarray(magic.length, magic.length + saltBytes);
  return Buffer.from(hkdfSync('sha256', key, salt, `precedent file 1 ${kind}`, 32));
}

/** What a chunk is sealed to: its file's header and kind, its place, and whether the file ends with it. */
function boundTo(header: Uint8Array, kind: SealKind, index: number, isLast: boolean): Buffer {
  const place = Buffer.alloc(9);
  place.writeBigUInt64LE(BigInt(index));
  place[8] = Number(isLast);
  return Buffer.concat([header, place, Buffer.from(kind)]);
}

/** Seals what passes through, in the order given. */
export class Sealer {
  readonly #kind: SealKind;
  readonly #key: Buffer;
  readonly #header: Buffer;
  #index = 0;
  /** Content that does not fill a chunk yet. */
  #rest = Buffer.alloc(0);
  #begun = false;

  constructor(seal: Seal) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(chunkBytes);
    this.#header = Buffer.concat([magic, randomBytes(saltBytes), size]);
    this.#kind = seal.kind;
    this.#key = fileKey(seal, this.#header);
  }

  /** The bytes to be written for the next piece of content. */
  add(content: Uint8Array): Buffer {
    const sealed = this.#beginning();
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, content]) : Buffer.from(content);
    let from = 0;
    // The last chunk is kept back: only `end` knows that it is the last.
    for (; this.#rest.length - from > chunkBytes; from += chunkBytes)
      sealed.push(...this.#chunk(this.#rest.subarray(from, from + chunkBytes), false));
    this.#rest = this.#rest.subarray(from);
    return Buffer.concat(sealed);
  }

  /** The bytes that end the file. */
  end(): Buffer {
    return Buffer.concat([...this.#beginning(), ...this.#chunk(this.#rest, true)]);
  }

  #beginning(): Buffer[] {
    if (this.#begun) return [];
    this.#begun = true;
    return [this.#header];
  }

  #chunk(content: Uint8Array, isLast: boolean): Buffer[] {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(boundTo(this.#header, this.#kind, this.#index++, isLast));
    return [nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()];
  }
}

/** Opens the chunks of one sealed file, whose bytes the caller brings. */
export class Unsealer {
  readonly #kind: SealKind;
  readonly #key: Buffer;
  readonly #header: Buffer;
  readonly #count: number;
  readonly #fileBytes: number;
  /** Of the content. */
  readonly bytes: number;

  /**
   * @param header the first `headerBytes` of the file; throws `corrupt` where it is no sealed file of this version.
   * The last chunk has to be opened before anything is relied on: it alone shows that nothing was cut off.
   */
  constructor(seal: Seal, header: Uint8Array, fileBytes: number) {
    this.#header = Buffer.from(header);
    const known = isSealed(header) && header.length === headerBytes;
    if (!known || this.#header.readUInt32LE(magic.length + saltBytes) !== chunkBytes) throw damaged();
    this.#kind = seal.kind;
    this.#count = chunkCount(fileBytes);
    this.#fileBytes = fileBytes;
    this.bytes = contentBytes(fileBytes);
    this.#key = fileKey(seal, this.#header);
  }

  get last(): number {
    return this.#count - 1;
  }

  /** Where the chunks from `first` to `last` lie in the file. */
  place(first: number, last: number): { offset: number; length: number } {
    const offset = headerBytes + first * sealedChunkBytes;
    const end = Math.min(headerBytes + (last + 1) * sealedChunkBytes, this.#fileBytes);
    return { offset, length: end - offset };
  }

  /** The content of the chunks from `first` on, which `sealed` holds one after another. Throws `corrupt`. */
  open(first: number, sealed: Uint8Array): Buffer {
    const opened: Buffer[] = [];
    for (let at = 0, index = first; at < sealed.length; at += sealedChunkBytes, index++)
      opened.push(this.#open(index, sealed.subarray(at, at + sealedChunkBytes)));
    return opened.length === 1 ? opened[0] : Buffer.concat(opened);
  }

  #open(index: number, chunk: Uint8Array): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, chunk.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(boundTo(this.#header, this.#kind, index, index === this.last));
    try {
      decipher.setAuthTag(chunk.subarray(-tagBytes));
      const content = decipher.update(chunk.subarray(nonceBytes, -tagBytes));
      decipher.final();
      return content;
    } catch {
      throw damaged();
    }
  }
}

function damaged(): PrecedentError {
  return new PrecedentError(
    'corrupt',
    'an encrypted file does not pass its check: it is damaged, or of another library',
    undefined,
    'run verify --repair',
  );
}
