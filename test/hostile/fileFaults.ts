/**
 * `node test/hostile/fileFaults.ts [--all] [--step NAME]`: lets each file operation of each thing that a user does to a library fail, in
 * one of the ways that a disk can, from operation to operation another one; with --all in each of them (an hour). Each time the user is told what happened in plain words, nothing is
 * damaged, and the same works once the disk is well. Prints what users are told, and how often.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faultySteps, homesBefore, runWithFault } from '../support/faultRun.ts';
import { faults } from '../support/faults.ts';

const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, step: { type: 'string' } },
});
/** Where there are no more, each meets every fault. */
const fewCalls = 20;

const folder = mkdtempSync(join(tmpdir(), 'precedent-faults-'));
const told = new Map<string, number>();
let [runs, failures] = [0, 0];
try {
  const home = join(folder, 'home');
  const before = await homesBefore(home);
  for (const name of values.step === undefined ? faultySteps : [values.step]) {
    const { calls } = await runWithFault(home, before, name, Number.POSITIVE_INFINITY, faults[0]);
    const every = values.all || calls < fewCalls ? 1 : faults.length;
    for (const [n, fault] of faults.entries()) {
      for (let at = n % every; at < calls; at += every) {
        const run = await runWithFault(home, before, name, at, fault);
        runs += Number(run.struck);
        if (run.told !== null) told.set(run.told, (told.get(run.told) ?? 0) + 1);
        if (run.problems.length > 0) failures++;
        for (const problem of run.problems) console.log(`✗ ${name}, ${fault.code} at ${at}: ${problem}`);
      }
      console.log(`${name}, ${fault.code}: ${runs} faults so far, ${failures} failures`);
    }
  }
  for (const [message, times] of [...told].sort((a, b) => b[1] - a[1]))
    console.log(`told ${times} times: ${message}`);
  console.log(`${runs} faults, ${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
