/** The table of purpose-made bad files, and how they are laid into a folder: each in one of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { badArchives } from './bad/archives.ts';
import { badDicom } from './bad/dicom.ts';
import { badFolders } from './bad/folders.ts';
import { badObjects } from './bad/objects.ts';
import { badPixels } from './bad/pixels.ts';
import { badStreams } from './bad/streams.ts';
import type { BadFile, Entry, Tree } from './bad/types.ts';
import { badVolumes } from './bad/volumes.ts';

export const badFiles: readonly BadFile[] = [
  ...badDicom,
  ...badPixels,
  ...badStreams,
  ...badObjects,
  ...badVolumes,
  ...badArchives,
  ...badFolders,
];

/** Why a bad file cannot be made or cannot fail here, or undefined. */
export function notHere(bad: BadFile): string | undefined {
  if (bad.name === 'locked-folder' && process.getuid?.() === 0) return 'the superuser may read every folder';
  if (['named-pipe', 'device'].includes(bad.name) && process.platform === 'win32')
    return 'Windows has no such files';
  return undefined;
}

/** Writes one bad file into its own folder below `root`. */
export async function writeBadFile(root: string, bad: BadFile): Promise<void> {
  const made = await bad.make();
  const tree: Tree = made instanceof Uint8Array ? { [bad.file ?? 'file.dcm']: made } : made;
  writeTree(join(root, bad.name), tree);
}

/** Gives back what a bad file has locked, so that its folder can be removed. */
export function unlock(root: string, bad: BadFile): void {
  const locked = join(root, bad.name, 'locked');
  if (bad.name === 'locked-folder' && existsSync(locked)) chmodSync(locked, 0o700);
}

export function writeTree(folder: string, tree: Tree): void {
  for (const [name, entry] of Object.entries(tree)) writeEntry(join(folder, name), entry);
}

function writeEntry(path: string, entry: Entry): void {
  mkdirSync(dirname(path), { recursive: true });
  if (entry instanceof Uint8Array) writeFileSync(path, entry);
  else if (entry === 'fifo') execFileSync('mkfifo', [path]);
  else if (entry === 'locked folder') {
    mkdirSync(path);
    writeFileSync(join(path, 'inside.dcm'), '');
    chmodSync(path, 0);
  } else symlinkSync(entry.link, path);
}
