/** A long calculation lets other work go first now and then, and ends when nobody waits for it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../native/process/turns.ts';

/** Calculates until it is time for others. */
function busy(turns: Turns): void {
  while (!turns.due);
}

test('other work goes first when it is due, and only then', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const other = nextTurn().then(() => order.push('other'));
  busy(turns);
  await turns.pass();
  order.push('calculation');
  await other;
  expect(order).toEqual(['other', 'calculation']);
});

test('what was cancelled meanwhile ends', async () => {
  const abort = new AbortController();
  const turns = new Turns(abort.signal);
  setImmediate(() => abort.abort());
  busy(turns);
  await expect(turns.pass()).rejects.toMatchObject({ kind: 'cancelled' });
});
