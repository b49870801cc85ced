/** Work on a list with some of it under way ahead of the one that is waited for, and the results in the list's order. */

/**
 * Yields `work` of each item in order while up to `ahead` further ones are under way. When the consumer stops early or
 * an item fails, what is under way is waited for and handed to `discard`, so that nothing is left behind.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
  discard: (result: R) => Promise<void> = async () => undefined,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  const fill = () => {
    while (next < items.length && running.length <= ahead) {
      const result = work(items[next++]);
      // Looked at in its turn; until then a failure is not an unhandled one.
      result.catch(() => undefined);
      running.push(result);
    }
  };
  try {
    for (fill(); running.length > 0; fill()) {
      const result = await running[0];
      running.shift();
      fill();
      yield result;
    }
  } finally {
    for (const settled of await Promise.allSettled(running))
      if (settled.status === 'fulfilled') await discard(settled.value);
  }
}
