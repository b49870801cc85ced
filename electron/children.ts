/** The utility processes that Precedent runs on: how one is started, connected, ended; and those that one engine asked for. */
import { MessageChannelMain, type MessagePortMain, type UtilityProcess, utilityProcess } from 'electron';
import type { Role, ToEngine } from '../native/contract/host.ts';
import { log } from './log.ts';

/** The bundled module of each process. */
export type Modules = Readonly<Record<'engine' | Role, string>>;

const MAX_CHILDREN = 16;
const STOP_GRACE_MS = 5000;

const serviceNames: Readonly<Record<keyof Modules, string>> = {
  engine: 'Precedent engine',
  inference: 'Precedent inference',
  reader: 'Precedent reader',
};

/** Those that ended: no event comes of them any more, and by its `pid` such a one looks like one that has yet to start. */
const ended = new WeakSet<UtilityProcess>();

/** What a process writes to stdout is nobody's; stderr is passed on. */
export function startProcess(modules: Modules, name: keyof Modules): UtilityProcess {
  const child = utilityProcess.fork(modules[name], [], {
    serviceName: serviceNames[name],
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.once('exit', () => ended.add(child));
  return child;
}

/** Gives a process a port and returns the other end. */
export function connectTo(process: UtilityProcess): MessagePortMain {
  const { port1, port2 } = new MessageChannelMain();
  process.postMessage({ control: 'port' } satisfies ToEngine, [port1]);
  return port2;
}

/** Ends a process that holds nothing worth saving, even one that is stuck in a native call. */
export function endProcess(child: UtilityProcess): void {
  if (child.pid === undefined) {
    child.once('spawn', () => endProcess(child));
    return;
  }
  try {
    process.kill(child.pid, 'SIGKILL');
  } catch {
    child.kill();
  }
}

/** Asks a process to end and waits; one that does not is killed. */
export function stopProcess(child: UtilityProcess, graceMs = STOP_GRACE_MS): Promise<void> {
  if (ended.has(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => endProcess(child), graceMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    if (!child.kill()) child.once('spawn', () => child.kill());
  });
}

/** Starts what an engine asks for, by the engine's numbers, and tells it when one is there or gone. */
export class EngineChildren {
  readonly #engine: UtilityProcess;
  readonly #modules: Modules;
  readonly #running = new Map<number, UtilityProcess>();
  #ended = false;

  constructor(engine: UtilityProcess, modules: Modules) {
    this.#engine = engine;
    this.#modules = modules;
  }

  spawn(id: number, role: Role): void {
    if (this.#running.has(id) || this.#running.size >= MAX_CHILDREN) {
      log.error(`refused to start another ${role} process`);
      if (!this.#running.has(id)) this.#exited(id);
      return;
    }
    const child = startProcess(this.#modules, role);
    this.#running.set(id, child);
    child.once('exit', (code) => {
      log.info(`a ${role} process ended (code ${code})`);
      this.#exited(id);
    });
    this.#engine.postMessage({ control: 'spawned', id } satisfies ToEngine, [connectTo(child)]);
  }

  kill(id: number): void {
    const child = this.#running.get(id);
    if (child) endProcess(child);
  }

  /** Ends all of them; the engine hears nothing more. */
  end(): void {
    this.#ended = true;
    for (const child of this.#running.values()) endProcess(child);
  }

  #exited(id: number): void {
    this.#running.delete(id);
    if (!this.#ended) this.#engine.postMessage({ control: 'exited', id } satisfies ToEngine);
  }
}
