/**
 * The folders of encrypted libraries that this process has the key of. What the files layer writes and reads below one is sealed
 * because of where it lies, so that no caller can forget it, and nothing unsealed is taken there for the library's own.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Seal, SealKind } from './sealed.ts';

const keys = new Map<string, Uint8Array>();

/** What of a library is sealed; its catalog is encrypted by SQLite, and encoders hold nothing of a patient. */
export const sealedFolders: ReadonlySet<string> = new Set([
  'voxels',
  'vectors',
  'thumbnails',
  'originals',
  'unpacked',
  'staging',
]);
/** A folder in staging by this beginning of its name holds an encoder on its way into the library. */
export const stagedEncoderPrefix = 'encoder-';

/** By the ending of a name, which stays as it is from staging to its place. */
const kinds: readonly (readonly [ending: string, kind: SealKind])[] = [
  ['.vox', 'voxels'],
  ['.matrix', 'matrix'],
  ['.png', 'thumbnail'],
];

/** Seals what lies in the library of this folder from now on. The returned function forgets the key again. */
export function unlockFolder(root: string, key: Uint8Array): () => void {
  const folder = resolve(root);
  keys.set(folder, key);
  return () => {
    if (keys.get(folder) === key) keys.delete(folder);
  };
}

/** With what a file is sealed; nothing for those outside of encrypted libraries. */
export function sealOf(path: string): Seal | undefined {
  for (const [root, key] of keys) {
    const below = relative(root, path);
    if (isAbsolute(below)) continue;
    const [folder, inside = ''] = below.split(sep);
    if (!sealedFolders.has(folder)) continue;
    if (folder === 'staging' && inside.startsWith(stagedEncoderPrefix)) return undefined;
    return { key, kind: kindOf(path) };
  }
  return undefined;
}

/** What a file of an encrypted library is sealed as, by its name. */
export function kindOf(path: string): SealKind {
  return kinds.find(([ending]) => path.endsWith(ending))?.[1] ?? 'file';
}
