/** `npm start`: sets up what is missing, then opens the application, or demonstrates it without a screen. */
import { join } from 'node:path';
import { become, main, root, say } from './project.mjs';
import { sandboxAdvice } from './sandbox.mjs';
import { ensureBuild, ensureDependencies, ensureRuntime, ensureSystemPackages } from './steps.mjs';

const env = process.env;
const hasDisplay = process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
const args = process.argv.slice(2);

await main(async () => {
  const node = await ensureDependencies();
  await ensureSystemPackages();
  await ensureBuild(node);
  process.chdir(root);
  if (hasDisplay) await openWindow(node);
  else await demonstrate(node);
});

async function openWindow(node) {
  const runtime = await ensureRuntime(node);
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (asRoot) say('Started as root: Chromium runs without its sandbox.');
  const advice = asRoot ? null : sandboxAdvice(runtime.path);
  if (advice) say(advice);
  say('Starting Precedent …');
  await become(runtime.path, [root, ...(asRoot ? ['--no-sandbox'] : []), ...args], {
    env: runtime.official ? env : { ...env, PRECEDENT_UNOFFICIAL_RUNTIME: '1' },
  });
}

async function demonstrate(node) {
  say('No display (neither DISPLAY nor WAYLAND_DISPLAY is set): the demonstration runs without a window …');
  const library = join(root, 'demo-library');
  const report = join(library, 'report.html');
  const cli = join(root, 'dist', 'cli', 'main.js');
  const code = await become(node, [cli, 'demo', '--library', library, '--report', report, ...args]);
  if (code === 0) say(`The report is at ${report}`);
}
