/** What is being made in a library's staging is left alone, and what nobody makes any more goes. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { operations, removeFolder } from '../../native/files/files.ts';
import { Staging } from '../../native/files/staging.ts';
import { temporaryFolder } from '../support/precedent.ts';

async function staged(): Promise<{ root: string; staging: Staging }> {
  const root = await temporaryFolder();
  onTestFinished(() => removeFolder(root));
  return { root, staging: new Staging(root) };
}

test('a folder is its maker’s alone and gone when that ends, also where it fails', async () => {
  const { root, staging } = await staged();
  mkdirSync(join(root, 'left'));
  await staging.using(async (folder) => {
    writeFileSync(join(folder, 'half'), '1');
    await staging.using(async () => undefined, 'another-');
    await staging.clear();
    expect(readdirSync(root)).toEqual([basename(folder)]);
    expect(existsSync(join(folder, 'half'))).toBe(true);
  });
  const failing = staging.using(() => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(root)).toEqual([]);
});

test('a folder that could not be removed at its end goes when staging is cleared', async () => {
  const { root, staging } = await staged();
  const rm = vi.spyOn(operations, 'rm').mockRejectedValue(Object.assign(new Error(), { code: 'EIO' }));
  onTestFinished(() => rm.mockRestore());
  await staging.using(async () => undefined, 'stuck-');
  expect(readdirSync(root)).toEqual([expect.stringMatching(/^stuck-/)]);
  rm.mockRestore();
  await staging.clear();
  expect(readdirSync(root)).toEqual([]);
});

test('a folder is removed also while somebody who was told to stop still writes into it', async () => {
  const { root } = await staged();
  const folder = join(root, 'written');
  mkdirSync(folder);
  const { rm, wait } = operations;
  onTestFinished(() => void Object.assign(operations, { rm, wait }));
  let written = 0;
  operations.wait = async () => undefined;
  operations.rm = async (path, options) => {
    if (written < 3) {
      writeFileSync(join(folder, `slice-${written++}`), '1');
      throw Object.assign(new Error('not empty'), { code: 'ENOTEMPTY' });
    }
    await rm(path, options);
  };
  await removeFolder(folder);
  expect([written, existsSync(folder)]).toEqual([3, false]);
});
