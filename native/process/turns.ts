/** Gives the other work of a process its turn within a long calculation, and ends the calculation when nobody waits for it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from './cancel.ts';

/** Time between turns. */
const turnMs = 20;

export class Turns {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() - this.#last > turnMs;
  }

  /** To be awaited between steps: lets other work go first where it is due. Throws `cancelled`. */
  async pass(): Promise<void> {
    if (!this.due) return;
    await nextTurn();
    this.#last = performance.now();
    throwIfCancelled(this.#signal);
  }
}
