/** `npm run test:security`: the tests of the walls alone, where no network is, and then each number that they measured. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, root, run } from '../setup/project.mjs';

const files = [
  'test/unit/walls',
  'test/unit/schemas',
  'test/unit/contractBounds',
  'test/unit/protocol',
  'test/unit/securityDocs',
  'test/integration/offline',
  'test/integration/fuzz',
  'test/e2e/checklist',
  'test/e2e/network',
  'test/e2e/sandbox',
  'test/e2e/security',
];

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-security-'));
  const figures = join(folder, 'figures');
  try {
    const env = { ...process.env, PRECEDENT_FIGURES: figures };
    const test = join(root, 'tools', 'setup', 'test.mjs');
    process.exitCode = await run(process.execPath, [test, ...files], { env, stdio: 'inherit' });
    const lines = existsSync(figures) ? readFileSync(figures, 'utf8').trim().split('\n') : [];
    for (const [name, value] of lines.map((line) => JSON.parse(line)))
      process.stdout.write(`${name}: ${value}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
