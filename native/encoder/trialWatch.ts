/** Ends this process when a trial does not end: a call into a driver that hangs blocks the event loop and cannot be left otherwise. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Does the work, which has so many milliseconds. */
export type Watch = <T>(limitMs: number, work: () => Promise<T>) => Promise<T>;

/** A thread goes on when the main one is blocked. Its code is a string, so that it is found however this is bundled. */
const watcher = `
  const { workerData } = require('node:worker_threads');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), workerData);
`;

/** Kills this process when the work takes longer; whoever started it starts it again. */
export const watched: Watch = async (limitMs, work) => {
  const thread = new Worker(watcher, { eval: true, workerData: limitMs });
  await once(thread, 'online');
  try {
    return await work();
  } finally {
    await thread.terminate();
  }
};
