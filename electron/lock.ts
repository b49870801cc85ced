/**
 * The lock as main keeps it: which functions of the bridge a locked window still has, and when windows that nobody touches are
 * locked. What the library holds is refused by the engine itself; main refuses the streams of voxels and thumbnails.
 */
import type { BrowserWindow } from 'electron';
import { bridgeContract } from '../native/contract/bridge.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import type { BridgeHandlers } from './ipc.ts';

/** What tells nothing of patients, and what a window needs to show that it is locked. */
const whileLocked: ReadonlySet<keyof BridgeHandlers> = new Set([
  'appInfo',
  'requestPort',
  'hitsWindow',
  // The window asks before it can know of any users; a library that waits for its passphrase has no session.
  'encryption',
  'unlockLibrary',
]);

/** What writes where the user says; a recovery key is no export, since nothing of a patient is in it. */
const exports: ReadonlySet<keyof BridgeHandlers> = new Set(['chooseExport', 'savePage', 'saveText']);

/** Throws `refused` while someone has to sign in first. */
export function refuseLocked(locked: boolean): void {
  if (locked) throw new PrecedentError('refused', 'the library is locked', undefined, 'sign in first');
}

export interface Refusals {
  readonly locked: () => boolean;
  readonly exportDisabled: boolean;
}

/** The bridge's functions, each of which is refused while it must not be used. */
export function guardedBridge(
  handlers: BridgeHandlers,
  { locked, exportDisabled }: Refusals,
): BridgeHandlers {
  const names = [...Object.keys(bridgeContract), 'grantDropped'] as (keyof BridgeHandlers)[];
  const guard = (name: keyof BridgeHandlers) => {
    const act = handlers[name] as (window: BrowserWindow, ...params: unknown[]) => Promise<unknown>;
    return async (window: BrowserWindow, ...params: unknown[]) => {
      refuseLocked(locked() && !whileLocked.has(name));
      if (exportDisabled && exports.has(name))
        throw new PrecedentError('refused', 'the administrator’s policy: nothing is exported from here');
      return act(window, ...params);
    };
  };
  return Object.fromEntries(names.map((name) => [name, guard(name)])) as unknown as BridgeHandlers;
}

/** How often it is looked whether the time is over. */
const lookMs = 5000;

/** Locks after a time without a key, a click or a movement of the mouse in any window of the application. */
export class IdleLock {
  readonly #lock: () => boolean;
  readonly #now: () => number;
  #limitMs = Number.POSITIVE_INFINITY;
  #last: number;
  #timer: NodeJS.Timeout | null = null;

  /** `lock` says whether there was an engine to tell; where not, it is tried again. */
  constructor(lock: () => boolean, now: () => number = Date.now) {
    this.#lock = lock;
    this.#now = now;
    this.#last = now();
  }

  /** From now on: somebody signed in, or the time is another. Null for never, as while it is locked. */
  set(minutes: number | null): void {
    this.#limitMs = (minutes ?? Number.POSITIVE_INFINITY) * 60_000;
    this.touched();
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = minutes === null ? null : setInterval(() => this.look(), lookMs);
  }

  touched(): void {
    this.#last = this.#now();
  }

  look(): void {
    if (this.#now() - this.#last < this.#limitMs) return;
    if (this.#lock()) this.set(null);
  }
}
