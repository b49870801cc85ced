/**
 * `node test/hostile/inferenceKills.ts [--kills N] [--patients N] [--seed S]`: embeds a library of phantoms, again and again, while its
 * inference process is killed at random moments (SIGKILL) and searches ask beside it. No request and no lesion may be lost, every
 * embedding must be that of an undisturbed run, and the library must be whole at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killWhileEmbedding } from '../support/inferenceKills.ts';
import { ensureBuilt, run } from './command.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    patients: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'precedent-kills-'));
try {
  ensureBuilt();
  const [kills, patients, seed] = [values.kills, values.patients, values.seed].map(Number);
  const report = await killWhileEmbedding({ folder, kills, patients, seed });
  const verified = await run(['verify', '--library', join(folder, 'library')]);
  for (const failure of report.failures) console.log(`✗ ${failure}`);
  console.log(verified.stdout.trim());
  console.log(
    `${report.kills} kills, ${report.early} of them before the process had answered anything; ${report.lesions} lesions ` +
      `embedded ${report.rounds} times; ${report.answered} of ${report.asked} requests beside it answered; ${report.failures.length} failures`,
  );
  const whole = report.failures.length === 0 && report.answered === report.asked && report.kills >= kills;
  process.exitCode = whole && verified.code === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
