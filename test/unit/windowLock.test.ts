/** The lock as main keeps it: when untouched windows are locked, and which functions of the bridge are refused. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BridgeHandlers } from '../../electron/ipc.ts';
import { guardedBridge, IdleLock } from '../../electron/lock.ts';
import { bridgeContract } from '../../native/contract/bridge.ts';

const minute = 60_000;

describe('windows that nobody touches', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('are locked once when the time is over, and not while somebody works', () => {
    const lock = vi.fn();
    const idle = new IdleLock(lock);
    idle.set(10);
    for (let n = 0; n < 5; n++) {
      vi.advanceTimersByTime(9 * minute);
      idle.touched();
    }
    expect(lock).not.toHaveBeenCalled();
    vi.advanceTimersByTime(9.9 * minute);
    expect(lock).not.toHaveBeenCalled();
    vi.advanceTimersByTime(minute);
    expect(lock).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100 * minute);
    expect(lock).toHaveBeenCalledTimes(1);
  });

  test('are never locked without a time, and anew with each', () => {
    const lock = vi.fn();
    const idle = new IdleLock(lock);
    vi.advanceTimersByTime(1000 * minute);
    idle.set(5);
    vi.advanceTimersByTime(4 * minute);
    idle.set(5);
    vi.advanceTimersByTime(4 * minute);
    idle.set(null);
    vi.advanceTimersByTime(1000 * minute);
    expect(lock).not.toHaveBeenCalled();
  });
});

test('the bridge of a locked window shows that it is locked and does nothing else; without exports it writes nothing', async () => {
  const names = [...Object.keys(bridgeContract), 'grantDropped'];
  const handlers = Object.fromEntries(
    names.map((name) => [name, async () => name]),
  ) as unknown as BridgeHandlers;
  const state = { locked: true };
  const through = async (exportDisabled: boolean) => {
    const guarded = guardedBridge(handlers, { locked: () => state.locked, exportDisabled });
    const tried = names.map((name) =>
      (guarded[name as keyof BridgeHandlers] as () => Promise<unknown>)().then(
        () => [name],
        () => [],
      ),
    );
    return (await Promise.all(tried)).flat();
  };
  expect(await through(false)).toEqual([
    'appInfo',
    'requestPort',
    'hitsWindow',
    'encryption',
    'unlockLibrary',
  ]);
  state.locked = false;
  expect(await through(false)).toEqual(names);
  expect(names.filter((name) => !['chooseExport', 'savePage', 'saveText'].includes(name))).toEqual(
    await through(true),
  );
});
