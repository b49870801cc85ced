/** The lock as main keeps it: when untouched windows are locked, which functions of the bridge are refused, and what is not saved. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BridgeHandlers } from '../../electron/ipc.ts';
import { guardedBridge, IdleLock } from '../../electron/lock.ts';
import { saveChosen } from '../../electron/saving.ts';
import { bridgeContract } from '../../native/contract/bridge.ts';
import { newRecoveryKey } from '../../native/files/recoveryKey.ts';

const minute = 60_000;

describe('windows that nobody touches', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('are locked once when the time is over, and not while somebody works', () => {
    const lock = vi.fn(() => true);
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

  test('are locked as soon as there is an engine to tell, where there was none when the time was over', () => {
    let engine = false;
    const lock = vi.fn(() => engine);
    const idle = new IdleLock(lock);
    idle.set(10);
    vi.advanceTimersByTime(11 * minute);
    expect(lock).toHaveBeenCalled();
    engine = true;
    lock.mockClear();
    vi.advanceTimersByTime(minute);
    expect(lock).toHaveBeenCalledTimes(1);
  });

  test('are never locked without a time, and anew with each', () => {
    const lock = vi.fn(() => true);
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

test('a recovery key can be saved without exports, and nothing else in its place', () => {
  const { params } = bridgeContract.saveRecoveryKey;
  expect(params.safeParse([newRecoveryKey()]).success).toBe(true);
  for (const other of ['', 'Mustermann^Max', `${newRecoveryKey()} Mustermann`, `${newRecoveryKey()}\n`])
    expect(params.safeParse([other]).success, other).toBe(false);
});

test('a dialog that was open when the window was locked saves nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-saving-'));
  try {
    const path = join(folder, 'comparison.pdf');
    let locked = false;
    const make = vi.fn(() => Buffer.from('page'));
    const save = (choose: () => Promise<string | null>) => saveChosen(choose, () => locked, make);
    const lockedMeanwhile = async () => {
      locked = true;
      return path;
    };
    await expect(save(lockedMeanwhile)).rejects.toThrow('the library is locked');
    expect(make).not.toHaveBeenCalled();
    expect(readdirSync(folder)).toEqual([]);
    locked = false;
    expect(await save(async () => null)).toBeNull();
    expect(await save(async () => path)).toBe('comparison.pdf');
    expect(readFileSync(path, 'utf8')).toBe('page');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
