import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import type { ProcessState } from '../../native/contract/engine.ts';
import { PrecedentError } from '../../native/contract/errors.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { ProcessPool } from '../../native/process/pool.ts';

const contract = {
  requests: { work: { params: z.object({ name: z.string() }), result: z.string(), progress: z.number() } },
  events: {},
} as const;

interface Asked {
  readonly name: string;
  /** Which process was asked, counted from 1. */
  readonly process: number;
  readonly progress: () => void;
  readonly answer: () => void;
  readonly fail: (error: PrecedentError) => void;
  readonly die: () => void;
}

/** Processes that do only what the test says; `asked` holds every request that reached one, in order. */
function puppets() {
  const asked: Asked[] = [];
  const open = new Set<number>();
  let spawned = 0;
  const spawn = async (): Promise<Channel> => {
    const process = ++spawned;
    open.add(process);
    const closes: (() => void)[] = [];
    let receive: (message: unknown) => void = () => undefined;
    const die = () => {
      open.delete(process);
      for (const close of closes.splice(0)) close();
    };
    return {
      send: (raw) => {
        const message = raw as { type: string; id: number; params: { name: string } };
        if (message.type !== 'request') return;
        const { id } = message;
        const { name } = message.params;
        asked.push({
          name,
          process,
          progress: () => receive({ type: 'progress', id, progress: 1 }),
          answer: () => receive({ type: 'result', id, result: name }),
          fail: (error) => receive({ type: 'error', id, error: error.toData() }),
          die,
        });
      },
      onMessage: (listener) => {
        receive = listener;
      },
      onClose: (listener) => closes.push(listener),
      close: die,
    };
  };
  return { asked, open, spawn, spawned: () => spawned };
}

function poolOf(size: number, idleMs?: number) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const processes = puppets();
  const states: ProcessState[] = [];
  const pool = new ProcessPool('reader', contract, processes, (state) => states.push(state), {
    size,
    idleMs,
  });
  onTestFinished(() => pool.stop());
  /** Lets everything happen that is due, and what follows from it. */
  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
  const names = () => processes.asked.map(({ name }) => name);
  return { pool, states, settle, names, ...processes };
}

test('as many processes as there are requests, up to the size, each at one request', async () => {
  const { pool, asked, settle, spawned, names } = poolOf(2);
  expect(spawned()).toBe(0);
  const calls = ['a', 'b', 'c'].map((name) => pool.call('work', { name }));
  await settle();
  expect(names()).toEqual(['a', 'b']);
  expect(asked.map(({ process }) => process)).toEqual([1, 2]);
  asked[1].answer();
  await settle();
  expect(asked[2]).toMatchObject({ name: 'c', process: 2 });
  asked[0].answer();
  asked[2].answer();
  expect(await Promise.all(calls)).toEqual(['a', 'b', 'c']);
  expect(spawned()).toBe(2);
});

/** The order in which one process is asked when everything waits already. */
async function order(waiting: readonly { name: string; group?: string; priority?: number }[]) {
  const { pool, asked, settle, names } = poolOf(1);
  const calls = [pool.call('work', { name: 'first' })];
  await settle();
  for (const { name, group, priority } of waiting)
    calls.push(pool.call('work', { name }, { group, priority }));
  for (let n = 0; n <= waiting.length; n++) {
    await settle();
    asked[n].answer();
  }
  await Promise.all(calls);
  return names().slice(1);
}

test('the groups take turns, and within a group the first come is first', async () => {
  const of = (group: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ name: `${group}${n + 1}`, group }));
  expect(await order([...of('a', 4), ...of('b', 2), ...of('c', 1)])).toEqual([
    'a1',
    'b1',
    'c1',
    'a2',
    'b2',
    'a3',
    'a4',
  ]);
});

test('a higher priority goes before every turn', async () => {
  const waiting = [
    { name: 'a1', group: 'a' },
    { name: 'b1', group: 'b', priority: -1 },
    { name: 'a2', group: 'a' },
    { name: 'c1', group: 'c', priority: 1 },
    { name: 'c2', group: 'c', priority: 1 },
  ];
  expect(await order(waiting)).toEqual(['c1', 'c2', 'a1', 'a2', 'b1']);
});

test('who withdraws while waiting is never asked about', async () => {
  const { pool, asked, settle, names } = poolOf(1);
  const abort = new AbortController();
  const first = pool.call('work', { name: 'a' });
  const second = pool.call('work', { name: 'b' }, { signal: abort.signal });
  const third = pool.call('work', { name: 'c' });
  await settle();
  abort.abort();
  await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
  asked[0].answer();
  await settle();
  asked[1].answer();
  await Promise.all([first, third]);
  expect(names()).toEqual(['a', 'c']);
});

test('silence for too long ends the process; progress counts the time anew', async () => {
  const { pool, asked, open, settle } = poolOf(1);
  const call = pool.call('work', { name: 'a' });
  const outcome = expect(call).rejects.toMatchObject({
    kind: 'limit',
    what: 'reading took longer than 20 s',
  });
  await settle(19_000);
  asked[0].progress();
  await settle(19_000);
  expect([...open]).toEqual([1]);
  await settle(1_001);
  await outcome;
  expect([...open]).toEqual([]);
});

test('the death by a file, a limit or a cancel delays nobody: the next process starts at once', async () => {
  const { pool, asked, settle } = poolOf(1);
  const abort = new AbortController();
  const endings: ((one: Asked) => void)[] = [
    // It died, but had answered before.
    (one) => {
      one.progress();
      one.die();
    },
    (one) => one.fail(new PrecedentError('limit', 'reading needed more than 10 MB of memory')),
    () => abort.abort(),
  ];
  for (const [n, end] of endings.entries()) {
    const call = pool.call('work', { name: `${n}` }, { signal: abort.signal }).catch(({ kind }) => kind);
    await settle();
    end(asked[n]);
    expect(await call).toBe(['interrupted', 'limit', 'cancelled'][n]);
  }
  const last = pool.call('work', { name: 'last' });
  await settle();
  asked[3].answer();
  await expect(last).resolves.toBe('last');
  expect(asked.map(({ process }) => process)).toEqual([1, 2, 3, 4]);
});

test('a process that reached its memory limit is given nothing more', async () => {
  const { pool, asked, open, settle } = poolOf(1);
  const big = pool.call('work', { name: 'big' }).catch(({ kind }) => kind);
  const behind = pool.call('work', { name: 'behind' });
  await settle();
  asked[0].fail(new PrecedentError('limit', 'reading needed more than 10 MB of memory'));
  expect(await big).toBe('limit');
  await settle();
  expect([...open]).toEqual([2]);
  asked[1].answer();
  await expect(behind).resolves.toBe('behind');
});

test('processes that die without having answered come back ever later', async () => {
  const { pool, asked, settle, spawned } = poolOf(1);
  const starts: number[] = [];
  for (let n = 0; n < 4; n++) {
    const began = Date.now();
    const call = pool.call('work', { name: 'a' }).catch(({ kind }) => kind);
    while (asked.length <= n) await settle(10);
    starts.push(Date.now() - began);
    asked[n].die();
    expect(await call).toBe('interrupted');
  }
  expect(spawned()).toBe(4);
  expect(starts[1]).toBeGreaterThanOrEqual(100);
  expect(starts[2]).toBeGreaterThan(starts[1]);
  expect(starts[3]).toBeGreaterThan(starts[2]);
});

test('a request that comes while one process starts again does not start another beside it', async () => {
  const { pool, asked, open, settle } = poolOf(1);
  const first = pool.call('work', { name: 'a' }).catch(({ kind }) => kind);
  await settle();
  asked[0].die();
  expect(await first).toBe('interrupted');
  const second = pool.call('work', { name: 'b' });
  await settle(1_000);
  expect([...open]).toEqual([2]);
  asked[1].answer();
  await expect(second).resolves.toBe('b');
});

test('those that had nothing to do for long end, but for one', async () => {
  const { pool, asked, open, settle } = poolOf(3, 60_000);
  const calls = ['a', 'b', 'c'].map((name) => pool.call('work', { name }));
  await settle();
  for (const { answer } of asked) answer();
  await Promise.all(calls);
  await settle(59_000);
  expect(open.size).toBe(3);
  await settle(2_000);
  expect(open.size).toBe(1);
  await settle(600_000);
  expect(open.size).toBe(1);
});

test('the states of all are told as one', async () => {
  const { pool, asked, states, settle } = poolOf(1);
  expect(pool.state).toEqual({ process: 'reader', state: 'idle', restarts: 0 });
  const call = pool.call('work', { name: 'a' }).catch(({ kind }) => kind);
  await settle();
  asked[0].progress();
  asked[0].die();
  expect(await call).toBe('interrupted');
  await settle(1_000);
  expect(states).toEqual([
    { process: 'reader', state: 'running', restarts: 0 },
    { process: 'reader', state: 'restarting', restarts: 1 },
    { process: 'reader', state: 'running', restarts: 1 },
  ]);
});

test('stop rejects what runs and what waits, ends every process, and nothing starts afterwards', async () => {
  const { pool, open, settle, spawned } = poolOf(1);
  const calls = ['a', 'b'].map((name) => pool.call('work', { name }).catch(({ kind }) => kind));
  await settle();
  await pool.stop();
  expect(await Promise.all(calls)).toEqual(['interrupted', 'interrupted']);
  expect(await pool.call('work', { name: 'c' }).catch(({ kind }) => kind)).toBe('interrupted');
  expect(open.size).toBe(0);
  expect(spawned()).toBe(1);
});

test('a process that cannot be started says so, and is tried again', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const good = puppets();
  let fails = true;
  const spawn = () => (fails ? Promise.reject(new Error('no such file')) : good.spawn());
  const pool = new ProcessPool('reader', contract, { spawn }, () => undefined, { size: 1 });
  await expect(pool.call('work', { name: 'a' })).rejects.toThrow('no such file');
  expect(pool.state.state).toBe('failed');
  fails = false;
  const call = pool.call('work', { name: 'b' });
  await vi.advanceTimersByTimeAsync(10_000);
  good.asked[0].answer();
  await expect(call).resolves.toBe('b');
  await pool.stop();
});
