/** `npm test [-- filter]`: sets up what is missing, checks the sources, runs all tests, and ends with one line of counts. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { networkText, noOfflineReason, offlineCommand } from '../test/offline.mjs';
import { main, root, run, SetupError, say } from './project.mjs';
import { ensureBuild, ensureDependencies, ensureRuntime, ensureSystemPackages } from './steps.mjs';

const args = process.argv.slice(2);

await main(async () => {
  const node = await ensureDependencies();
  // Whatever a test starts as `node` is the project's own.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const missing = await ensureSystemPackages();
  if (missing.length > 0) say('The end-to-end tests may not be able to run without them.');

  const totals = { passed: 0, failed: 0, skipped: [] };
  const step = async (name, body) => {
    say(`\n▸ ${name}`);
    const ok = await body();
    totals[ok ? 'passed' : 'failed'] += 1;
    if (!ok) say(`✗ ${name} failed`);
    return ok;
  };
  // One after the other, and all of them: a finding of the linter must not hide what the tests say.
  const bin = (...path) => join(root, 'node_modules', ...path);
  const checks = [
    ['biome check', [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']],
    ['tsc native', [bin('typescript', 'bin', 'tsc'), '-p', join('native', 'tsconfig.json')]],
    ['tsc', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
    ['tsc renderer', [bin('typescript', 'bin', 'tsc'), '-p', join('renderer', 'tsconfig.json')]],
  ];
  // With a filter somebody works on a few tests.
  if (args.length === 0) {
    for (const [name, command] of checks) {
      await step(name, async () => (await run(node, command, { env })) === 0);
    }
  }
  const built = await step('build', () => ensureBuild(node).then(() => true, told));
  const runtime = await ensureRuntime(node).catch(toldRuntime);
  if (runtime) env.PRECEDENT_ELECTRON = runtime.path;
  if (built) add(totals, await runTests(node, env));

  sumUp(totals);
});

/**
 * Runs Vitest, where it is permitted in a network namespace that leads nowhere, and returns what its reporter counted; a run that
 * ends without a report is a failure, and so is one of which a packet went anywhere but over loopback.
 */
async function runTests(node, env) {
  say('\n▸ tests');
  const folder = mkdtempSync(join(tmpdir(), 'precedent-test-'));
  const [summary, network] = [join(folder, 'summary.json'), join(folder, 'network.json')];
  const reason = noOfflineReason();
  if (reason) say(`  The network is not cut off: ${reason}`);
  try {
    const reporters = ['--reporter=default', `--reporter=${join(root, 'tools', 'test', 'report.mjs')}`];
    const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...args];
    const [program, command] = reason ? [node, vitest] : offlineCommand(node, network, vitest);
    const code = await run(program, command, { env: { ...env, PRECEDENT_TEST_SUMMARY: summary } });
    const counted = existsSync(summary)
      ? JSON.parse(readFileSync(summary, 'utf8'))
      : { passed: 0, failed: 0, skipped: [] };
    if (code !== 0 && counted.failed === 0) counted.failed = 1;
    if (reason) counted.skipped.push({ name: 'the network is never asked for', count: 1, reason });
    else counted[sayNetwork(network) ? 'passed' : 'failed'] += 1;
    return counted;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tells what was counted of the network; true where every deliberate attempt was seen, and no other was made. */
function sayNetwork(path) {
  if (!existsSync(path)) return false;
  const { control, packets } = JSON.parse(readFileSync(path, 'utf8'));
  say(`\n▸ network: ${networkText({ control, packets })}`);
  return packets === 0 && Object.values(control).every((count) => count > 0);
}

function add(totals, { passed, failed, skipped }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped.push(...skipped);
}

function sumUp({ passed, failed, skipped }) {
  const lines = skipped.map(
    ({ name, count, reason }) => `  ${count} × ${name}${reason ? ` (${reason})` : ''}`,
  );
  const sum = skipped.reduce((total, { count }) => total + count, 0);
  process.stdout.write(`\n${lines.length > 0 ? `Skipped:\n${lines.join('\n')}\n` : ''}`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${sum} skipped\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function told(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  return false;
}

function toldRuntime(error) {
  told(error);
  return null;
}
