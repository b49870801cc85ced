/** Writes ZIP archives for tests, byte by byte, so that they can lie. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array | string;
  readonly deflate?: boolean;
  /** Unix st_mode, as archives made on Unix have it. */
  readonly mode?: number;
  /** General purpose bit flag; UTF-8 names (0x800) by default. */
  readonly flags?: number;
  /** What the headers say instead of the truth. */
  readonly says?: {
    readonly size?: number;
    readonly packedSize?: number;
    readonly crc?: number;
    readonly method?: number;
    /** The local header of the entry with this number, instead of its own. */
    readonly entry?: number;
  };
}

/** PKWARE's application note, sections 4.3.7, 4.3.12 and 4.3.16; no ZIP64. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, data = '', deflate = false, mode = 0, flags = 0x800, says = {} } of entries) {
    const bytes = Buffer.from(data);
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const encoded = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(says.method ?? (deflate ? 8 : 0), 4);
    fields.writeUInt32LE(says.crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(says.packedSize ?? packed.length, 14);
    fields.writeUInt32LE(says.size ?? bytes.length, 18);
    fields.writeUInt16LE(encoded.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, encoded, packed]);
    offsets.push(offset);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offsets[says.entry ?? offsets.length - 1], 10);
    const madeByUnix = Buffer.of(20, 3);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeByUnix, fields, rest, encoded]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
