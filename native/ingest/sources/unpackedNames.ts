/** Names for the unpacked entries of an archive that every file system takes, as close to the entries' own as can be. */
import { join } from 'node:path';
import { endingOf, safeFileName } from '../../files/fileName.ts';

export class UnpackedNames {
  /** Paths in use, in lower case: many file systems take names that differ in case for the same. */
  readonly #used = new Map<string, number>();
  readonly #folders = new Map<string, string>();

  /** The path below the root for a file of these folders and name; another one each time. */
  file(parts: readonly string[]): string {
    return this.#free(this.folder(parts.slice(0, -1)), parts.at(-1) ?? '');
  }

  /** The path below the root for a folder; the same one each time. */
  folder(parts: readonly string[]): string {
    if (parts.length === 0) return '';
    const key = JSON.stringify(parts);
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const path = this.#free(this.folder(parts.slice(0, -1)), parts[parts.length - 1]);
    this.#folders.set(key, path);
    return path;
  }

  #free(folder: string, wanted: string): string {
    const name = safeFileName(wanted);
    const first = join(folder, name);
    const end = endingOf(name);
    for (let path = first; ; ) {
      const key = path.toLowerCase();
      const count = this.#used.get(key) ?? 0;
      this.#used.set(key, count + 1);
      if (count === 0) return path;
      const again = this.#used.get(first.toLowerCase()) ?? 0;
      path = join(folder, `${name.slice(0, name.length - end.length)}~${again}${end}`);
    }
  }
}
