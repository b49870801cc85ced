/** Real processes that loop, allocate, exit and are orphaned: each costs its own request, and the pool goes on. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProcessState } from '../../native/contract/engine.ts';
import { ProcessPool } from '../../native/process/pool.ts';
import { forkModule } from '../../native/process/spawners.ts';
import { stubbornContract } from '../support/stubbornContract.ts';

const support = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

function stubbornPool(size = 1) {
  const states: ProcessState[] = [];
  const pool = new ProcessPool(
    'reader',
    stubbornContract,
    { spawn: async () => forkModule(support('stubbornChild.ts')) },
    (state) => states.push(state),
    { size },
  );
  onTestFinished(() => pool.stop());
  return { pool, states };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const gone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });

test('a reader that loops for ever is killed, its caller knows the file, and the next request is answered', async () => {
  const { pool } = stubbornPool();
  const first = await pool.call('pid', {});
  let path: string | undefined;
  await expect(
    pool.call(
      'spinAt',
      { path: 'the file' },
      {
        silenceMs: 1000,
        onProgress: (opening) => {
          path = opening.path;
        },
      },
    ),
  ).rejects.toMatchObject({ kind: 'limit', what: 'reading took longer than 1 s' });
  expect(path).toBe('the file');
  await gone(first);
  const second = await pool.call('pid', {});
  expect(second).not.toBe(first);
});

test('signs of life keep a long request alive', async () => {
  const { pool } = stubbornPool();
  await pool.call('pid', {});
  // Longer in all than it may be silent.
  await expect(pool.call('steps', { steps: 20, everyMs: 100 }, { silenceMs: 1500 })).resolves.toBe(20);
});

test('signs that came while the engine itself was busy count, though they are read late', async () => {
  const { pool } = stubbornPool();
  const pid = await pool.call('pid', {});
  const steps = pool.call('steps', { steps: 40, everyMs: 50 }, { silenceMs: 1000, onProgress: busyOnce() });
  await expect(steps).resolves.toBe(40);
  expect(await pool.call('pid', {})).toBe(pid);
});

/** Keeps this process busy for longer than a reader may be silent. */
function busyOnce(): () => void {
  let wasBusy = false;
  return () => {
    if (wasBusy) return;
    wasBusy = true;
    for (const until = Date.now() + 1500; Date.now() < until; );
  };
}

test.each(['bytes', 'objects'] as const)(
  'a reader that hoards %s is killed with that reason; what waits behind it is not touched',
  async (what) => {
    const { pool } = stubbornPool();
    const first = await pool.call('pid', {});
    const hoard = pool.call('allocate', { what });
    const behind = pool.call('pid', {});
    await expect(hoard).rejects.toMatchObject({
      kind: 'limit',
      what: 'reading needed more than 256 MB of memory',
    });
    expect(await behind).not.toBe(first);
    await gone(first);
  },
);

test('a reader that is gone at once interrupts its request alone', async () => {
  const { pool, states } = stubbornPool(2);
  const long = pool.call('steps', { steps: 20, everyMs: 20 });
  await expect(pool.call('exit', {})).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(long).resolves.toBe(20);
  await expect(pool.call('pid', {})).resolves.toBeGreaterThan(0);
  expect(states.at(-1)).toMatchObject({ state: 'running', restarts: 1 });
});

test('a stuck request can be cancelled, and its process is gone', async () => {
  const { pool } = stubbornPool();
  const pid = await pool.call('pid', {});
  const abort = new AbortController();
  const stuck = pool.call(
    'spinAt',
    { path: 'a file' },
    { signal: abort.signal, onProgress: () => abort.abort() },
  );
  await expect(stuck).rejects.toMatchObject({ kind: 'cancelled' });
  await gone(pid);
  expect(await pool.call('pid', {})).not.toBe(pid);
});

test('stopping the pool ends readers that are stuck', async () => {
  const { pool } = stubbornPool();
  const pid = await pool.call('pid', {});
  const stuck = pool.call('spin', {});
  await pool.stop();
  await expect(stuck).rejects.toMatchObject({ kind: 'interrupted' });
  await gone(pid);
});

test('a busy reader ends by itself when its engine was killed', async () => {
  const engine = fork(support('stubbornEngine.ts'), { execArgv: [] });
  onTestFinished(() => void engine.kill('SIGKILL'));
  const reader = await new Promise<number>((resolve) => {
    engine.once('message', (pid) => resolve(Number(pid)));
  });
  expect(isAlive(reader)).toBe(true);
  engine.kill('SIGKILL');
  await gone(reader);
});

test('bytes come back through the thread as they were sent, a view as a view', async () => {
  const { pool } = stubbornPool();
  const bytes = Uint8Array.from({ length: 64 }, (_, n) => n).subarray(8, 24);
  const echoed = await pool.call('echo', { bytes });
  expect([...echoed]).toEqual([...bytes]);
});
