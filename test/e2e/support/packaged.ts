/** A packaged application for the tests: made once as a development build, run as an ordinary user with Chromium's sandbox. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { buildWith } from '../../../tools/package/electronBuilder.mjs';
import { packageMetadata } from '../../../tools/package/kind.mjs';
import type { CommandResult } from '../../support/precedent.ts';
import { asRoot, noAppReason } from './app.ts';

/** Why nothing can be packaged and started here, or null. */
export function noPackageReason(): string | null {
  if (process.platform !== 'linux') return 'packages are started on Linux only';
  return noAppReason();
}

export const version = '0.0.0-development';

/** Who runs the application when the tests run as root. */
const ordinary = { name: 'nobody', group: 'nogroup', uid: 65534, gid: 65534 };

export interface Packaged {
  /** The folder as it was built, never started. */
  readonly folder: string;
  /** A folder that the ordinary user may write to; also their home. */
  readonly home: string;
  remove(): Promise<void>;
}

/** Has electron-builder make the application's folder on the runtime of the tests. */
export async function buildPackage(): Promise<Packaged> {
  const work = await mkdtemp(join(tmpdir(), 'precedent-package-'));
  await chmod(work, 0o755);
  await buildWith({
    output: work,
    targets: ['dir'],
    metadata: { ...packageMetadata('development', '0.0.0'), version },
    runtime: process.env.PRECEDENT_ELECTRON,
  });
  const home = join(work, 'home');
  await mkdir(home);
  if (asRoot) await chown(home, ordinary.uid, ordinary.gid);
  const folder = join(work, 'application');
  await rename(join(work, process.arch === 'arm64' ? 'linux-arm64-unpacked' : 'linux-unpacked'), folder);
  return { folder, home, remove: () => rm(work, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * A copy with the sandbox's helper as an installation sets it; everything else is the same file. With `inspect` the fuse
 * that lets a debugger in is turned back, and no other.
 */
export async function installCopy(from: string, to: string, inspect: boolean): Promise<string> {
  execFileSync('cp', ['-al', from, to]);
  const own = async (name: string) => {
    const path = join(to, name);
    await rm(path);
    await copyFile(join(from, name), path);
    return path;
  };
  const helper = await own('chrome-sandbox');
  if (asRoot) await chown(helper, 0, 0);
  await chmod(helper, asRoot ? 0o4755 : 0o755);
  const executable = join(to, 'precedent');
  if (inspect) {
    await own('precedent');
    await flipFuses(executable, {
      version: FuseVersion.V1,
      [FuseV1Options.EnableNodeCliInspectArguments]: true,
    });
    await chmod(executable, 0o755);
  }
  return executable;
}

/** The command and its leading arguments that run something as an ordinary user with this home. */
export function asOrdinaryUser(home: string): readonly string[] {
  const user = asRoot
    ? ['setpriv', `--reuid=${ordinary.name}`, `--regid=${ordinary.group}`, '--clear-groups']
    : [];
  return [...user, 'env', `HOME=${home}`, 'XDG_RUNTIME_DIR=', 'XDG_CONFIG_HOME=', 'XDG_CACHE_HOME='];
}

/** A script that stands for an executable, run as the ordinary user: for what starts one program by its path. */
export async function ordinaryScript(executable: string, home: string): Promise<string> {
  const path = join(dirname(home), 'start.sh');
  await writeFile(path, `#!/bin/sh\nexec ${asOrdinaryUser(home).join(' ')} '${executable}' "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

/** Runs the installed `precedent` command without a display, as an ordinary user. */
export function installedCommand(
  application: string,
  home: string,
  args: readonly string[],
): Promise<CommandResult> {
  const [command, ...first] = [
    ...asOrdinaryUser(home),
    join(application, 'resources/bin/precedent'),
    '--allow-test-data',
    ...args,
  ];
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  return new Promise((done) => {
    execFile(command, first, { maxBuffer: 2 ** 28, cwd: home, env }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** The processes of an executable, whoever started them. */
export function processesOf(executable: string): { command: string; seccomp: string; uid: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const field = (name: string) => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? '';
        return command.startsWith(executable)
          ? [{ command, seccomp: field('Seccomp'), uid: field('Uid') }]
          : [];
      } catch {
        return [];
      }
    });
}
