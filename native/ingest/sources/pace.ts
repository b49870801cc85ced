/**
 * Synchronous file calls are many times faster than promised ones, and a reader process may hang in one: it is killed then.
 * So that a cancel still arrives and progress leaves between two of them, long work asks for a rest after each step.
 */
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../process/cancel.ts';

const sliceMs = 20;

/** A function to await between steps: it lets the process do other things every 20 ms, after telling where the work is. */
export function pace(signal: AbortSignal | undefined, tell: () => void = () => {}): () => Promise<void> {
  let rested = performance.now();
  throwIfCancelled(signal);
  return async () => {
    if (performance.now() - rested < sliceMs) return;
    tell();
    await setImmediate();
    throwIfCancelled(signal);
    rested = performance.now();
  };
}
