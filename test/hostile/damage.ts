/**
 * `npm run test:damage [-- --cases N --catalogs N --seed S --from K]`: damages the cache files of a generated library N times (bits flipped,
 * ends cut off, stretches zeroed, files deleted), and its catalog; what must come of it is in test/support/damagedLibrary.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { damageCaches, damageCatalogs } from '../support/damagedLibrary.ts';
import { ensureBuilt, runJson } from './command.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '500' },
    catalogs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [cases, catalogs, seed, from] = [values.cases, values.catalogs, values.seed, values.from].map(Number);
const folder = mkdtempSync(join(tmpdir(), 'precedent-damage-'));
const onCase = (done: number, failure: string | undefined) => {
  if (failure) console.log(`✗ case ${done - 1}: ${failure}`);
  if (done % 50 === 0) console.log(`${done} cases`);
};
try {
  ensureBuilt();
  const library = join(folder, 'library');
  await runJson(['demo', '--library', library, '--patients', '3']);
  const caches = await damageCaches({ library, cases, seed, from, onCase });
  console.log(`${cases - from} cache files damaged, ${caches.length} failures`);
  const { failures, closed, crashed } = await damageCatalogs({ library, cases: catalogs, seed, onCase });
  console.log(
    `${closed.cases} closed catalogs damaged, ${closed.detected} found at opening; ${crashed.cases} as after a crash, ` +
      `${crashed.detected} found at opening; ${failures.length} failures`,
  );
  process.exitCode = caches.length + failures.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
