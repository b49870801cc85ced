/** Finds the folder of shared real data; tests that need it are skipped with this reason where it is missing. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const sharedMissing = 'no shared data (set PRECEDENT_SHARED or put it at ../shared)';

/** The absolute path of the shared folder, or null where there is none. */
export function sharedDir(): string | null {
  const dir = resolve(process.env.PRECEDENT_SHARED ?? resolve(import.meta.dirname, '../../../shared'));
  return existsSync(resolve(dir, 'data')) ? dir : null;
}

/** The name of a test group that needs the shared data, with the reason where it is skipped. */
export function sharedGroup(name: string): string {
  return sharedDir() ? name : `${name} (skipped: ${sharedMissing})`;
}
