/**
 * The folders of open libraries. While one is held, this layer makes neither it nor a folder in its place anew: where a disk was
 * taken away, its mount point would else be filled with the beginnings of an empty library.
 */

/** By folder, the file in it that tells it from an empty one, and how often it is held. */
const held = new Map<string, { readonly witness: string; readonly times: number }>();

/** Holds a folder that a file lies in as long as it is what it was. The returned function lets go of it. */
export function holdFolder(path: string, witness: string): () => void {
  held.set(path, { witness, times: (held.get(path)?.times ?? 0) + 1 });
  return () => {
    const times = (held.get(path)?.times ?? 1) - 1;
    if (times > 0) held.set(path, { witness, times });
    else held.delete(path);
  };
}

/** The file by which a held folder is known; undefined for others. */
export function witnessOf(path: string): string | undefined {
  return held.get(path)?.witness;
}

export function heldFolders(): Iterable<string> {
  return held.keys();
}
