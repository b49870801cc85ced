/** Finds the shared libraries and programs of the system that Electron needs on Linux, and installs them where it may. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './project.mjs';

/** What Electron loads, and the Debian package it is in. */
const libraries = [
  ['libnss3.so', 'libnss3'],
  ['libatk-1.0.so.0', 'libatk1.0-0'],
  ['libatk-bridge-2.0.so.0', 'libatk-bridge2.0-0'],
  ['libgtk-3.so.0', 'libgtk-3-0'],
  ['libgbm.so.1', 'libgbm1'],
  ['libasound.so.2', 'libasound2'],
  ['libXss.so.1', 'libxss1'],
  ['libcups.so.2', 'libcups2'],
  ['libdrm.so.2', 'libdrm2'],
  ['libxkbcommon.so.0', 'libxkbcommon0'],
  ['libX11-xcb.so.1', 'libx11-xcb1'],
];

/** What a machine without a screen needs to show a window all the same. */
const programs = [
  ['Xvfb', 'xvfb'],
  ['xauth', 'xauth'],
];

/** The Debian packages that are missing; empty on other systems than Linux. */
export function missingPackages({
  platform = process.platform,
  listed = listLibraries(),
  hasProgram = isOnPath,
} = {}) {
  if (platform !== 'linux') return [];
  return [
    ...libraries.filter(([library]) => !listed.includes(`${library} `)),
    ...programs.filter(([program]) => !hasProgram(program)),
  ].map(([, name]) => name);
}

/** Installs what is missing as root on Debian; elsewhere prints the line to run. Never fails: returns what is missing. */
export async function ensureSystemPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return missing;
  const names = missing.map(currentName);
  const line = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (!existsSync('/etc/debian_version')) {
    say(`System packages are missing; install what Debian calls: ${names.join(' ')}`);
    return missing;
  }
  if (process.getuid?.() !== 0) {
    say(`System packages are missing; run this line, then start again:\n  sudo sh -c '${line}'`);
    return missing;
  }
  say(`Installing system packages: ${names.join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('sh', ['-c', line], { env });
  const still = missingPackages();
  if (still.length > 0)
    say(`Some system packages could not be installed; run this line yourself:\n  ${line}`);
  return still;
}

/** Since Debian 13 and Ubuntu 24.04 some of the names end in t64. */
function currentName(name) {
  try {
    execFileSync('apt-cache', ['show', `${name}t64`], { stdio: 'ignore' });
    return `${name}t64`;
  } catch {
    return name;
  }
}

function listLibraries() {
  for (const command of ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig']) {
    try {
      return execFileSync(command, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      // tried at its next place
    }
  }
  return '';
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
