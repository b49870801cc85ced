/** `npm run check:ibsi`: prints every feature beside its IBSI reference value; exit code 1 where one disagrees. */
import { join } from 'node:path';
import { sharedDir, sharedMissing } from '../../test/support/shared.ts';
import { compareWithReferences, configurations, notComputed, unchecked } from './compare.ts';

const shared = sharedDir();
if (!shared) {
  console.log(`Skipped: ${sharedMissing}.`);
  process.exit(0);
}
const folder = join(shared, 'data/ibsi');
const rows = configurations.flatMap((configuration) => compareWithReferences(folder, configuration));
console.log(line('config', 'feature', 'code', 'ours', 'reference', 'tolerance', 'agrees'));
for (const r of rows) {
  console.log(
    line(
      r.configuration,
      r.name,
      r.code,
      short(r.ours),
      short(r.reference),
      short(r.tolerance),
      r.agrees ? 'yes' : 'NO',
    ),
  );
}
for (const { tag, consensus } of notComputed(folder))
  console.log(`${tag}: not computed${consensus ? '' : ', no consensus on its value'}`);
for (const name of unchecked(rows)) console.log(`${name}: no reference value`);
const wrong = rows.filter(({ agrees }) => !agrees).length;
console.log(`${rows.length} values, ${wrong} outside the tolerance`);
process.exitCode = wrong === 0 && unchecked(rows).length === 0 ? 0 : 1;

function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

function line(...columns: readonly string[]): string {
  const widths = [8, 33, 5, 14, 12, 10, 6];
  return columns
    .map((text, n) => (n < 3 || n === 6 ? text.padEnd(widths[n]) : text.padStart(widths[n])))
    .join(' ')
    .trimEnd();
}
