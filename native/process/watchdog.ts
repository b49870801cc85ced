/**
 * Keeps a process that parses foreign files within its memory, and ends it with the one that started it.
 *
 * The work runs in a thread and the main thread stays free, not the other way round: whatever the work is stuck in, the
 * main thread measures, can still say over its channel why the process ends, and sees at once that the channel has closed.
 * A watching thread could do neither of the latter two under Electron, where the channel belongs to the main thread.
 */
import { isMainThread, type MessagePort, Worker } from 'node:worker_threads';
import { PrecedentError } from '../contract/errors.ts';
import { type Channel, clientMessage, type ServerMessage, serverMessage } from '../contract/rpc.ts';
import { safely } from '../contract/safely.ts';

const pollMs = 50;
/** A single measurement may fall into a peak that is over before anything could be done about it. */
const pollsOverLimit = 2;
/** For the last words to leave the process; the one that hears them kills it sooner. */
const lastWordsMs = 200;

let limit: number | null = null;

/** To be called before `runChild`: bounds the resident memory, in bytes, of the whole process. */
export function startWatchdog(maxRssBytes: number): void {
  limit = maxRssBytes;
}

/** The bound that `runChild` has to keep in this process, where one was set. */
export function memoryLimit(): number | null {
  return isMainThread ? limit : null;
}

/**
 * Runs this process's module a second time, in a thread, and carries messages between it and the channel. A process over
 * its limit answers what it works on with `limit` and kills itself; it also ends with the channel.
 */
export function superviseWork(channel: Channel, maxRssBytes: number): void {
  const maxMegabytes = Math.ceil(maxRssBytes / 2 ** 20);
  const worker = new Worker(process.argv[1], { resourceLimits: { maxOldGenerationSizeMb: maxMegabytes } });
  const running = new Set<number>();
  let ending = false;

  const endBecause = (reason: PrecedentError) => {
    if (ending) return;
    ending = true;
    clearInterval(poll);
    for (const id of running)
      channel.send({ type: 'error', id, error: reason.toData() } satisfies ServerMessage);
    void worker.terminate();
    setTimeout(endNow, lastWordsMs);
  };
  let over = 0;
  const poll = setInterval(() => {
    over = process.memoryUsage.rss() > maxRssBytes ? over + 1 : 0;
    if (over >= pollsOverLimit) endBecause(tooMuch(maxMegabytes));
  }, pollMs);

  channel.onClose(endNow);
  channel.onMessage((raw) => {
    const message = safely(clientMessage, raw).data;
    if (message?.type === 'request') running.add(message.id);
    worker.postMessage(raw);
  });
  worker.on('message', (raw) => {
    if (ending) return;
    const message = safely(serverMessage, raw).data;
    if (message?.type === 'result' || message?.type === 'error') running.delete(message.id);
    channel.send(raw);
  });
  worker.on('error', (error) => {
    const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    endBecause(isFull ? tooMuch(maxMegabytes) : died);
  });
  worker.on('exit', () => endBecause(died));
}

/** The channel of the thread that does the work. */
export function threadChannel(port: MessagePort): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', listener);
    },
    onClose: (listener) => {
      port.once('close', listener);
    },
    close: () => port.close(),
  };
}

/** An orderly exit would wait for a thread that is inside of a native call. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

function tooMuch(megabytes: number): PrecedentError {
  return new PrecedentError('limit', `reading needed more than ${megabytes} MB of memory`);
}

const died = new PrecedentError('interrupted', 'the reader stopped', undefined, 'try again');
