import { expect, test } from 'vitest';
import { inOrder } from '../../native/process/inOrder.ts';

test('results come in the order of the list, with so many under way and no more', async () => {
  let running = 0;
  let most = 0;
  const got: number[] = [];
  const work = async (n: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 10 * (5 - n)));
    running--;
    return n;
  };
  for await (const n of inOrder([0, 1, 2, 3, 4], 2, work)) got.push(n);
  expect(got).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(3);
});

test('a failure ends it, and what was under way is handed back', async () => {
  const discarded: number[] = [];
  const work = async (n: number) => {
    if (n === 1) throw new Error('one');
    return n;
  };
  const got: number[] = [];
  const all = async () => {
    for await (const n of inOrder([0, 1, 2, 3], 2, work, async (n) => void discarded.push(n))) got.push(n);
  };
  await expect(all()).rejects.toThrow('one');
  expect(got).toEqual([0]);
  expect(discarded).toEqual([2, 3]);
});

test('a consumer that stops early gets nothing more, and the rest is handed back', async () => {
  const discarded: number[] = [];
  for await (const n of inOrder(
    [0, 1, 2, 3, 4, 5],
    1,
    async (n) => n,
    async (n) => void discarded.push(n),
  ))
    if (n === 1) break;
  expect(discarded).toEqual([2, 3]);
});
