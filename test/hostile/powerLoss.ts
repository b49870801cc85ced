/**
 * `node test/hostile/powerLoss.ts [--replays N] [--from K]`: records a session with a library once and cuts the power at N moments
 * in it. What was not fsynced is lost, torn or there, as chance has it; after each cut the library must open, go on with
 * what it was at, and verify clean, and what was exported must be whole. `--from` goes on where a run was stopped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recordSession, replayPowerCut } from '../support/powerLoss/replay.ts';

const { values } = parseArgs({
  options: { replays: { type: 'string', default: '500' }, from: { type: 'string', default: '0' } },
});
const [replays, from] = [values.replays, values.from].map(Number);

const folder = mkdtempSync(join(tmpdir(), 'precedent-power-'));
try {
  const session = await recordSession(join(folder, 'home'));
  const logged = session.parts.reduce((sum, { log }) => sum + log.length, 0);
  console.log(`recorded ${session.events.length} file operations and ${logged} bytes of the catalog's log`);
  const cuts = new Map<string, number>();
  let failures = 0;
  for (let number = from; number < replays; number++) {
    const { during, problems } = await replayPowerCut(session, number);
    cuts.set(during, (cuts.get(during) ?? 0) + 1);
    if (problems.length > 0) failures++;
    for (const problem of problems) console.log(`✗ replay ${number}, during ${during}: ${problem}`);
    if ((number + 1) % 100 === 0) console.log(`${number + 1} of ${replays} replays, ${failures} failures`);
  }
  for (const [during, times] of cuts) console.log(`power cut ${times} times during ${during}`);
  console.log(`${replays - from} replays, ${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
