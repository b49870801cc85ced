/** One process of the mutation run: makes mutated files by their index and reads each; it may hang, grow or die, and is watched from outside. */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeTree } from '../support/badFiles.ts';
import { formats } from './formats.ts';
import { formatOf, writeMutated } from './mutated.ts';
import { readAll } from './reading.ts';

/** Indices from `from` to below `to`. */
export interface Batch {
  readonly from: number;
  readonly to: number;
}
export type Told =
  | { readonly ready: true }
  | { readonly done: Batch; readonly read: number; readonly refused: number }
  | { readonly fault: string; readonly index: number };

const [, , seed, folder] = process.argv;
const staging = join(folder, 'staging');
mkdirSync(staging, { recursive: true });
for (const { name, beside = {} } of formats) {
  mkdirSync(join(folder, name), { recursive: true });
  writeTree(join(folder, name), beside);
}
const state = openSync(join(folder, 'index'), 'w');
const tell = (message: Told) => process.send?.(message);

/** Written where whoever watches finds it even when this process is stuck. */
function isAt(index: number): void {
  const word = Buffer.alloc(8);
  word.writeDoubleLE(index);
  writeSync(state, word, 0, 8, 0);
}

process.on('message', async ({ from, to }: Batch) => {
  let [read, refused] = [0, 0];
  for (let index = from; index < to; index++) {
    isAt(index);
    const path = await writeMutated(join(folder, formatOf(index).name), Number(seed), index);
    try {
      const { reasons } = await readAll(path, staging);
      if (reasons.length > 0) refused++;
      else read++;
    } catch (thrown) {
      tell({ fault: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown), index });
    }
  }
  isAt(-1);
  tell({ done: { from, to }, read, refused });
});
process.on('disconnect', () => process.exit(0));
tell({ ready: true });
