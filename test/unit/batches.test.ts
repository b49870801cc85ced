import { expect, test } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { inBatches, type Settled } from '../../native/encoder/batches.ts';

async function* numbers(count: number, onPrepared: (n: number) => void = () => undefined) {
  for (let n = 0; n < count; n++) {
    await Promise.resolve();
    onPrepared(n);
    yield n;
  }
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const value = (settled: Settled<number, string>) =>
  'error' in settled ? settled.error.what : settled.result;

test('results come in order, whatever order the batches end in, and the last batch is the rest', async () => {
  const sizes: number[] = [];
  const run = async (items: readonly number[]) => {
    sizes.push(items.length);
    await later(items[0] === 0 ? 20 : 1);
    return items.map((n) => `r${n}`);
  };
  const settled = await all(inBatches(numbers(10), { size: () => 4, run }));
  expect(settled.map(value)).toEqual(Array.from({ length: 10 }, (_, n) => `r${n}`));
  expect(sizes).toEqual([4, 4, 2]);
});

test('an empty source gives nothing and runs nothing', async () => {
  const run = () => Promise.reject(new Error('never'));
  expect(await all(inBatches(numbers(0), { size: () => 4, run }))).toEqual([]);
});

test('the next batch is prepared while one is at work, and no more than three are held', async () => {
  const events: string[] = [];
  const ends: (() => void)[] = [];
  let prepared = 0;
  const run = async (items: readonly number[]) => {
    events.push(`begin ${items[0]}`);
    await new Promise<void>((end) => ends.push(end));
    return items.map(String);
  };
  const source = numbers(40, () => {
    prepared++;
  });
  const results = all(inBatches(source, { size: () => 4, run }));
  await later(20);
  // Two are with the model, the third is prepared and begun before the first is waited for.
  expect(events).toEqual(['begin 0', 'begin 4', 'begin 8']);
  expect(prepared).toBe(12);
  ends[0]();
  await later(20);
  expect(prepared).toBe(16);
  const timer = setInterval(() => {
    for (const end of ends) end();
  }, 1);
  expect(await results).toHaveLength(40);
  clearInterval(timer);
});

test('the size is asked for with every item, so that it may shrink on the way', async () => {
  const sizes: number[] = [];
  let size = 4;
  const run = async (items: readonly number[]) => {
    sizes.push(items.length);
    size = 2;
    return items.map(String);
  };
  await all(inBatches(numbers(8), { size: () => size, run }));
  expect(sizes).toEqual([4, 2, 2]);
});

test('an item that spoils its batch costs the others nothing', async () => {
  const run = async (items: readonly number[]) => {
    if (items.includes(5)) throw new PrecedentError('internal', 'not this one');
    return items.map(String);
  };
  const settled = await all(inBatches(numbers(8), { size: () => 4, run }));
  expect(settled.map(value)).toEqual(['0', '1', '2', '3', '4', 'not this one', '6', '7']);
});

test.each(['interrupted', 'cancelled'] as const)('%s ends everything', async (kind) => {
  const run = () => Promise.reject(new PrecedentError(kind, 'over'));
  await expect(all(inBatches(numbers(8), { size: () => 4, run }))).rejects.toMatchObject({ kind });
});

test('what the source throws comes out, after what is at work has ended', async () => {
  let atWork = 0;
  async function* failing() {
    yield* numbers(4);
    throw new PrecedentError('storage', 'no disk');
  }
  const run = async (items: readonly number[]) => {
    atWork++;
    await later(10);
    atWork--;
    return items.map(String);
  };
  await expect(all(inBatches(failing(), { size: () => 4, run }))).rejects.toMatchObject({ kind: 'storage' });
  expect(atWork).toBe(0);
});

test('a cancelled stream prepares nothing more and lets the source close what it opened', async () => {
  const abort = new AbortController();
  let closed = false;
  async function* opened() {
    try {
      for (let n = 0; ; n++) {
        if (n === 6) abort.abort();
        yield n;
      }
    } finally {
      closed = true;
    }
  }
  const run = async (items: readonly number[]) => items.map(String);
  const stream = inBatches(opened(), { size: () => 4, run, signal: abort.signal });
  await expect(all(stream)).rejects.toMatchObject({ kind: 'cancelled' });
  expect(closed).toBe(true);
});
