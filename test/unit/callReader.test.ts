/** What becomes of a request to a reader when the reader dies. */
import { expect, test } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { type Asking, walk } from '../../native/ingest/jobs/callReader.ts';

const found = { files: [{ path: '/a/1.dcm', bytes: 1, mtimeMs: 1 }], skipped: [] };

/** Readers of which the first few die. */
function asking(deaths: number): Asking & { asked: number } {
  const state = {
    asked: 0,
    group: 'job',
    priority: 0,
    signal: new AbortController().signal,
    reader: {
      call: async () => {
        if (state.asked++ < deaths) throw new PrecedentError('interrupted', 'the reader stopped');
        return found;
      },
    } as unknown as Asking['reader'],
  };
  return state;
}

test('a walk goes on with another reader when one dies, and is given up when two did', async () => {
  const once = asking(1);
  expect(await walk(once, ['/a'])).toEqual(found);
  expect(once.asked).toBe(2);
  const twice = asking(2);
  await expect(walk(twice, ['/a'])).rejects.toMatchObject({ kind: 'interrupted' });
  expect(twice.asked).toBe(2);
});
