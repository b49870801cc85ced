import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { ProcessState } from '../../native/contract/engine.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { ManagedProcess } from '../../native/process/managed.ts';

const contract = {
  requests: {
    work: {
      params: z.object({ deaths: z.number().optional() }),
      progress: z.object({ begun: z.literal(true) }),
      result: z.number(),
    },
  },
  events: { news: z.string() },
} as const;

/**
 * A process that answers `work` with its number, unless it is told to die on the first request; `begins`: it says so first.
 */
function fakeSpawner(diesOnRequest: (n: number) => boolean, { begins = false } = {}) {
  let spawned = 0;
  const kills: (() => void)[] = [];
  return {
    kills,
    count: () => spawned,
    spawn: async (): Promise<Channel> => {
      const n = ++spawned;
      let receive: (message: unknown) => void = () => undefined;
      const closes: (() => void)[] = [];
      const die = () => {
        for (const close of closes.splice(0)) close();
      };
      kills.push(die);
      return {
        send: (message) => {
          const { id } = message as { id: number };
          if (begins) receive({ type: 'progress', id, progress: { begun: true } });
          if (diesOnRequest(n)) setTimeout(die, 1);
          else setTimeout(() => receive({ type: 'result', id, result: n }), 1);
        },
        onMessage: (listener) => {
          receive = listener;
        },
        onClose: (listener) => closes.push(listener),
        close: die,
      };
    },
  };
}

test('a request that the death of its process interrupts is rejected, and asked again where that is wanted', async () => {
  const spawner = fakeSpawner((n) => n === 1);
  const states: ProcessState[] = [];
  const managed = new ManagedProcess('inference', contract, spawner, (state) => states.push(state));
  await expect(managed.call('work', {})).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(managed.call('work', {})).resolves.toBe(2);
  expect(states.map(({ state }) => state)).toEqual(['running', 'restarting', 'running']);
  expect(managed.state.restarts).toBe(1);
  await managed.stop();
});

test('callAgain outlives deaths at its request, and tells the next process of them', async () => {
  const twice = fakeSpawner((n) => n <= 2, { begins: true });
  const managed = new ManagedProcess('inference', contract, twice, () => undefined);
  const told: number[] = [];
  const answer = managed.callAgain('work', (deaths) => {
    told.push(deaths);
    return { deaths };
  });
  await expect(answer).resolves.toBe(3);
  expect(told).toEqual([0, 1, 2]);
  await managed.stop();
});

test('a request that kills every process is given up after a few', async () => {
  vi.useFakeTimers();
  const deadly = fakeSpawner(() => true, { begins: true });
  const managed = new ManagedProcess('inference', contract, deadly, () => undefined);
  const given = expect(managed.callAgain('work', () => ({}))).rejects.toMatchObject({
    kind: 'interrupted',
    what: 'the inference process died 4 times at one request',
  });
  await vi.runAllTimersAsync();
  await given;
  vi.useRealTimers();
  await managed.stop();
});

test('deaths before a request has begun are not laid to it, but have an end as well', async () => {
  vi.useFakeTimers();
  const late = fakeSpawner((n) => n <= 6);
  const managed = new ManagedProcess('inference', contract, late, () => undefined);
  const answer = managed.callAgain('work', () => ({}));
  await vi.runAllTimersAsync();
  await expect(answer).resolves.toBe(7);
  await managed.stop();
  const never = fakeSpawner(() => true);
  const hopeless = new ManagedProcess('inference', contract, never, () => undefined);
  const given = expect(hopeless.callAgain('work', () => ({}))).rejects.toMatchObject({
    what: 'the inference process died 8 times before it answered',
  });
  await vi.runAllTimersAsync();
  await given;
  vi.useRealTimers();
  await hopeless.stop();
});

test('a process that answered something is started again at once', async () => {
  const spawner = fakeSpawner(() => false);
  const managed = new ManagedProcess('inference', contract, spawner, () => undefined);
  vi.useFakeTimers();
  for (let n = 1; n <= 20; n++) {
    const answer = managed.call('work', {});
    await vi.advanceTimersByTimeAsync(150);
    await expect(answer).resolves.toBe(n);
    spawner.kills[n - 1]();
  }
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  await managed.stop();
});

test('events are heard of every process', async () => {
  const listeners: ((message: unknown) => void)[] = [];
  const closes: (() => void)[] = [];
  const spawn = async (): Promise<Channel> => ({
    send: (message) => {
      const { id } = message as { id: number };
      listeners.at(-1)?.({ type: 'result', id, result: 1 });
    },
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => void closes.push(listener),
    close: () => undefined,
  });
  const managed = new ManagedProcess('inference', contract, { spawn }, () => undefined);
  const heard: string[] = [];
  managed.on('news', (news) => heard.push(news));
  await managed.call('work', {});
  listeners[0]({ type: 'event', event: 'news', data: 'first' });
  for (const close of closes.splice(0)) close();
  await managed.call('work', {});
  listeners[1]({ type: 'event', event: 'news', data: 'second' });
  expect(heard).toEqual(['first', 'second']);
  await managed.stop();
});

test('a process that dies idle is started again without being asked', async () => {
  const spawner = fakeSpawner(() => false);
  const managed = new ManagedProcess('reader', contract, spawner, () => undefined);
  await expect(managed.call('work', {})).resolves.toBe(1);
  spawner.kills[0]();
  await vi.waitFor(() => expect(spawner.count()).toBe(2));
  await expect(managed.call('work', {})).resolves.toBe(2);
  await managed.stop();
});

test('after stop nothing is started', async () => {
  const spawner = fakeSpawner(() => false);
  const managed = new ManagedProcess('reader', contract, spawner, () => undefined);
  await managed.call('work', {});
  await managed.stop();
  await expect(managed.call('work', {})).rejects.toMatchObject({ kind: 'interrupted' });
  expect(spawner.count()).toBe(1);
});

test('a process that cannot be started says so and is tried again', async () => {
  let fails = true;
  const good = fakeSpawner(() => false);
  const states: string[] = [];
  const spawner = { spawn: async () => (fails ? Promise.reject(new Error('no such file')) : good.spawn()) };
  const managed = new ManagedProcess('inference', contract, spawner, ({ state }) => states.push(state));
  await expect(managed.call('work', {})).rejects.toThrow('no such file');
  fails = false;
  await expect(managed.call('work', {})).resolves.toBe(1);
  expect(states).toEqual(['failed', 'running']);
  await managed.stop();
});
