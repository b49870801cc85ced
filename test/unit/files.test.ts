import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { operations, readFileBytes, removeTemporaries, writeFileAtomic } from '../../native/files/files.ts';
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
  ['open', 'ENOSPC', /no space left/],
  ['open', 'EACCES', /permission denied/],
  ['rename', 'EIO', /input\/output error/],
  ['rename', 'EBUSY', /writing a file of the library failed/],
] as const)(
  'when %s fails with %s the old content stays and the error says why',
  async (operation, code, says) => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    operations[operation] = fault(code) as never;
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
  expect(error).toMatchObject({ kind: 'not-found', where: 'missing' });
  expect(String(error)).not.toContain(folder);
});

test('leftovers of interrupted writes are removed, other files are not', async () => {
  await writeFile(join(folder, 'a.1-2.tmp'), 'half');
  await writeFile(join(folder, 'a'), 'whole');
  await removeTemporaries(folder);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a library has one owner; the lock of a process that is gone is taken over', async () => {
  const path = join(folder, 'lock');
  const unlock = await lockLibrary(path);
  await expect(lockLibrary(path)).rejects.toMatchObject({ kind: 'busy' });
  await unlock();
  const again = await lockLibrary(path);
  const owner = JSON.parse(await readFile(path, 'utf8')) as { pid: number };
  await writeFile(path, JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
  const afterCrash = await lockLibrary(path);
  await afterCrash();
  await again();
});

test('a process id that was given to another program since does not hold the lock', async () => {
  const path = join(folder, 'lock');
  const unlock = await lockLibrary(path);
  const owner = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...owner, started: '1' }));
  const taken = await lockLibrary(path);
  await taken();
  await unlock();
});
