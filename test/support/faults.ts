/** Lets the operations of the files layer fail, the nth of a kind or all from there on, as disks do. */
import type { FileHandle } from 'node:fs/promises';
import { operations } from '../../native/files/files.ts';

export interface Fault {
  /** Its code, or `short` for a write that takes half of what it is given. */
  readonly code: string;
  /** What it strikes: every call, those that change something, or those that write or sync a file. */
  readonly strikes: (call: string) => boolean;
  /** A full disk stays full. */
  readonly stays: boolean;
}

const changing = new Set(['create', 'write', 'mkdir', 'rename']);
const any = () => true;

/** One after the other what a disk may say to a call. */
export const faults: readonly Fault[] = [
  { code: 'EIO', strikes: any, stays: false },
  { code: 'EACCES', strikes: any, stays: false },
  {
    code: 'EMFILE',
    strikes: (call) => call === 'create' || call === 'open' || call === 'readFile',
    stays: false,
  },
  { code: 'ENOSPC', strikes: (call) => changing.has(call) || call === 'sync', stays: true },
  { code: 'EROFS', strikes: (call) => changing.has(call) || call === 'unlink' || call === 'rm', stays: true },
  { code: 'EBUSY', strikes: (call) => /^(create|open|rename|unlink|rm)$/.test(call), stays: true },
  { code: 'short', strikes: (call) => call === 'write', stays: true },
];

export interface Injected {
  /** How many calls were made. */
  readonly calls: () => number;
  /** Whether the fault struck. */
  readonly struck: () => boolean;
  readonly stop: () => void;
}

/** From now on the call with this number, counted from 0, fails; where the fault stays, so do those after it. */
export function injectFault(at: number, { code, strikes, stays }: Fault): Injected {
  const real = { ...operations };
  let calls = 0;
  let struck = false;
  const isHit = (call: string): boolean => {
    const number = calls++;
    const hit = strikes(call) && (stays ? number >= at : number === at);
    struck ||= hit;
    return hit;
  };
  const fail = (call: string) => {
    throw Object.assign(new Error(`${code}: injected, ${call} '/home/CANARY'`), { code, syscall: call });
  };
  const strike = (call: string) => {
    if (isHit(call) && code !== 'short') fail(call);
  };
  const faulty =
    <A extends unknown[], R>(call: string, step: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      strike(call);
      return step(...args);
    };
  operations.open = async (...args) => {
    strike(args[1] === 'w' || args[1] === 'wx' ? 'create' : 'open');
    const file = await real.open(...args);
    const write = file.write.bind(file) as (b: Uint8Array, o: number, l: number) => Promise<unknown>;
    const sync = file.sync.bind(file);
    return Object.assign(file, {
      write: async (bytes: Uint8Array, offset: number, length: number) => {
        const hit = isHit('write');
        if (hit && code !== 'short') fail('write');
        return write(bytes, offset, hit ? Math.ceil(length / 2) : length);
      },
      sync: async () => {
        strike('sync');
        await sync();
      },
    }) as FileHandle;
  };
  operations.rename = faulty('rename', real.rename);
  operations.unlink = faulty('unlink', real.unlink);
  operations.rm = faulty('rm', real.rm);
  operations.mkdir = faulty('mkdir', real.mkdir as (path: string) => Promise<undefined>) as typeof real.mkdir;
  operations.readdir = faulty(
    'readdir',
    real.readdir as (path: string) => Promise<string[]>,
  ) as typeof real.readdir;
  operations.readFile = faulty(
    'readFile',
    real.readFile as (path: string) => Promise<Buffer>,
  ) as typeof real.readFile;
  operations.stat = faulty('stat', real.stat as (path: string) => Promise<never>) as typeof real.stat;
  operations.wait = async () => undefined;
  return {
    calls: () => calls,
    struck: () => struck,
    stop: () => void Object.assign(operations, real),
  };
}
