/**
 * The folders of encrypted libraries that this process has the key of. What the files layer writes and reads below one is sealed
 * because of where it lies, so that no caller can forget it, and nothing unsealed is taken there for the library's own.
 */
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Seal, SealKind } from './sealed.ts';

const keys = new Map<string, Uint8Array>();
/** Folders outside of a library that copies of its catalog lie in, with its key. */
const copies = new Map<string, Uint8Array>();

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

/**
 * From now on what lies in the library of this folder is sealed, and every catalog below it, so one of backups, encrypted. The
 * returned function forgets the key again.
 */
export function unlockFolder(root: string, key: Uint8Array): () => void {
  const folder = resolve(root);
  keys.set(folder, key);
  return () => {
    if (keys.get(folder) === key) keys.delete(folder);
  };
}

/** From now on catalogs in this folder, which lies outside of the library, are read with its key where they are encrypted. */
export function unlockCopies(folder: string, key: Uint8Array): () => void {
  const place = resolve(folder);
  copies.set(place, key);
  return () => {
    if (copies.get(place) === key) copies.delete(place);
  };
}

/** The key of the encrypted library that a path lies in, and where in it. */
function found(path: string): { readonly key: Uint8Array; readonly parts: readonly string[] } | undefined {
  for (const [root, key] of keys) {
    const below = relative(root, path);
    const parts = below.split(sep);
    if (!isAbsolute(below) && parts[0] !== '..') return { key, parts };
  }
  return undefined;
}

/** The key with which a catalog, or a copy of one, is encrypted; nothing outside of encrypted libraries. */
export function catalogKey(path: string): Uint8Array | undefined {
  return path === ':memory:' ? undefined : found(path)?.key;
}

/** The key of copies of a catalog outside of their library; some may be of the time before it was encrypted. */
export function copiesKey(path: string): Uint8Array | undefined {
  return copies.get(dirname(resolve(path)));
}

/** With what a file is sealed; nothing for those outside of encrypted libraries. */
export function sealOf(path: string): Seal | null {
  const { key, parts } = found(path) ?? {};
  const [folder = '', inside = '', below = ''] = parts ?? [];
  // Private copies that were set aside are what they were; catalogs there are encrypted by SQLite.
  const isSealed = folder === 'set-aside' ? below === 'originals' : sealedFolders.has(folder);
  if (!key || !isSealed) return null;
  // A catalog on its way is encrypted by SQLite.
  if (folder === 'staging' && (inside.startsWith(stagedEncoderPrefix) || inside.endsWith('.sqlite')))
    return null;
  return { key, kind: kindOf(path) };
}

/** What a file of an encrypted library is sealed as, by its name. */
export function kindOf(path: string): SealKind {
  return kinds.find(([ending]) => path.endsWith(ending))?.[1] ?? 'file';
}
