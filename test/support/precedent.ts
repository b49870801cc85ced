/** Runs the built `precedent` command, and starts the built engine, as a user's shell and window would. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Host, startHost } from '../../native/cli/host.ts';

export const projectRoot = resolve(import.meta.dirname, '../..');
const dist = join(projectRoot, 'dist');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `precedent ARGS…` and waits for its end, whatever its exit code. */
export function precedent(...args: readonly string[]): Promise<CommandResult> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(dist, 'cli/main.js'), ...args],
      { maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      },
    );
  });
}

/** Runs a command that must succeed and parses its one JSON document. */
export async function precedentJson<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await precedent(...args, '--json');
  if (code !== 0) throw new Error(`precedent ${args[0]} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** A folder that is gone after the test file, or, inside a test, after the test. */
export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'precedent-test-'));
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The built engine on a library, closed when the test ends. */
export async function openEngine(library: string): Promise<Host> {
  const host = await startHost(library, { mayCreate: true, dist });
  onTestFinished(() => host.close());
  return host;
}

/** The processes that a process has started, by id (Linux). */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** The command line of a process (Linux). */
export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}
