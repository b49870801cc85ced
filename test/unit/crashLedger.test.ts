/** That the crash tests notice a lost write: what they compare a library with after a kill. */
import { beforeEach, expect, test } from 'vitest';
import { createRandom } from '../../native/random.ts';
import { type Kind, ledger, type Work } from '../hostile/crash/ledger.ts';
import type { Session } from '../hostile/crash/session.ts';

/** What the library holds, and whether it is killed before it answers. */
let held: number[];
let killed: boolean;
let work: Work;
const session = {} as Session;
const random = createRandom(1, 'ledger');

const counting: Kind<readonly number[]> = {
  name: 'numbers',
  read: async () => [...held],
  shown: (state) => state,
  next: (state) => ({
    request: async () => {
      if (killed) throw new Error('killed');
      held.push(state.length);
    },
    after: [...state, state.length],
  }),
};

beforeEach(() => {
  [held, killed] = [[], false];
  work = ledger(counting);
});

test('what was acknowledged must be there', async () => {
  await work.step(session, random);
  await work.step(session, random);
  expect(work.acknowledged).toBe(2);
  expect(await work.check(session)).toEqual([]);
  held.pop();
  expect(await work.check(session)).toEqual([
    'numbers: the library holds …[0]… where …[0,1]… was acknowledged',
  ]);
});

test.each([
  { done: 'not at all', holds: [0], problems: 0 },
  { done: 'whole', holds: [0, 1], problems: 0 },
  { done: 'with another', holds: [0, 1, 2], problems: 1 },
  { done: 'and the one before it lost', holds: [1], problems: 1 },
])('a request in flight at the kill may be done $done', async ({ holds, problems }) => {
  await work.step(session, random);
  killed = true;
  await expect(work.step(session, random)).rejects.toThrow('killed');
  expect(work.pending).toBe(true);
  held = holds;
  expect(await work.check(session)).toHaveLength(problems);
  expect(work.pending).toBe(false);
});
