/**
 * What the commands run on: where their resources lie and how their processes are started. Node forks them; the packaged
 * application, which does not run as Node, brings its own way before the first command runs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { ToEngine } from '../contract/host.ts';
import type { Channel } from '../contract/rpc.ts';
import { childChannel } from '../process/channels.ts';
import type { Spawner } from '../process/managed.ts';
import { forkSpawner } from '../process/spawners.ts';

export interface EngineProcess {
  readonly pid: number | undefined;
  /** Requests and their answers. */
  readonly channel: Channel;
  tell(message: ToEngine): void;
  /** What the engine says to its host, not yet checked. */
  onMessage(listener: (message: unknown) => void): void;
  onExit(listener: (code: number | null) => void): void;
  kill(): void;
  /** Lets the engine close its library, and resolves when it is gone; a stuck one is stopped after a while. */
  end(): Promise<void>;
}

export interface Installation {
  /** The folder with encoders and presets. */
  readonly resources: string;
  /** Starts an engine for this library. Throws `refused` where this installation must not open it. */
  startEngine(library: string): EngineProcess;
  /** Starts the engine's helpers without an engine. */
  readonly spawner: Spawner;
}

/** A stuck engine is killed after so long. */
export const END_GRACE_MS = 10_000;

/** The folder of the built processes, beside which this file was bundled. */
const builtFolder = resolve(import.meta.dirname, '..');

let current: Installation | null = null;

export function installation(): Installation {
  current ??= nodeInstallation(builtFolder);
  return current;
}

/** Makes the commands run on another installation than Node's. */
export function runOn(other: Installation): void {
  current = other;
}

/** The processes in a folder that was built, forked by this Node. */
export function nodeInstallation(dist: string): Installation {
  return {
    resources: resolve(dist, '../resources'),
    startEngine: () => forkEngine(join(dist, 'native/engine.js')),
    spawner: forkSpawner(join(dist, 'native')),
  };
}

function forkEngine(path: string): EngineProcess {
  const child = fork(path, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  return {
    pid: child.pid,
    channel: childChannel(child),
    // A message to an engine that is gone is lost; the requests say so.
    tell: (message) => void child.send(message, () => undefined),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.once('exit', listener),
    kill: () => void child.kill(),
    end: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      done();
      return;
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      done();
    });
    if (child.connected) child.disconnect();
  });
}
