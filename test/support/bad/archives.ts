/** ZIP archives that lie about what is in them, hold too much, or lead out of their folder. */
import { slice } from '../validFiles.ts';
import { writeZip, type ZipEntry } from '../zipWriter.ts';
import { deflatedZeros } from './bombs.ts';
import type { BadFile } from './types.ts';

const zipped = (
  name: string,
  make: (name: string) => Uint8Array,
  says: RegExp,
  why: string,
  more: Partial<BadFile> = {},
): BadFile => ({ name, file: `${name}.zip`, make: () => make(name), reason: says, why, ...more });
const reason = /archive|ZIP|unpack|inflate|entry|damaged|outside|leaves|size|too|more than/i;

/** The end of an archive claims this many entries (APPNOTE 6.3.10 section 4.3.16, offsets 8 and 10). */
function claiming(entries: number, bytes: Buffer): Buffer {
  bytes.writeUInt16LE(entries, bytes.length - 14);
  bytes.writeUInt16LE(entries, bytes.length - 12);
  return bytes;
}

/** One entry of four gigabytes, packed, that claims to be of `size` bytes. */
const bomb = (size: number) =>
  writeZip([{ name: 'a.dcm', data: deflatedZeros(4096), says: { method: 8, size, crc: 0 } }]);
const one = (name: string, entry: Partial<ZipEntry> = {}) =>
  writeZip([{ name: 'a.dcm', data: slice(name), ...entry }]);
const nested = (name: string) =>
  writeZip([{ name: 'inner.zip', data: writeZip([{ name: 'innermost.zip', data: one(name) }]) }]);
const fourGigabytes = 0xfffffffe;
const tooLong = { size: 0x7fffffff, packedSize: 0x7fffffff };

export const badArchives: readonly BadFile[] = [
  zipped(
    'zip-slip',
    (name) => one(name, { name: '../../escaped.dcm' }),
    reason,
    'an entry that leaves the folder',
  ),
  zipped(
    'zip-slip-absolute',
    (name) => one(name, { name: '/tmp/escaped.dcm' }),
    reason,
    'an entry with an absolute path',
  ),
  zipped(
    'zip-slip-backslash',
    (name) => one(name, { name: '..\\..\\escaped.dcm' }),
    reason,
    'the same as Windows writes it',
  ),
  zipped('zip-bomb', () => bomb(fourGigabytes), reason, 'four gigabytes in four megabytes'),
  zipped(
    'zip-forged-size',
    () => bomb(1000),
    reason,
    'a bomb that claims a thousand bytes (Orthanc: forged ZIP sizes)',
  ),
  zipped(
    'zip-size-too-large',
    (name) => one(name, { says: tooLong }),
    reason,
    'an entry longer than the archive',
  ),
  zipped(
    'zip-encrypted',
    (name) => one(name, { flags: 0x801 }),
    /encrypt|password/i,
    'nobody has the password',
  ),
  zipped('zip-nested', nested, /archive|ZIP|nested/i, 'an archive in an archive in an archive', {
    tolerated: true,
  }),
  zipped('zip-cut-off', (name) => one(name).subarray(0, -30), reason, 'without its directory'),
  zipped(
    'zip-entries-lie',
    (name) => claiming(60_000, one(name)),
    reason,
    'sixty thousand entries are promised',
    {
      tolerated: true,
    },
  ),
  zipped(
    'zip-checksum-wrong',
    (name) => one(name, { says: { crc: 1 } }),
    reason,
    'the content is not what was packed',
    {
      tolerated: true,
    },
  ),
  zipped(
    'zip-many-entries',
    () => writeZip(Array.from({ length: 2000 }, (_, n) => ({ name: `${n}` }))),
    /archive|ZIP|empty|more than|too many/i,
    'two thousand empty files',
  ),
  zipped(
    'zip-link',
    () => writeZip([{ name: 'passwd', data: '/etc/passwd', mode: 0o120777 }]),
    /link|archive|ZIP|neither/i,
    'an entry that is a link out of the folder',
  ),
  zipped(
    'zip-bad-inside',
    (name) => writeZip([{ name: 'folder/cut.dcm', data: slice(name).subarray(0, 500) }]),
    /damaged|cut off/i,
    'a bad file in a good archive',
  ),
];
