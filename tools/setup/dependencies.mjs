/** Installs the npm packages when they are missing or the lockfile has changed since. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, projectNode, root, run, SetupError, say } from './project.mjs';

/** Packages whose install script is needed; every other one brings what it needs prebuilt. */
const needScripts = ['node'];

const stampPath = join('node_modules', '.precedent-installed');

/** What the installed packages must agree with: both manifests and the machine. */
export function dependencyStamp(folder) {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) {
    const text = readFileSync(join(folder, name), 'utf8');
    hash.update(name === 'package.json' ? dependencyFields(text) : text);
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`;
}

/** Only the fields that decide what is installed, so that editing a script installs nothing. */
function dependencyFields(text) {
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(text);
  return JSON.stringify({ dependencies, devDependencies, optionalDependencies, overrides });
}

/** Whether the packages that `folder` needs are installed there. */
export function dependenciesReady(folder, node = projectNode(folder)) {
  const stamp = join(folder, stampPath);
  return node !== null && existsSync(stamp) && readFileSync(stamp, 'utf8') === dependencyStamp(folder);
}

/** Returns the path of the project's own Node. */
export async function ensureDependencies(folder = root) {
  const ready = projectNode(folder);
  if (dependenciesReady(folder, ready)) return ready;
  const [command, ...first] = npmCommand();
  // The GPU libraries that onnxruntime-node would download are the machine's business.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const npm = (...args) => run(command, [...first, ...args, '--loglevel=error'], { cwd: folder, env });
  // Windows does not replace a program that runs, and this may be running on the Node in node_modules.
  const verb = process.platform === 'win32' && existsSync(join(folder, 'node_modules')) ? 'install' : 'ci';

  say(`Installing the packages (npm ${verb}; a few minutes the first time) …`);
  // Without install scripts (.npmrc says so too): one of them wants a compiler and Node's headers although its prebuilt module is there.
  const installed = await npm(verb, '--ignore-scripts', '--no-audit', '--no-fund');
  if (installed !== 0) {
    throw new SetupError(
      `npm ${verb} failed (exit code ${installed}, see above). It needs the npm registry and about 2 GB of disk; ` +
        'behind a proxy or with a mirror, set npm config proxy or registry, then try again.',
    );
  }
  const scripted = await npm('rebuild', '--ignore-scripts=false', ...needScripts);
  const node = projectNode(folder);
  if (scripted !== 0 || node === null) {
    throw new SetupError(
      `The project's own Node could not be installed (npm rebuild ${needScripts.join(' ')}, exit code ${scripted}, ` +
        'see above). It comes from the npm registry as a package for this platform.',
    );
  }
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, stampPath), dependencyStamp(folder));
  return node;
}
