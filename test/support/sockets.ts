/** Which sockets the processes of a tree listen on (Linux, proc(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf } from './precedent.ts';

export interface Listening {
  readonly pid: number;
  readonly protocol: string;
  /** As the kernel writes it: address and port in hexadecimal. */
  readonly address: string;
}

const listenState = '0A';
/** A UDP socket listens from when it has a port; one that is connected hears its peer alone. */
const anyPeer = /^0+:0000$/;

/** A process and everything that it has started, by whichever of its threads. */
export function processTree(pid: number): number[] {
  const childrenOf = Map.groupBy(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
    (name) => parentOf(name),
  );
  const below = (one: number): number[] => [
    one,
    ...(childrenOf.get(one) ?? []).flatMap((name) => below(Number(name))),
  ];
  return below(pid);
}

/** 0 for one that has ended meanwhile. */
function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The command line of a process; empty where it has ended. */
export function commandSafely(pid: number): string {
  try {
    return commandOf(pid);
  } catch {
    return '';
  }
}

export function listeningSockets(pids: readonly number[]): Listening[] {
  const open = new Map<string, { protocol: string; address: string }>();
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const line of readFileSync(`/proc/net/${protocol}`, 'utf8').split('\n').slice(1)) {
      const [, address, peer, state, , , , , , inode] = line.trim().split(/\s+/);
      if (inode === undefined) continue;
      const listens = protocol.startsWith('tcp') ? state === listenState : anyPeer.test(peer);
      if (listens) open.set(inode, { protocol, address });
    }
  }
  return pids.flatMap((pid) =>
    socketsOf(pid).flatMap((inode) => {
      const found = open.get(inode);
      return found ? [{ pid, ...found }] : [];
    }),
  );
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSafely(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // it has ended meanwhile
  }
}

function readlinkSafely(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
