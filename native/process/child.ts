/** The frame of a process that serves one contract to the engine (inference, reader), forked by Node or by Electron. */
import type { Contract } from '../contract/rpc.ts';
import { forkParentChannel, isControl, portChannel, utilityParentPort } from './channels.ts';
import { type Handlers, serve } from './serve.ts';

/** Ctrl-C in a terminal reaches every process of the group; when to end is for the one that started this one to say. */
export function ignoreInterrupt(): void {
  process.on('SIGINT', () => undefined);
}

/** Serves `handlers` to whoever started this process, and ends with it. */
export function runChild<C extends Contract>(contract: C, handlers: Handlers<C>): void {
  ignoreInterrupt();
  const parentPort = utilityParentPort();
  if (parentPort) {
    parentPort.on('message', ({ data, ports }) => {
      const [port] = ports;
      if (!isControl(data) || !port) return;
      const channel = portChannel(port);
      channel.onClose(() => process.exit(0));
      serve(contract, channel, handlers);
    });
    return;
  }
  const channel = forkParentChannel();
  if (!channel) {
    process.stderr.write('This file is a part of Precedent that the application starts itself.\n');
    process.exit(2);
  }
  channel.onClose(() => process.exit(0));
  serve(contract, channel, handlers);
}
