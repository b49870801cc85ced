/** Runs a stream of prepared items in batches: while one batch is at work the next is prepared, and results come in order. */
import { PrecedentError } from '../contract/errors.ts';
import { throwIfCancelled } from '../process/cancel.ts';

export interface BatchOptions<T, R> {
  /** The most items in the batch that is begun next. */
  readonly size: () => number;
  /** The results of a batch, in its order. */
  readonly run: (items: readonly T[]) => Promise<readonly R[]>;
  readonly signal?: AbortSignal | undefined;
}
export type Settled<T, R> =
  | { readonly item: T; readonly result: R }
  | { readonly item: T; readonly error: PrecedentError };

/** Besides the batch at work one waits for it to end, so that the model is never without work: three batches are held at most. */
const ahead = 1;

/**
 * Yields each item of the source with its result or error. The source is asked for the next item only while fewer batches than
 * that are held. When one item spoils its batch, the others get their results from runs of their own.
 * Throws what the source throws, and `cancelled`; what is at work then is waited for and let go.
 */
export async function* inBatches<T, R>(
  source: AsyncIterable<T>,
  { size, run, signal }: BatchOptions<T, R>,
): AsyncGenerator<Settled<T, R>> {
  const running: Promise<Settled<T, R>[]>[] = [];
  let batch: T[] = [];
  const begin = () => {
    const settled = settle(batch, run);
    batch = [];
    // Looked at in its turn; until then a failure is not an unhandled one.
    settled.catch(() => undefined);
    running.push(settled);
  };
  try {
    for await (const item of source) {
      throwIfCancelled(signal);
      batch.push(item);
      if (batch.length < size()) continue;
      begin();
      while (running.length > 1 + ahead) yield* await first(running);
    }
    if (batch.length > 0) begin();
    while (running.length > 0) yield* await first(running);
  } finally {
    await Promise.allSettled(running);
  }
}

async function first<T>(running: Promise<T>[]): Promise<T> {
  const result = await running[0];
  running.shift();
  return result;
}

/** Faults of the machine or the caller's wish, not of an item: with them, every other item would fail as well. */
const general: ReadonlySet<string> = new Set(['cancelled', 'interrupted']);

async function settle<T, R>(items: readonly T[], run: BatchOptions<T, R>['run']): Promise<Settled<T, R>[]> {
  try {
    const results = await run(items);
    return items.map((item, n) => ({ item, result: results[n] }));
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (general.has(error.kind)) throw error;
    if (items.length === 1) return [{ item: items[0], error }];
    const settled: Settled<T, R>[] = [];
    for (const item of items) settled.push(...(await settle([item], run)));
    return settled;
  }
}
