/**
 * One engine per library. Whoever wants it puts down a claim, a file of its own that names its process, and has the library
 * once no other claim of a living process lies there. Each claims before it looks, so that of two at least one sees the
 * other; a claim that was left behind is removed by its own name, so that nobody can remove a newer one by mistake.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PrecedentError } from '../contract/errors.ts';
import { listFolder, readFileBytes, removeFile, writeFileAtomic } from './files.ts';

/** Of several that ask at once the first by name waits this often for the others to withdraw. */
const looks = 10;
const betweenLooksMs = 50;

/** Claims the library by a file `<path>.<random>`, or throws `busy`. The returned function withdraws the claim. */
export async function lockLibrary(path: string): Promise<() => Promise<void>> {
  const claim = `${path}.${randomUUID()}`;
  const release = () => removeFile(claim).catch(() => undefined);
  try {
    await writeClaim(claim);
    for (let look = 1; ; look++) {
      const others = await livingClaims(path, claim);
      if (others.length === 0) return release;
      const first = others.every(({ name }) => basename(claim) < name);
      if (!first || look === looks) throw busy(others[0].owner);
      await delay(betweenLooksMs);
    }
  } catch (error) {
    await release();
    throw PrecedentError.from(error);
  }
}

/** Renamed into place as a whole: nobody ever reads a claim that does not say yet whose it is. */
async function writeClaim(claim: string): Promise<void> {
  const owner: Owner = { pid: process.pid, host: hostname(), started: startTime(process.pid) };
  await writeFileAtomic(claim, Buffer.from(JSON.stringify(owner)));
}

/** The claims of other living processes; those of dead ones are removed. */
async function livingClaims(path: string, mine: string): Promise<{ name: string; owner: Owner }[]> {
  const found: { name: string; owner: Owner }[] = [];
  for (const name of await listFolder(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || name.endsWith('.tmp') || name === basename(mine)) continue;
    const claim = join(dirname(path), name);
    const text = await readFileBytes(claim).then(
      (bytes) => Buffer.from(bytes).toString('utf8'),
      () => '',
    );
    const owner = ownerOf(text);
    if (owner && (owner.host !== hostname() || lives(owner))) found.push({ name, owner });
    else await removeFile(claim).catch(() => undefined);
  }
  return found;
}

function busy({ host }: Owner): PrecedentError {
  const here = host === hostname();
  return new PrecedentError(
    'busy',
    here ? 'the library is in use by another Precedent' : 'the library is in use on another computer',
    undefined,
    here
      ? 'close it there first, or choose another library'
      : 'close it there first; if that one has crashed, delete the files "lock.…" in the library folder',
  );
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly started: unknown;
}

/** Whose claim it is; none of a damaged one. */
function ownerOf(lock: string): Owner | null {
  try {
    const { pid, host, started } = JSON.parse(lock);
    return Number.isInteger(pid) && typeof host === 'string' ? { pid, host, started } : null;
  } catch {
    return null;
  }
}

function lives({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
    return started === undefined || started === startTime(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When the process began, in clock ticks since boot (Linux), so that a reused pid is not taken for the owner. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not taken note yet.
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
