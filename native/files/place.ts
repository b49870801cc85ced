/**
 * Whether a folder may hold a library: on a disk of this computer. SQLite's write-ahead log needs memory that is shared between
 * the processes that have it open and locks that hold, which network file systems do not give (sqlite.org/wal.html), and a
 * server that answers from its memory makes nothing durable.
 */
import { dirname } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { codeOf } from './errorCode.ts';
import { operations, system } from './files.ts';

/** Network file systems by their number on Linux (statfs(2), linux/magic.h, and their own sources). */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);
/** Programs behind this number serve local disks (NTFS, exFAT) as well as remote ones: the table of mounts says which. */
const fuse = 0x65735546;
const remoteFuse =
  /^fuse\.(sshfs|rclone|s3fs|gcsfuse|goofys|mountpoint-s3|davfs2?|curlftpfs|smbnetfs|glusterfs|ceph|ceph-fuse|gvfsd-fuse|kio-fuse|juicefs|seaweedfs|mfs|moosefs|lizardfs|onedriver|google-drive-ocamlfuse|cvmfs2?)$/;
/** On Windows the folders and files in a library need some room below the 260 characters that SQLite and USearch take. */
const longestWindowsFolder = 160;

/** Throws `refused` for a folder, existing or not, on a network drive, and on Windows for one with too long a path. */
export async function checkLibraryDisk(folder: string): Promise<void> {
  const network = system.windows ? windowsShare(folder) : await linuxNetwork(await nearestExisting(folder));
  if (network !== null)
    throw new PrecedentError(
      'refused',
      `a library cannot lie on a network drive (${network})`,
      'the library',
      'copy it to a disk of this computer; backups and exports may go to the network',
    );
  if (system.windows && folder.length > longestWindowsFolder)
    throw new PrecedentError(
      'refused',
      `the path of a library may have ${longestWindowsFolder} characters at most`,
      'the library',
      'choose a folder nearer to the top',
    );
}

async function nearestExisting(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    const there = await operations.stat(path).then(
      () => true,
      (error: unknown) => codeOf(error) !== 'ENOENT',
    );
    if (there || dirname(path) === path) return path;
  }
}

/** What kind of network the folder is on; null on a local disk and where it cannot be told. */
async function linuxNetwork(path: string): Promise<string | null> {
  const type = await operations.statfs(path).then(
    ({ type }) => type >>> 0,
    () => 0,
  );
  const known = networkTypes.get(type);
  if (known !== undefined) return known;
  if (type !== fuse) return null;
  const mounts = await operations.readFile('/proc/self/mountinfo').then(
    (bytes) => Buffer.from(bytes).toString('utf8'),
    () => '',
  );
  const mounted = mountOf(mounts, path);
  return remoteFuse.test(mounted) ? mounted.slice('fuse.'.length) : null;
}

/** The type of the file system that a path lies on, by the table of mounts (proc(5)). */
function mountOf(mounts: string, path: string): string {
  let found = { point: '', type: '' };
  for (const line of mounts.split('\n')) {
    const fields = line.split(' ');
    const type = fields[fields.indexOf('-') + 1];
    const escaped = fields[4] ?? '';
    const point = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const below = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of two mounts at one point the later one is seen.
    if (below && point.length >= found.point.length && type !== undefined) found = { point, type };
  }
  return found.type;
}

/** A share named by itself, or the drive that a letter stands for: the system resolves that to the share. */
function windowsShare(folder: string): string | null {
  const isShare = (path: string) => /^[\\/]{2}(?![.?][\\/])|^[\\/]{2}[.?][\\/]unc[\\/]/i.test(path);
  if (isShare(folder)) return 'a share';
  const drive = /^[a-z]:/i.exec(folder)?.[0];
  if (drive === undefined) return null;
  try {
    return isShare(system.realpath(`${drive}\\`)) ? `the drive ${drive}` : null;
  } catch {
    return null;
  }
}
