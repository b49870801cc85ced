/** Looks for canaries in every byte of every file under a folder: as they are, in other encodings, and in what can be unpacked. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

export interface Canary {
  readonly name: string;
  readonly forms: readonly Buffer[];
  /** Found whatever its case. */
  readonly text: boolean;
}

/** A text, in UTF-8 and in UTF-16 of either order, in any case. */
export function textCanary(text: string): Canary {
  const lower = text.toLowerCase();
  const little = Buffer.from(lower, 'utf16le');
  return {
    name: text,
    forms: [Buffer.from(lower), little, Buffer.from(little).swap16()],
    text: true,
  };
}

/** Bytes, as they are and in base64. */
export function byteCanary(name: string, bytes: Uint8Array): Canary {
  const raw = Buffer.from(bytes);
  const whole = raw.subarray(0, raw.length - (raw.length % 3));
  return { name, forms: [raw, Buffer.from(whole.toString('base64'))], text: false };
}

/** Where canaries are, as `canary: file`, sorted, each once. */
export function findCanaries(folder: string, canaries: readonly Canary[]): string[] {
  const found = new Set<string>();
  for (const path of filesUnder(folder)) {
    const name = Buffer.from(relative(folder, path));
    for (const bytes of [name, ...unpacked(readFileSync(path))])
      for (const canary of canariesIn(bytes, canaries))
        found.add(`${canary.name}: ${relative(folder, path)}`);
  }
  return [...found].sort();
}

/** The canaries that stand in these bytes. */
export function canariesIn(bytes: Buffer, canaries: readonly Canary[]): Canary[] {
  const lower = lowered(bytes);
  return canaries.filter(({ forms, text }) => forms.some((form) => (text ? lower : bytes).includes(form)));
}

function lowered(bytes: Buffer): Buffer {
  const lower = Buffer.from(bytes);
  for (let n = 0; n < lower.length; n++) if (lower[n] >= 0x41 && lower[n] <= 0x5a) lower[n] |= 0x20;
  return lower;
}

function* filesUnder(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      yield* filesUnder(path);
    } else if (found?.isFile()) yield path;
  }
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The bytes, and what is packed in them: zstd frames, PNG pictures, ZIP entries, gzip. */
function* unpacked(bytes: Buffer): Generator<Buffer> {
  yield bytes;
  for (let at = bytes.indexOf(zstdMagic); at >= 0; ) {
    const next = bytes.indexOf(zstdMagic, at + 4);
    const frame = tried(() => zstdDecompressSync(bytes.subarray(at, next < 0 ? frameEnd(bytes) : next)));
    if (frame) yield frame;
    at = next;
  }
  if (bytes.subarray(1, 4).equals(Buffer.from('PNG'))) yield* pngRows(bytes);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const whole = tried(() => gunzipSync(bytes));
    if (whole) yield whole;
  }
  for (
    let at = bytes.indexOf('PK\x03\x04', 0, 'latin1');
    at >= 0;
    at = bytes.indexOf('PK\x03\x04', at + 4, 'latin1')
  ) {
    const packed = bytes.subarray(at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28));
    const entry = bytes.readUInt16LE(at + 8) === 8 ? tried(() => inflateRawSync(packed)) : undefined;
    if (entry) yield entry;
  }
  // Streams of a PDF.
  for (let at = bytes.indexOf('stream\n'); at >= 0; at = bytes.indexOf('stream\n', at + 7)) {
    const stream = tried(() => inflateSync(bytes.subarray(at + 7)));
    if (stream) yield stream;
  }
}

/** Of a voxel file: the last slice ends where its header begins. */
function frameEnd(bytes: Buffer): number {
  const header = bytes.lastIndexOf('{"dims"');
  return header < 0 ? bytes.length : header;
}

function* pngRows(bytes: Buffer): Generator<Buffer> {
  const parts: Buffer[] = [];
  for (let at = 8; at + 8 < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const rows = tried(() => inflateSync(Buffer.concat(parts)));
  if (rows) yield rows;
}

function tried(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack();
  } catch {
    return undefined;
  }
}
