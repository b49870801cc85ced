/** Electron's own build: finds the installed one, or has the electron package download and check it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executableName } from './pins.mjs';

/** Time without a single further byte after which a download is given up. */
const STALLED_MS = 20_000;

/** The executable of the installed runtime of this version, or null. */
export function installedRuntime(root, version, platform) {
  const folder = join(root, 'node_modules', 'electron', 'dist');
  try {
    if (readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '') !== version) return null;
  } catch {
    return null;
  }
  const path = join(folder, executableName(platform));
  return existsSync(path) ? path : null;
}

/**
 * Runs the electron package's installer, which also honours its mirror, proxy and cache settings. Resolves to null when
 * the runtime is there, else to the reason; rejects when what came did not have Electron's checksum.
 */
export async function downloadRuntime({ root, node, stalledMs = STALLED_MS, script }) {
  const installer = script ?? join(root, 'node_modules', 'electron', 'install.js');
  const temporary = mkdtempSync(join(tmpdir(), 'precedent-electron-'));
  try {
    const child = spawn(node, [installer], {
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += String(data);
    });
    // The installer says nothing about its progress to a pipe, but the bytes it has got are in its temporary folder.
    let stalled = false;
    const watched = [temporary, join(root, 'node_modules', 'electron', 'dist')];
    let last = '';
    let since = Date.now();
    const watch = setInterval(
      () => {
        const now = watched.map(sizeOf).join();
        if (now !== last) since = Date.now();
        last = now;
        if (Date.now() - since < stalledMs) return;
        stalled = true;
        child.kill('SIGKILL');
      },
      Math.min(500, stalledMs),
    );
    const code = await new Promise((done) => {
      child.once('error', () => done(127));
      child.once('close', (exit) => done(exit ?? 1));
    });
    clearInterval(watch);
    if (code === 0) return null;
    if (/checksum/i.test(stderr)) {
      throw new Error(
        "the download does not have Electron's checksum; it is not used, nor is anything in its place",
      );
    }
    return stalled ? `no answer for ${stalledMs / 1000} s` : reasonIn(stderr, code);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The innermost cause that Node printed, such as `getaddrinfo ENOTFOUND host`. */
function reasonIn(stderr, code) {
  const cause = /Error: ((?:getaddrinfo|connect|read) E.*)/.exec(stderr) ?? /Error: (.*)/.exec(stderr);
  return cause?.[1].replace(/[, {]*$/, '') ?? `exit code ${code}`;
}

/** The bytes of all files below a folder. */
function sizeOf(folder) {
  if (!existsSync(folder)) return 0;
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    try {
      if (entry.isFile()) total += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
    } catch {
      // gone since
    }
  }
  return total;
}
