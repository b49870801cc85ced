/** Some faults of a disk at some file operations; `npm run test:faults` goes through all of them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultySteps, homesBefore, runWithFault } from '../support/faultRun.ts';
import { faults } from '../support/faults.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

/** At these calls of each step, with another fault each time. */
const struckAt = [4, 19];
let folder: string;
let home: string;
let before: ReadonlyMap<string, string>;

beforeAll(async () => {
  folder = await temporaryFolder();
  home = join(folder, 'home');
  before = await homesBefore(home);
});
afterAll(() => removeFolder(folder));

test('a failing disk is told of in plain words, damages nothing, and all goes on once it is well', async () => {
  const told = new Set<string>();
  for (const [n, step] of faultySteps.entries())
    for (const [m, at] of struckAt.entries()) {
      const fault = faults[(2 * n + m) % faults.length];
      const run = await runWithFault(home, before, step, at, fault);
      expect([step, fault.code, at, run.problems]).toEqual([step, fault.code, at, []]);
      if (run.told !== null) told.add(run.told);
    }
  expect(told.size).toBeGreaterThan(3);
});
