import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  copyFileAtomic,
  ensureFolder,
  operations,
  readFileBytes,
  removeTemporaries,
  writeFileAtomic,
} from '../../native/files/files.ts';
import { lockLibrary } from '../../native/files/lock.ts';

let folder: string;
const real = { ...operations };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-files-'));
});
afterEach(async () => {
  Object.assign(operations, real);
  await rm(folder, { recursive: true, force: true });
});

function fault(code: string): () => Promise<never> {
  return async () => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
}

test('a file is written whole, chunk after chunk, and leaves no temporary', async () => {
  const path = join(folder, 'a');
  await writeFileAtomic(path, [Buffer.from('one '), Buffer.from('two')]);
  expect(await readFile(path, 'utf8')).toBe('one two');
  expect(await readdir(folder)).toEqual(['a']);
});

test.each([
  ['open', 'ENOSPC', /no space is left on the disk; free some space/],
  ['open', 'EACCES', /permission denied/],
  ['rename', 'EIO', /input\/output error/],
  ['rename', 'EBUSY', /in use by another program; close it/],
] as const)(
  'when %s fails with %s the old content stays and the error says why',
  async (operation, code, says) => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    operations[operation] = fault(code) as never;
    operations.wait = async () => undefined;
    await expect(writeFileAtomic(path, Buffer.from('new'))).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringMatching(says),
    });
    Object.assign(operations, real);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a']);
  },
);

test('a short write is continued', async () => {
  operations.open = (async (...args: Parameters<typeof real.open>) => {
    const file = await real.open(...args);
    const write = file.write.bind(file) as (
      b: Uint8Array,
      o: number,
      l: number,
    ) => Promise<{ bytesWritten: number }>;
    file.write = ((chunk: Uint8Array, offset: number, length: number) =>
      write(chunk, offset, Math.min(length, 3))) as never;
    return file;
  }) as never;
  await writeFileAtomic(join(folder, 'a'), Buffer.from('0123456789'));
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('0123456789');
});

test('a missing file is not-found and names no folder', async () => {
  const error = await readFileBytes(join(folder, 'missing')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'not-found' });
  expect(String(error)).not.toContain(folder);
});

test('a file is copied piece by piece, whatever its size, and a copy that fails leaves nothing', async () => {
  const from = join(folder, 'from');
  const content = Buffer.alloc(2 ** 21 + 5, 'some bytes');
  await writeFile(from, content);
  operations.readFile = fault('ERR_FS_FILE_TOO_LARGE') as typeof operations.readFile;
  await copyFileAtomic(from, join(folder, 'new', 'to'));
  expect(content.equals(await readFile(join(folder, 'new', 'to')))).toBe(true);
  await expect(copyFileAtomic(join(folder, 'missing'), join(folder, 'no'))).rejects.toMatchObject({
    kind: 'not-found',
  });
  operations.rename = fault('EIO');
  await expect(copyFileAtomic(from, join(folder, 'no'))).rejects.toThrow(/writing a file failed/);
  expect((await readdir(folder)).sort()).toEqual(['from', 'new']);
});

test('leftovers of interrupted writes are removed, other files are not', async () => {
  await writeFile(join(folder, 'a.1-2.tmp'), 'half');
  await writeFile(join(folder, 'a'), 'whole');
  await removeTemporaries(folder);
  expect(await readdir(folder)).toEqual(['a']);
});

const deadPid = 2 ** 22 + 1;

/** Changes what the one claim on the library says. */
async function rewriteClaim(change: object): Promise<void> {
  const [name] = await readdir(folder);
  const owner: object = JSON.parse(await readFile(join(folder, name), 'utf8'));
  await writeFile(join(folder, name), JSON.stringify({ ...owner, ...change }));
}

test('a library has one owner, who gives it back', async () => {
  const path = join(folder, 'lock');
  const unlock = await lockLibrary(path);
  await expect(lockLibrary(path)).rejects.toMatchObject({ kind: 'busy' });
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (await lockLibrary(path))();
});

test.each([
  ['of a process that is gone', { pid: deadPid }],
  ['of a process id that was given to another program since', { started: '1' }],
])('the claim %s is taken over', async (_, change) => {
  const path = join(folder, 'lock');
  await lockLibrary(path);
  await rewriteClaim(change);
  await lockLibrary(path);
  expect(await readdir(folder)).toHaveLength(1);
});

test('a claim from another computer is respected, and the error says what to do', async () => {
  const path = join(folder, 'lock');
  await lockLibrary(path);
  await rewriteClaim({ host: 'elsewhere', pid: deadPid });
  await expect(lockLibrary(path)).rejects.toMatchObject({
    kind: 'busy',
    todo: expect.stringMatching(/delete the files/),
  });
});

test.each(['', 'not json', '{"pid":"x"}'])('a damaged claim %j holds nobody out', async (text) => {
  const path = join(folder, 'lock');
  await writeFile(`${path}.x`, text);
  await (await lockLibrary(path))();
  expect(await readdir(folder)).toEqual([]);
});

test('of many that find a stale claim one gets the library', async () => {
  const path = join(folder, 'lock');
  const module = new URL('../../native/files/lock.ts', import.meta.url).href;
  const take = `const { lockLibrary } = await import(${JSON.stringify(module)});
    process.on('message', async () => {
      process.send(await lockLibrary(${JSON.stringify(path)}).then(() => 'held', ({ kind }) => kind));
    });
    process.send('ready');`;
  await writeFile(join(folder, 'take.mjs'), take);
  await writeFile(`${path}.x`, JSON.stringify({ pid: deadPid, host: hostname(), started: '1' }));
  const children = Array.from({ length: 6 }, () => fork(join(folder, 'take.mjs')));
  const said = (child: ChildProcess) => new Promise((done) => child.once('message', done));
  await Promise.all(children.map(said));
  const answers = Promise.all(children.map(said));
  for (const child of children) child.send('go');
  expect((await answers).sort()).toEqual(['busy', 'busy', 'busy', 'busy', 'busy', 'held']);
  for (const child of children) child.kill();
});

test('a folder that cannot be made says why and names no path', async () => {
  await writeFile(join(folder, 'a'), '');
  const error = await ensureFolder(join(folder, 'a', 'b')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: 'storage',
    message: expect.stringMatching(/part of the path is a file/),
  });
  expect(String(error)).not.toContain(folder);
});
