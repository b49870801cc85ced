/** Ending the processes that Electron starts: also one that has ended already, and one that has yet to start. */
import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { type Modules, startProcess, stopProcess } from '../../electron/children.ts';

/** As Electron's: without a pid before it starts and after it ended, and it cannot be told to end then. */
class Child extends EventEmitter {
  pid: number | undefined;
  start(): void {
    this.pid = 1;
    this.emit('spawn');
  }
  kill(): boolean {
    if (this.pid === undefined) return false;
    this.end();
    return true;
  }
  end(): void {
    this.pid = undefined;
    this.emit('exit', 0);
  }
}

vi.mock('electron', () => ({ MessageChannelMain: class {}, utilityProcess: { fork: () => new Child() } }));

const modules: Modules = { engine: 'engine.js', inference: 'inference.js', reader: 'reader.js' };

function started(): { process: ReturnType<typeof startProcess>; child: Child } {
  const process = startProcess(modules, 'engine');
  return { process, child: process as unknown as Child };
}

test('a process that runs, has yet to start or ended already is stopped', async () => {
  const running = started();
  running.child.start();
  await stopProcess(running.process);
  // The command asks so after its engine was killed.
  await stopProcess(running.process);
  const coming = started();
  const stopped = stopProcess(coming.process);
  coming.child.start();
  await stopped;
  expect([running.child.pid, coming.child.pid]).toEqual([undefined, undefined]);
});
