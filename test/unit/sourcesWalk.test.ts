import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { walkLimits, walkPaths } from '../../native/ingest/sources/walk.ts';
import { temporaryTree } from '../support/tree.ts';

const tree = temporaryTree();
const below = (paths: readonly { path: string }[]) =>
  paths.map(({ path }) => path.slice(tree.root.length + 1));

/** The superuser may read everything; for once without that. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('walkPaths', () => {
  it('finds nested files in the order of their names, with size and time', async () => {
    for (const name of ['b/2', 'b/10', 'b/1', 'a', 'B', 'b.dcm']) tree.put(name, name);
    const { files, skipped } = await walkPaths([tree.root]);
    expect(below(files)).toEqual(['B', 'a', 'b/1', 'b/10', 'b/2', 'b.dcm']);
    const { size, mtimeMs } = statSync(tree.at('b/10'));
    expect(files[3]).toEqual({ path: tree.at('b/10'), bytes: size, mtimeMs });
    expect(skipped).toEqual([]);
  });

  it('walks a folder once however it is reached, and ends in a loop of links', async () => {
    tree.put('a/1', 'x');
    tree.put('a/deep/2', 'x');
    symlinkSync(tree.root, tree.at('a/loop'));
    symlinkSync(tree.at('a/deep'), tree.at('z'));
    symlinkSync('nowhere', tree.at('dangling'));
    symlinkSync('self', tree.at('self'));
    const { files, skipped } = await walkPaths([tree.root, tree.at('a'), tree.at('a/1')]);
    expect(below(files)).toEqual(['a/1', 'a/deep/2']);
    expect(skipped).toEqual([
      { path: tree.at('dangling'), reason: 'a link that leads nowhere' },
      { path: tree.at('self'), reason: 'a link that leads to itself' },
    ]);
  });

  it('finds a file once that a link and its folder lead to, whichever comes first', async () => {
    tree.put('a/1', 'x');
    tree.put('b/2', 'x');
    symlinkSync(tree.at('b/2'), tree.at('a/to-b'));
    symlinkSync(tree.at('a/1'), tree.at('b/to-a'));
    expect(below((await walkPaths([tree.root])).files)).toEqual(['a/1', 'a/to-b']);
    expect(below((await walkPaths([tree.at('b/2'), tree.at('b')])).files)).toEqual(['b/2', 'b/to-a']);
  });

  it.skipIf(process.platform === 'win32')('never opens a FIFO or a device', async () => {
    execFileSync('mkfifo', [tree.at('fifo')]);
    symlinkSync('/dev/zero', tree.at('zero'));
    const { files, skipped } = await walkPaths([tree.root, tree.at('fifo')]);
    expect(files).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual(Array(3).fill('not a regular file'));
  });

  it.skipIf(process.platform === 'win32')('says what is missing or cannot be read, and goes on', async () => {
    tree.put('closed/1', 'x');
    tree.put('open/1', 'x');
    chmodSync(tree.root, 0o755);
    chmodSync(tree.at('closed'), 0o000);
    const { files, skipped } = await asNobody(() => walkPaths([tree.at('absent'), tree.root]));
    chmodSync(tree.at('closed'), 0o700);
    expect(skipped).toEqual([
      { path: tree.at('absent'), reason: 'no such file or folder' },
      { path: tree.at('closed'), reason: 'permission denied' },
    ]);
    expect(below(files)).toEqual(['open/1']);
  });

  it('does not follow folders nested without end', async () => {
    const deep = Array(walkLimits.depth + 2).fill('d');
    mkdirSync(join(tree.root, ...deep), { recursive: true });
    tree.put(join(...deep.slice(0, walkLimits.depth), 'in'), 'x');
    tree.put(join(...deep, 'out'), 'x');
    const { files, skipped } = await walkPaths([tree.root]);
    expect(files.map(({ path }) => path)).toEqual([tree.at(join(...deep.slice(0, walkLimits.depth), 'in'))]);
    expect(skipped).toEqual([
      { path: join(tree.root, ...deep.slice(0, -1)), reason: 'folders are nested too deeply' },
    ]);
  });

  it('stops at the most files that it takes, and says so', async () => {
    for (const name of ['1', '2', '3', '4']) tree.put(name, 'x');
    const { files, skipped } = await walkPaths([tree.root], { limits: { ...walkLimits, files: 2 } });
    expect(below(files)).toEqual(['1', '2']);
    expect(skipped).toEqual([
      { path: tree.at('3'), reason: 'more than 2 files: from here on they are left out' },
    ]);
  });

  it('reports the files found and can be cancelled', async () => {
    tree.put('1', 'x');
    const seen: unknown[] = [];
    await walkPaths([tree.root], { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ done: 1, total: 1 });
    await expect(walkPaths([tree.root], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  it('notices a cancel while it walks', async () => {
    for (let n = 0; n < 50; n++) tree.put(String(n), 'x');
    const cancel = new AbortController();
    // Every statement of the walk up to its first rest runs before this promise is looked at.
    const walked = walkPaths(Array(200_000).fill(tree.at('0')), { signal: cancel.signal });
    cancel.abort();
    await expect(walked).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
