import { beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogWatched } from '../../native/catalog/watched.ts';
import { importOptions, type JobRow } from '../../native/contract/jobs.ts';
import type { FoundFile } from '../../native/contract/reader.ts';
import { settleMs, Watcher } from '../../native/ingest/jobs/watch.ts';

const options = importOptions.parse({ copy: true });
let files: FoundFile[] | null;
let now: number;
let started: (readonly string[])[];
let watcher: Watcher;

beforeEach(async () => {
  const db = openDatabase(':memory:');
  const watched = catalogWatched(db);
  files = [];
  now = 1_000_000;
  started = [];
  watcher = new Watcher({
    watched,
    queue: {
      start: ({ sources, origin, options: given }) => {
        expect([origin, given]).toEqual(['watch', options]);
        started.push(sources);
        return {} as JobRow;
      },
    },
    walk: async () => {
      if (!files) throw new Error('unplugged');
      return files;
    },
    transaction: (step) => db.transaction(step)(),
    now: () => now,
  });
  watcher.add('/in', options);
  await watcher.poll();
});

const file = (path: string, bytes = 1): FoundFile => ({ path, bytes, mtimeMs: 5 });

async function after(ms: number): Promise<void> {
  now += ms;
  await watcher.poll();
}

test('what arrives is imported once, when nothing beside it has changed for a while', async () => {
  files = [file('/in/a/1')];
  await after(0);
  expect(watcher.list()).toMatchObject([{ folder: '/in', state: 'settling', files: 0 }]);
  files = [file('/in/a/1'), file('/in/a/2')];
  await after(settleMs);
  // The second file is new: the first waits for it.
  expect(started).toEqual([]);
  files = [file('/in/a/1'), file('/in/a/2', 7)];
  await after(settleMs);
  // The second file has grown.
  expect(started).toEqual([]);
  await after(settleMs);
  expect(started).toEqual([['/in/a/1', '/in/a/2']]);
  expect(watcher.list()).toMatchObject([{ state: 'watching', files: 2 }]);
  await after(settleMs);
  expect(started).toHaveLength(1);
});

test('a folder that is still arriving does not hold up another one, and a series that grew comes whole', async () => {
  files = [file('/in/a/1'), file('/in/b/1')];
  await after(0);
  files = [file('/in/a/1'), file('/in/b/1'), file('/in/b/2')];
  await after(settleMs);
  expect(started).toEqual([['/in/a/1']]);
  await after(settleMs);
  expect(started.at(-1)).toEqual(['/in/b/1', '/in/b/2']);
  files = [...files, file('/in/a/2')];
  await after(0);
  await after(settleMs);
  expect(started.at(-1)).toEqual(['/in/a/1', '/in/a/2']);
});

test('a folder that cannot be read is said to be missing, and what it holds is imported when it is back', async () => {
  const later = [file('/in/a/1')];
  files = null;
  await after(0);
  expect(watcher.list()).toMatchObject([{ state: 'missing' }]);
  files = later;
  await after(0);
  await after(settleMs);
  expect(started).toEqual([['/in/a/1']]);
  watcher.remove(watcher.list()[0].id);
  files = [...later, file('/in/a/2')];
  await after(settleMs);
  expect(watcher.list()).toEqual([]);
  expect(started).toHaveLength(1);
});
