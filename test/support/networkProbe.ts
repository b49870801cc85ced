/**
 * Loaded ahead of a process's own module (`--import`), in its threads too: tries every door to the network once that module is in
 * place, and writes what came of it. It is in place when the file `go` appears, or the process is about to end by itself.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { type Canary, tryDoors } from './networkDoors.ts';

const { PRECEDENT_PROBE: folder = '', PRECEDENT_CANARY: canary = '{}' } = process.env;
/** A process that is let through would ask a name server, which is no part of this machine. */
const leaveOut = process.env.PRECEDENT_PROBE_NAMES === 'no' ? /^dns/ : undefined;
let begun = false;

async function tryAll(): Promise<void> {
  if (begun) return;
  begun = true;
  clearInterval(timer);
  const outcomes = await tryDoors(JSON.parse(canary) as Canary, leaveOut);
  // Whoever waits for it must not find half of it.
  const path = join(folder, `${process.pid}-${threadId}`);
  writeFileSync(path, JSON.stringify(outcomes));
  renameSync(path, `${path}.json`);
}

const timer = setInterval(() => existsSync(join(folder, 'go')) && void tryAll(), 50);
timer.unref();
process.once('beforeExit', () => void tryAll());
