import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { ProcessState } from '../../native/contract/engine.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { ManagedProcess } from '../../native/process/managed.ts';

const contract = { requests: { work: { params: z.object({}), result: z.number() } }, events: {} } as const;

/** A process that answers `work` with its number, unless it is told to die on the first request. */
function fakeSpawner(diesOnRequest: (n: number) => boolean) {
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

test('callAgain outlives deaths, but not without end', async () => {
  const twice = fakeSpawner((n) => n <= 2);
  const managed = new ManagedProcess('inference', contract, twice, () => undefined);
  await expect(managed.callAgain('work', {})).resolves.toBe(3);
  await managed.stop();
  const always = fakeSpawner(() => true);
  const hopeless = new ManagedProcess('inference', contract, always, () => undefined);
  await expect(hopeless.callAgain('work', {}, {}, 3)).rejects.toMatchObject({ kind: 'interrupted' });
  await hopeless.stop();
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
