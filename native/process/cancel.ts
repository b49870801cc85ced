/** What long work asks between its steps, wherever it runs. */
import { PrecedentError } from '../contract/errors.ts';

/** Throws `cancelled` once the caller has withdrawn the request; called between the steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PrecedentError('cancelled', 'the request was cancelled');
}
