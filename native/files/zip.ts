/** Writes ZIP archives of files that are compressed already: stored as they are (APPNOTE 6.3, sections 4.3 and 4.4). */
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  /** With slashes between folders. */
  readonly name: string;
  readonly data: Uint8Array;
}

const [localHeader, centralHeader, endRecord] = [0x04034b50, 0x02014b50, 0x06054b50];
/** Names are in UTF-8. */
const utf8Flag = 0x0800;
const version = 20;
/** 1 January 1980, the earliest there is: when the files were made is not told. */
const dosDate = 0x0021;

/** The whole archive; for less than 65,536 files and 4 GiB. */
export function storedZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const nameBytes = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(version, 0);
    common.writeUInt16LE(utf8Flag, 2);
    common.writeUInt16LE(dosDate, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([signature(localHeader), common, nameBytes, data]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(signature(centralHeader), madeBy, common, central, nameBytes);
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, signature(endRecord), end]);
}

const madeBy = Buffer.from([version, 0]);

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
