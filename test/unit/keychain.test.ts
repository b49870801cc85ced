import { expect, test } from 'vitest';
import { Guesses } from '../../electron/guesses.ts';
import { keychainRefusal } from '../../electron/keychainRefusal.ts';
import { PrecedentError } from '../../native/contract/errors.ts';

test.each([
  [true, null, true],
  [false, null, false],
  [true, 'gnome_libsecret', true],
  [true, 'kwallet6', true],
  [true, 'basic_text', false],
  [true, 'unknown', false],
  [true, 'a backend of a later Electron', false],
  [false, 'gnome_libsecret', false],
])('available %s by %s: the key is kept there: %s', (available, backend, kept) => {
  expect(keychainRefusal(available, backend) === undefined).toBe(kept);
});

const wrong = async (): Promise<never> => {
  throw new PrecedentError('refused', 'the passphrase is wrong');
};

test('wrong passphrases make the next wait, longer each time, and a right one begins anew', async () => {
  let now = 0;
  const guesses = new Guesses(() => now);
  const waits: number[] = [];
  for (let n = 0; n < 9; n++) {
    await expect(guesses.try(wrong)).rejects.toMatchObject({ kind: 'refused' });
    waits.push(guesses.waitMs);
    now += guesses.waitMs;
  }
  expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000]);
  expect(await guesses.try(async () => 'open')).toBe('open');
  await expect(guesses.try(wrong)).rejects.toMatchObject({ kind: 'refused' });
  expect(guesses.waitMs).toBe(0);
});

test('no passphrase is tried before its time or beside another', async () => {
  let now = 0;
  const guesses = new Guesses(() => now);
  for (const _ of [1, 2]) await guesses.try(wrong).catch(() => undefined);
  let tried = 0;
  const right = async () => ++tried;
  now = 999;
  await expect(guesses.try(right)).rejects.toMatchObject({ kind: 'busy', todo: 'try again in 1 s' });
  expect(tried).toBe(0);
  now = 1000;
  const first = guesses.try(right);
  await expect(guesses.try(right)).rejects.toMatchObject({ kind: 'busy' });
  expect(await first).toBe(1);
});

test('what fails for another reason is not counted as a guess', async () => {
  const guesses = new Guesses(() => 0);
  const full = async (): Promise<never> => {
    throw new PrecedentError('storage', 'no space is left on the disk');
  };
  for (const _ of [1, 2, 3]) await guesses.try(full).catch(() => undefined);
  expect(guesses.waitMs).toBe(0);
});
