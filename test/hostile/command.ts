/** Runs the built command line from outside and watches every process that it starts (Linux). */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
/** Another build may be tried by naming its folder. */
const dist = process.env.PRECEDENT_DIST ?? join(root, 'dist');

export interface Ran {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** Processor time of all its processes. */
  readonly cpuMs: number;
  /** Peak resident memory in bytes of the largest process of each kind, by the name of its program. */
  readonly peak: Readonly<Record<string, number>>;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** Kills the command and everything that it started, at once. */
  kill(): void;
}

/** Builds what is stale, unless another build was named. */
export function ensureBuilt(): void {
  if (process.env.PRECEDENT_DIST) return;
  execFileSync(process.execPath, [join(root, 'tools/build.mjs'), 'engine'], { stdio: 'inherit' });
}

/** Starts `precedent ARGS…` in a process group of its own; memory and processor time are looked at every few milliseconds where asked. */
export function start(args: readonly string[], { watch = false } = {}): Running {
  const started = performance.now();
  const child = spawn(process.execPath, [join(dist, 'cli/main.js'), ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const peak: Record<string, number> = {};
  const cpu = new Map<number, number>();
  const { pid } = child;
  const look = () => pid !== undefined && note(pid, peak, cpu);
  const timer = watch ? setInterval(look, 20) : undefined;
  const ended = new Promise<Ran>((done) => {
    child.on('close', (code) => {
      clearInterval(timer);
      done({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        ms: performance.now() - started,
        cpuMs: [...cpu.values()].reduce((sum, ms) => sum + ms, 0),
        peak,
      });
    });
  });
  return {
    ended,
    kill: () => {
      if (pid === undefined) return;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    },
  };
}

export function run(args: readonly string[], options: { watch?: boolean } = {}): Promise<Ran> {
  return start(args, options).ended;
}

/** Runs a command with --json and parses what it printed. Throws what it said where it failed. */
export async function runJson(args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run([...args, '--json']);
  if (code !== 0) throw new Error(`precedent ${args[0]} ended with ${code}: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

function note(pid: number, peak: Record<string, number>, cpu: Map<number, number>): void {
  try {
    const name = basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] ?? '', '.js');
    const bytes = residentPeak(pid);
    if (name !== '' && bytes > (peak[name] ?? 0)) peak[name] = bytes;
    cpu.set(pid, cpuOf(pid));
    for (const child of childrenOf(pid)) note(child, peak, cpu);
  } catch {
    // A process may end between two looks.
  }
}

/** Processor time of a process so far, in steps of 10 ms (proc(5), utime and stime). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The highest resident memory of a process so far, in bytes. */
function residentPeak(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return found ? Number(found[1]) * 1024 : 0;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
