/** One engine per library: a lock file that names the owning process and is taken over when that process is gone. */
import { readFileSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { PrecedentError } from '../contract/errors.ts';

/** Takes the lock or throws `busy`. The returned function gives it back. */
export async function lockLibrary(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(
        JSON.stringify({ pid: process.pid, host: hostname(), started: startTime(process.pid) }),
      );
      await file.close();
      return () => unlink(path).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw PrecedentError.from(error);
      if (ownerLives(path)) {
        throw new PrecedentError(
          'busy',
          'the library is in use by another Precedent',
          undefined,
          'close it there first, or choose another library',
        );
      }
      await unlink(path).catch(() => undefined);
    }
  }
  throw new PrecedentError('busy', 'the library could not be locked', undefined, 'try again');
}

function ownerLives(path: string): boolean {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!owner || typeof owner !== 'object' || !('pid' in owner) || !('host' in owner)) return false;
    if (owner.host !== hostname()) return true;
    const pid = Number(owner.pid);
    process.kill(pid, 0);
    return !('started' in owner) || owner.started === startTime(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When the process began, in clock ticks since boot (Linux), so that a reused pid is not taken for the owner. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
