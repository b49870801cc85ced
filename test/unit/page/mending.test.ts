/** Voxels that could not be read: made again by the engine, or asked for again when it was the lock that refused them. */
import { beforeEach, expect, test, vi } from 'vitest';
import { noPolicy } from '../../../native/contract/policy.ts';
import { useSession } from '../../../renderer/lock/session.ts';
import { startMending } from '../../../renderer/viewer/mending.ts';
import { voxelFaults } from '../../../renderer/viewer/voxels.ts';

const callEngine = vi.hoisted(() => vi.fn());
vi.mock('../../../renderer/engine.ts', () => ({ callEngine, onSession: () => undefined, queryClient: {} }));

const signedIn = (locked: boolean) =>
  useSession.setState({
    session: { user: 'ann', locked, users: [], idleLockMinutes: null, policy: noPolicy },
  });
beforeEach(() => {
  startMending();
  callEngine.mockReset();
  signedIn(false);
});

test('the engine is asked once for each volume, and again only after it was mended', async () => {
  callEngine.mockResolvedValueOnce({ sound: true });
  expect(await Promise.all([voxelFaults.mend('a'), voxelFaults.mend('a')])).toEqual([true, true]);
  callEngine.mockRejectedValue(new Error('the originals are gone'));
  expect([await voxelFaults.mend('a'), await voxelFaults.mend('a')]).toEqual([false, false]);
  expect(callEngine).toHaveBeenCalledTimes(2);
});

test('what the lock refused is asked for again when somebody signs in', async () => {
  signedIn(true);
  callEngine.mockRejectedValue(new Error('the library is locked'));
  let answer: boolean | undefined;
  const mended = voxelFaults.mend('b').then((sound) => {
    answer = sound;
  });
  await vi.waitFor(() => expect(callEngine).toHaveBeenCalled());
  expect(answer).toBeUndefined();
  signedIn(false);
  await mended;
  expect(answer).toBe(true);
});
