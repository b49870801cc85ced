/** Channels over what the platform offers: a forked Node process, Electron's ports, and the parent of this process. */
import type { ChildProcess } from 'node:child_process';
import type { Channel } from '../contract/rpc.ts';

/** The part of Electron's MessagePortMain that is used here; native code does not import Electron. */
export interface PortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: PortLike[] }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start?(): void;
  close?(): void;
}

/** A channel over a port; messages that carry `control` belong to the host and are left out. */
export function portChannel(port: PortLike): Channel {
  let closed = false;
  return {
    send: (message) => {
      if (!closed) port.postMessage(message);
    },
    onMessage: (listener) => {
      port.on('message', ({ data }) => {
        if (!isControl(data)) listener(data);
      });
      port.start?.();
    },
    onClose: (listener) => {
      port.on('close', () => {
        closed = true;
        listener();
      });
    },
    close: () => {
      closed = true;
      port.close?.();
    },
  };
}

/** A channel to a forked child (needs `serialization: 'advanced'`); it closes when the child is gone. */
export function childChannel(child: ChildProcess): Channel {
  return {
    send: (message) => {
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => {
      child.on('message', (message) => {
        if (!isControl(message)) listener(message);
      });
    },
    onClose: (listener) => {
      let told = false;
      const tell = () => {
        if (!told) listener();
        told = true;
      };
      child.once('exit', tell);
      child.once('error', tell);
      child.once('disconnect', tell);
    },
    close: () => {
      child.kill();
    },
  };
}

/** The channel to the Node process that forked this one, or null when there is none. */
export function forkParentChannel(): Channel | null {
  if (!process.send) return null;
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, {}, () => undefined);
    },
    onMessage: (listener) => {
      process.on('message', (message) => {
        if (!isControl(message)) listener(message);
      });
    },
    onClose: (listener) => {
      process.once('disconnect', listener);
    },
    close: () => process.disconnect(),
  };
}

/** Electron's port to main inside a utility process, or null elsewhere. */
export function utilityParentPort(): PortLike | null {
  return 'parentPort' in process ? (process.parentPort as unknown as PortLike | null) : null;
}

/** Host messages carry `control` instead of `type`. */
export function isControl(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'control' in message;
}
