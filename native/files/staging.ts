/** The folders in a library's staging in which something is being made. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { discardFolder, ensureFolder, listFolder, removeFolder } from './files.ts';

export class Staging {
  readonly #root: string;
  readonly #inUse = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Lends an empty folder to `work`; it is gone when that ends, whatever became of it. Throws `storage`.
   * @param prefix how its name begins
   */
  async using<T>(work: (folder: string) => Promise<T>, prefix = ''): Promise<T> {
    const name = `${prefix}${randomUUID()}`;
    const folder = join(this.#root, name);
    this.#inUse.add(name);
    try {
      await ensureFolder(folder);
      return await work(folder);
    } finally {
      await discardFolder(folder);
      this.#inUse.delete(name);
    }
  }

  /** Removes what nobody is at work on: what could not be removed when its work ended. Throws `storage`. */
  async clear(): Promise<void> {
    for (const name of await listFolder(this.#root))
      if (!this.#inUse.has(name)) await removeFolder(join(this.#root, name));
  }
}
