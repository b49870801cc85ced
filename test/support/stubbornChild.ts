/** A process of the pool that does what hostile files make a reader do. */
import { runChild } from '../../native/process/child.ts';
import { startWatchdog } from '../../native/process/watchdog.ts';
import { stubbornContract } from './stubbornContract.ts';

function spin(): never {
  for (;;);
}

// Small, so that reaching it costs little; an idle process has about a third of it.
startWatchdog(256 * 2 ** 20);
runChild(stubbornContract, {
  pid: () => process.pid,
  spin,
  spinAt: async ({ path }, { progress }) => {
    progress({ path });
    spin();
  },
  allocate: ({ what }) => {
    const kept: unknown[] = [];
    for (;;) kept.push(what === 'bytes' ? new Uint8Array(2 ** 20).fill(1) : { n: Math.random() });
  },
  exit: () => process.kill(process.pid, 'SIGKILL') && null,
  steps: async ({ steps, everyMs }, { progress }) => {
    for (let step = 1; step <= steps; step++) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      progress({ step });
    }
    return steps;
  },
  echo: ({ bytes }) => bytes,
});
