/** A temporary folder for each test, and files put into it by their path. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export interface Tree {
  readonly root: string;
  /** The absolute path of what lies at `path` below the root. */
  at(path: string): string;
  put(path: string, bytes: Uint8Array | string): string;
}

export function temporaryTree(): Tree {
  let root = '';
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'precedent-tree-')));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const at = (path: string) => join(root, path);
  return {
    get root() {
      return root;
    },
    at,
    put(path, bytes) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), bytes);
      return at(path);
    },
  };
}
