/** The two ways to start a process: forked by Node (command line, tests) or by Electron's main at the engine's request. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { Role, ToHost } from '../contract/host.ts';
import type { Channel } from '../contract/rpc.ts';
import { childChannel, type PortLike, portChannel } from './channels.ts';
import type { Spawner } from './managed.ts';

/** Forks `<folder>/<role>.js` with this Node; children end when this process does. */
export function forkSpawner(folder: string): Spawner {
  return { spawn: async (role: Role): Promise<Channel> => forkModule(join(folder, `${role}.js`)) };
}

/** Forks a module that calls `runChild`. Closing the channel kills it, whatever it is stuck in. */
export function forkModule(path: string): Channel {
  const child = fork(path, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  return { ...childChannel(child), close: () => void child.kill('SIGKILL') };
}

/** Asks Electron's main through the engine's parent port; `receive` is to be called with each `spawned` and `exited`. */
export function hostSpawner(parentPort: PortLike): Spawner & {
  receive(message: { control: 'spawned' | 'exited'; id: number }, port: PortLike | undefined): void;
} {
  let nextId = 1;
  const waiting = new Map<number, { resolve(channel: Channel): void; reject(error: PrecedentError): void }>();
  const exits = new Map<number, () => void>();
  return {
    spawn: (role) =>
      new Promise<Channel>((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        parentPort.postMessage({ control: 'spawn', id, role } satisfies ToHost);
      }),
    receive: ({ control, id }, port) => {
      if (control === 'exited') {
        waiting.get(id)?.reject(new PrecedentError('interrupted', 'the process ended before it was ready'));
        waiting.delete(id);
        exits.get(id)?.();
        exits.delete(id);
        return;
      }
      const waiter = waiting.get(id);
      waiting.delete(id);
      if (!waiter || !port) return;
      const channel = portChannel(port);
      waiter.resolve({
        ...channel,
        onClose: (listener) => {
          let told = false;
          const tell = () => {
            if (!told) listener();
            told = true;
          };
          const before = exits.get(id);
          exits.set(id, () => {
            before?.();
            tell();
          });
          channel.onClose(tell);
        },
        close: () => {
          channel.close();
          parentPort.postMessage({ control: 'kill', id } satisfies ToHost);
        },
      });
    },
  };
}
