/** The frame of a process that serves one contract to the engine (inference, reader), forked by Node or by Electron. */
import { parentPort as threadPort } from 'node:worker_threads';
import type { Channel, Contract } from '../contract/rpc.ts';
import { forkParentChannel, isControl, portChannel, utilityParentPort } from './channels.ts';
import { type Handlers, type Server, serve } from './serve.ts';
import { memoryLimit, superviseWork, threadChannel } from './watchdog.ts';

/** Ctrl-C in a terminal reaches every process of the group; when to end is for the one that started this one to say. */
export function ignoreInterrupt(): void {
  process.on('SIGINT', () => undefined);
}

/**
 * Serves `handlers` to whoever started this process, and ends with it; after `startWatchdog` in a thread, which the main
 * thread keeps within its memory. `onServing` gets what events are sent with.
 */
export function runChild<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  onServing: (server: Server<C>) => void = () => undefined,
): void {
  if (threadPort) {
    onServing(serve(contract, threadChannel(threadPort), handlers));
    return;
  }
  ignoreInterrupt();
  const start = (channel: Channel) => {
    const maxRssBytes = memoryLimit();
    if (maxRssBytes !== null) {
      superviseWork(channel, maxRssBytes);
      return;
    }
    channel.onClose(() => process.exit(0));
    onServing(serve(contract, channel, handlers));
  };
  const hostPort = utilityParentPort();
  if (hostPort) {
    hostPort.on('message', ({ data, ports }) => {
      const [port] = ports;
      if (isControl(data) && port) start(portChannel(port));
    });
    return;
  }
  const channel = forkParentChannel();
  if (!channel) {
    process.stderr.write('This file is a part of Precedent that the application starts itself.\n');
    process.exit(2);
  }
  start(channel);
}
