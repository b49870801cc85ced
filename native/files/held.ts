/**
 * The folders of open libraries. While one is held, this layer never makes it anew: where a disk was taken away, its mount
 * point would else be filled with the beginnings of an empty library.
 */

const held = new Map<string, number>();

/** Holds a folder that exists. The returned function lets go of it. */
export function holdFolder(path: string): () => void {
  held.set(path, (held.get(path) ?? 0) + 1);
  return () => {
    const left = (held.get(path) ?? 1) - 1;
    if (left > 0) held.set(path, left);
    else held.delete(path);
  };
}

export function isHeld(path: string): boolean {
  return held.has(path);
}

export function heldFolders(): Iterable<string> {
  return held.keys();
}
