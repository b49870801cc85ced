/**
 * A disk as POSIX allows it to be after a power cut: what of a file was not fsynced is lost, torn or there; a name that was not
 * fsynced with its folder is as before or as after. A rename happens as a whole, as on file systems with a journal.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Random } from '../../../native/random.ts';
import type { Event } from './tape.ts';

interface Node {
  /** Of a folder, by name; null for a file. */
  readonly entries: Map<string, Node> | null;
  /** Of a folder, those that a power cut leaves. */
  readonly lasting: Map<string, Node>;
  /** Of a file, what a power cut leaves. */
  content: Buffer;
  /** Written since, in order; null empties the file. */
  unsynced: ({ readonly at: number; readonly bytes: Buffer } | null)[];
}
/** One name that comes or goes. */
interface Entry {
  readonly folder: Node;
  readonly name: string;
  readonly node: Node | null;
}
/** Names that change together. */
type Renaming = readonly Entry[];

const newNode = (isFolder: boolean): Node => ({
  entries: isFolder ? new Map() : null,
  lasting: new Map(),
  content: Buffer.alloc(0),
  unsynced: [],
});

export class Disk {
  readonly #home: string;
  readonly #root = newNode(true);
  readonly #handles = new Map<number, Node>();
  /** Not fsynced yet, in order. */
  #renamings: Renaming[] = [];

  /** @param home what lies elsewhere is not looked at */
  constructor(home: string) {
    this.#home = home;
  }

  apply(event: Event): void {
    switch (event.kind) {
      case 'open':
        this.#open(event);
        break;
      case 'write':
        this.#handles.get(event.handle)?.unsynced.push(event);
        break;
      case 'sync':
        this.#sync(this.#handles.get(event.handle));
        break;
      case 'mkdir':
        this.#rename([this.#entry(event.path, newNode(true))]);
        break;
      case 'unlink':
        this.#rename([this.#entry(event.path, null)]);
        break;
      case 'rm':
        this.#remove(event.path);
        break;
      case 'rename':
        this.#rename([this.#entry(event.to, this.#find(event.path) ?? null), this.#entry(event.path, null)]);
        break;
      case 'mark':
        break;
    }
  }

  /** What the power cut leaves: everything that was fsynced, and of the rest what chance does. Then nothing is in doubt. */
  cut(random: Random): void {
    const lost = new Map<Node, Set<string>>();
    for (const renaming of this.#renamings) {
      const isAfterLost = renaming.some(({ folder, name }) => lost.get(folder)?.has(name));
      if (!isAfterLost && random.next() < 0.5) for (const entry of renaming) settle(entry);
      else
        for (const { folder, name } of renaming) lost.set(folder, (lost.get(folder) ?? new Set()).add(name));
    }
    this.#renamings = [];
    const tear = (node: Node) => {
      if (node.entries) {
        for (const child of node.lasting.values()) tear(child);
        return;
      }
      const kept = random.int(0, node.unsynced.length);
      const next = node.unsynced[kept];
      node.unsynced = node.unsynced.slice(0, kept);
      if (next) {
        const part = next.bytes.subarray(0, random.int(0, next.bytes.length));
        // A file may have been made longer before its bytes arrived.
        const bytes =
          random.next() < 0.5 ? part : Buffer.concat([part, Buffer.alloc(next.bytes.length - part.length)]);
        node.unsynced.push({ at: next.at, bytes });
      }
      flush(node);
    };
    tear(this.#root);
  }

  /** Writes what lasts into the home folder. */
  writeOut(): void {
    const write = (node: Node, path: string) => {
      if (node.entries) {
        mkdirSync(path, { recursive: true });
        for (const [name, child] of node.lasting) write(child, join(path, name));
      } else writeFileSync(path, node.content);
    };
    write(this.#root, this.#home);
  }

  #open({ handle, path, writes, empties }: Extract<Event, { kind: 'open' }>): void {
    if (!this.#isHere(path)) return;
    let node = this.#find(path);
    if (!node && writes && empties) {
      node = newNode(false);
      this.#rename([this.#entry(path, node)]);
    } else if (node && empties) node.unsynced.push(null);
    if (node) this.#handles.set(handle, node);
  }

  #sync(node: Node | undefined): void {
    if (!node) return;
    if (!node.entries) {
      flush(node);
      return;
    }
    const left: Renaming[] = [];
    for (const renaming of this.#renamings) {
      const [first] = renaming;
      if (!renaming.some(({ folder }) => folder === node)) left.push(renaming);
      // The folder that a name went to is enough; the one it came from may show it once more.
      else if (first.folder === node) {
        for (const entry of renaming) {
          if (entry.folder === node) settle(entry);
          else left.push([entry]);
        }
      } else for (const entry of renaming) settle(entry);
    }
    this.#renamings = left;
  }

  #rename(renaming: Renaming): void {
    if (renaming.some(({ folder }) => folder === nowhere)) return;
    for (const { folder, name, node } of renaming) {
      if (node) folder.entries?.set(name, node);
      else folder.entries?.delete(name);
    }
    this.#renamings.push(renaming);
  }

  #remove(path: string): void {
    const node = this.#find(path);
    if (!node) return;
    for (const name of [...(node.entries?.keys() ?? [])]) this.#remove(join(path, name));
    this.#rename([this.#entry(path, null)]);
  }

  #isHere(path: string): boolean {
    return !relative(this.#home, path).startsWith('..');
  }

  #entry(path: string, node: Node | null): Entry {
    const folder = this.#isHere(path) ? this.#find(join(path, '..')) : undefined;
    return { folder: folder ?? nowhere, name: path.split(sep).at(-1) ?? '', node };
  }

  #find(path: string): Node | undefined {
    const names = relative(this.#home, path).split(sep);
    if (names[0] === '') return this.#root;
    let node: Node | undefined = this.#root;
    for (const name of names) node = node?.entries?.get(name);
    return node;
  }
}

const nowhere = newNode(true);

function settle({ folder, name, node }: Entry): void {
  if (node) folder.lasting.set(name, node);
  else folder.lasting.delete(name);
}

function flush(node: Node): void {
  for (const write of node.unsynced) {
    if (write === null) {
      node.content = Buffer.alloc(0);
      continue;
    }
    const end = write.at + write.bytes.length;
    if (end > node.content.length)
      node.content = Buffer.concat([node.content, Buffer.alloc(end - node.content.length)]);
    else node.content = Buffer.from(node.content);
    write.bytes.copy(node.content, write.at);
  }
  node.unsynced = [];
}
