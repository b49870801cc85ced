/** An engine that may be killed at any moment, also while it still opens its library, and what it is asked (Linux). */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EngineContract, engineContract } from '../../../native/contract/engine.ts';
import { PrecedentError } from '../../../native/contract/errors.ts';
import { type ToEngine, toHost } from '../../../native/contract/host.ts';
import { type Method, type Params, type Result, RpcClient } from '../../../native/contract/rpc.ts';
import { childChannel } from '../../../native/process/channels.ts';

/** Another build may be tried by naming its folder. */
export const dist = process.env.PRECEDENT_DIST ?? resolve(import.meta.dirname, '../../../dist');

/** One request to the engine, whoever is between. */
export type Ask = <M extends Method<EngineContract>>(
  method: M,
  params: Params<EngineContract, M>,
) => Promise<Result<EngineContract, M>>;

export interface Session {
  readonly ask: Ask;
  /** A one-time token for a path that may be read. */
  grant(path: string): string;
}

/** `process`: the process alone, which its children have to notice; `tree`: all of it at once, as a power cut does. */
export type Way = 'process' | 'tree';

export interface RunningEngine extends Session {
  readonly pid: number;
  /** Kills it and waits for its end. */
  kill(way: Way): Promise<void>;
  /** Closes the library as a host does. */
  close(): Promise<void>;
}

export class Launch {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  /** The engine once its library is open. Rejects with what opening it throws. */
  readonly opened: Promise<RunningEngine>;

  constructor(library: string, calibrations: string) {
    this.#child = fork(join(dist, 'native/engine.js'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    const child = this.#child;
    this.#gone = new Promise((done) => child.once('exit', () => done()));
    const tell = (message: ToEngine) => child.send(message, () => undefined);
    const engine = new RpcClient(engineContract, childChannel(child));
    this.opened = new Promise<void>((done, fail) => {
      child.on('message', (raw) => {
        const message = toHost.safeParse(raw).data;
        if (message?.control === 'opened') done();
        if (message?.control === 'failed') fail(PrecedentError.fromData(message.error));
      });
      child.once('exit', () => fail(new PrecedentError('interrupted', 'the engine was killed')));
    }).then(() => ({
      pid: this.pid,
      ask: (method, params) => engine.call(method, params),
      grant: (path) => {
        const token = randomUUID();
        tell({ control: 'grant', token, path, access: 'read' });
        return token;
      },
      kill: (way) => this.kill(way),
      close: async () => {
        if (child.connected) child.disconnect();
        await this.#gone;
      },
    }));
    this.opened.catch(() => undefined);
    tell({
      control: 'open',
      library,
      mayCreate: true,
      resources: resolve(dist, '../resources'),
      calibrations,
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async kill(way: Way): Promise<void> {
    if (way === 'tree') killTree(this.pid);
    else kill(this.pid);
    await this.#gone;
  }
}

/** Opens a library in an engine of its own. */
export function openEngine(library: string, calibrations: string): Promise<RunningEngine> {
  return new Launch(library, calibrations).opened;
}

/** SIGKILL; a process that has just ended by itself is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** A process and all that it has started, the outermost first, so that nothing is noticed and mended on the way. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

export function killTree(pid: number): void {
  for (const one of treeOf(pid)) kill(one);
}

export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** The command line of a process; empty for one that is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Those of these processes that still run after a while; a process must not outlive what it worked for. */
export async function survivors(pids: readonly number[], withinMs = 10_000): Promise<number[]> {
  const named = pids.map((pid) => ({ pid, command: commandOf(pid) })).filter(({ command }) => command !== '');
  const alive = () => named.filter(({ pid, command }) => commandOf(pid) === command);
  for (const until = performance.now() + withinMs; alive().length > 0 && performance.now() < until; )
    await sleep(20);
  return alive().map(({ pid }) => pid);
}
