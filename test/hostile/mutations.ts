/**
 * `node test/hostile/mutations.ts [--count N] [--seed S] [--children C] [--sample N] [--only INDEX]`: damages valid files of every
 * format by seeded edits and reads each as an import would, in processes that are watched from outside. A sample goes
 * through the command line. Prints each file that hangs, grows, kills its process, or ends otherwise than read or refused.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTree } from '../support/badFiles.ts';
import { ensureBuilt, run } from './command.ts';
import { formatOf, writeMutated } from './mutated.ts';
import type { Batch, Told } from './mutationChild.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    children: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    sample: { type: 'string', default: '400' },
    only: { type: 'string' },
  },
});
const [count, seed, sample] = [values.count, values.seed, values.sample].map(Number);

const batchSize = 200;
const hangSeconds = 2;
/** Other work on the machine may starve a process: without processor time of its own, this long is a hang as well. */
const starvedSeconds = 30;
const memoryLimit = 2 ** 30;
const pollMs = 50;
const ticksPerSecond = 100;

interface Fault {
  readonly index: number;
  readonly what: string;
}

const temporary = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(temporary, 'precedent-mutations-'));
const faults: Fault[] = [];
const totals = { read: 0, refused: 0, largest: 0 };
let next = 0;
const started = performance.now();

function found(index: number, what: string): void {
  faults.push({ index, what });
  const [first, ...stack] = what.split('\n');
  const frames = stack.filter((line) => line.includes('native/')).slice(0, 2);
  console.log(
    `✗ ${index} ${formatOf(index).name}: ${first}${frames.map((line) => `\n      ${line.trim()}`).join('')}`,
  );
}

function takeBatch(): Batch | undefined {
  if (next >= count) return undefined;
  const batch = { from: next, to: Math.min(count, next + batchSize) };
  next = batch.to;
  return batch;
}

/** A child that works through batches, replaced when it had to be stopped or died. */
class Worker {
  readonly #folder: string;
  readonly #whenDone: () => void;
  #child: ChildProcess | undefined;
  #batch: Batch | undefined;
  #at = { index: -1, wall: 0, cpu: 0 };
  #why: string | undefined;

  constructor(name: string, whenDone: () => void) {
    this.#folder = join(folder, name);
    this.#whenDone = whenDone;
    mkdirSync(this.#folder);
    this.#start();
  }

  #start(): void {
    const child = fork(join(import.meta.dirname, 'mutationChild.ts'), [String(seed), this.#folder], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let last = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString()).slice(-4000);
    });
    child.on('message', (told: Told) => {
      if ('fault' in told) found(told.index, told.fault);
      else if ('done' in told) {
        totals.read += told.read;
        totals.refused += told.refused;
        this.#batch = undefined;
        this.#work();
      } else this.#work();
    });
    child.on('exit', (code, signal) => {
      if (child !== this.#child) return;
      this.#child = undefined;
      const { index } = this.#at;
      if (this.#batch === undefined || index < 0) {
        if (next < count) found(index, `the process ended with ${code ?? signal} before a file: ${last}`);
        this.#whenDone();
        return;
      }
      found(index, this.#why ?? `the process died (${code ?? signal}): ${last}`);
      this.#why = undefined;
      this.#batch = index + 1 < this.#batch.to ? { from: index + 1, to: this.#batch.to } : undefined;
      this.#start();
    });
    this.#child = child;
    this.#at = { index: -1, wall: performance.now(), cpu: 0 };
  }

  #work(): void {
    this.#batch ??= takeBatch();
    if (this.#batch) this.#child?.send(this.#batch);
    else {
      const child = this.#child;
      this.#child = undefined;
      child?.disconnect();
      this.#whenDone();
    }
  }

  /** Stops the child where its file takes too long or too much. */
  watch(): void {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#why) return;
    try {
      const index = readFileSync(join(this.#folder, 'index')).readDoubleLE(0);
      const [cpu, resident] = usage(pid);
      const wall = performance.now();
      totals.largest = Math.max(totals.largest, resident);
      if (index !== this.#at.index) this.#at = { index, wall, cpu };
      if (index < 0) return;
      const [spent, waited] = [cpu - this.#at.cpu, (wall - this.#at.wall) / 1000];
      if (resident > memoryLimit) this.#why = `${Math.round(resident / 2 ** 20)} MiB of memory`;
      else if (waited > hangSeconds && (spent > hangSeconds || waited > starvedSeconds))
        this.#why = `more than ${hangSeconds} s (${spent.toFixed(1)} s of processor time in ${waited.toFixed(1)} s)`;
      if (this.#why) this.#child?.kill('SIGKILL');
    } catch {
      // The child has not written its first index, or has just ended.
    }
  }
}

/** Processor seconds and resident bytes of a process (proc(5)). */
function usage(pid: number): readonly [number, number] {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return [(Number(fields[11]) + Number(fields[12])) / ticksPerSecond, pages * 4096];
}

async function readAllMutations(): Promise<void> {
  const workers: Worker[] = [];
  await new Promise<void>((done) => {
    let left = Number(values.children);
    const whenDone = () => {
      left--;
      if (left === 0) done();
    };
    for (let n = 0; n < Number(values.children); n++) workers.push(new Worker(`child-${n}`, whenDone));
    const watching = setInterval(() => {
      for (const worker of workers) worker.watch();
      if (left === 0) clearInterval(watching);
    }, pollMs);
    const telling = setInterval(() => {
      const seconds = (performance.now() - started) / 1000;
      console.log(`${next} of ${count}, ${Math.round(next / seconds)} a second, ${faults.length} faults`);
      if (left === 0) clearInterval(telling);
    }, 20_000);
    telling.unref();
  });
}

/** Every so many-th mutated file, all in one folder, through the command line. */
async function importSample(): Promise<void> {
  const root = join(folder, 'sample');
  const indices = Array.from({ length: sample }, (_, n) => Math.floor((n * count) / sample));
  for (const index of indices) {
    const inside = join(root, `${index}-${formatOf(index).name}`);
    mkdirSync(inside, { recursive: true });
    writeTree(inside, formatOf(index).beside ?? {});
    await writeMutated(inside, seed, index);
  }
  const library = join(folder, 'library');
  const { code, stdout, stderr, ms, peak } = await run(['import', root, '--library', library, '--json'], {
    watch: true,
  });
  if (code !== 0) found(-1, `the import of the sample ended with ${code}: ${stderr.slice(-1000)}`);
  else {
    const { imported, skipped } = JSON.parse(stdout);
    const bad = skipped.filter(({ reason }: { reason: string }) =>
      /[\r\n]|stopped the reader|cannot read prop|undefined|not a function/i.test(reason),
    );
    for (const { path, reason } of bad)
      found(Number(/sample\/(\d+)-/.exec(path)?.[1] ?? -1), `through the import: ${reason}`);
    console.log(
      `${sample} through the import: ${(ms / 1000).toFixed(1)} s, ${imported.volumes} volumes, ${skipped.length} skipped`,
    );
  }
  for (const [process, bytes] of Object.entries(peak))
    if (bytes > memoryLimit)
      found(-1, `${process} took ${Math.round(bytes / 2 ** 20)} MiB in the import of the sample`);
  const { code: verified, stdout: problems } = await run(['verify', '--library', library, '--json']);
  if (verified !== 0) found(-1, `verify after the sample ended with ${verified}: ${problems.slice(0, 500)}`);
}

/** Reads one mutated file here, and leaves it to be looked at. */
async function readOnly(index: number): Promise<void> {
  const inside = mkdtempSync(join(tmpdir(), `mutation-${index}-`));
  const staging = join(inside, 'staging');
  const own = join(inside, formatOf(index).name);
  mkdirSync(staging, { recursive: true });
  mkdirSync(own);
  writeTree(own, formatOf(index).beside ?? {});
  const path = await writeMutated(own, seed, index);
  console.log(join(own, formatOf(index).file));
  const { readAll } = await import('./reading.ts');
  const before = performance.now();
  console.log(await readAll(path, staging), `${Math.round(performance.now() - before)} ms`);
}

try {
  if (values.only !== undefined) await readOnly(Number(values.only));
  else {
    await readAllMutations();
    const seconds = (performance.now() - started) / 1000;
    const memory = `${Math.round(totals.largest / 2 ** 20)} MiB at most`;
    console.log(
      `${count} mutated files in ${Math.round(seconds)} s: ${totals.read} read, ${totals.refused} refused or with notes; ${memory}`,
    );
    if (sample > 0) {
      ensureBuilt();
      await importSample();
    }
    console.log(`${faults.length} faults${faults.length > 0 ? '; see one with --only INDEX' : ''}`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
