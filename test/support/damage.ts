/** Damages files as disks, broken copies and careless hands do, by a seed. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Random } from '../../native/random.ts';

export const damages = ['flip', 'truncate', 'zero', 'delete'] as const;
export type Damage = (typeof damages)[number];

/** A bit flipped, the end cut off, a stretch of zeros, or the file gone; says what was done. The file changes for certain. */
export function damageFile(path: string, damage: Damage, random: Random): string {
  const bytes = readFileSync(path);
  const at = random.int(0, bytes.length - 1);
  switch (damage) {
    case 'flip':
      bytes[at] ^= 1 << random.int(0, 7);
      writeFileSync(path, bytes);
      return `bit flipped in byte ${at} of ${bytes.length}`;
    case 'truncate':
      truncateSync(path, at);
      return `${at} of ${bytes.length} bytes left`;
    case 'zero': {
      const end = Math.min(bytes.length, at + random.int(1, 4096));
      if (bytes.subarray(at, end).every((byte) => byte === 0)) bytes[at] = 0xff;
      else bytes.fill(0, at, end);
      writeFileSync(path, bytes);
      return `bytes ${at} to ${end} of ${bytes.length} zeroed`;
    }
    case 'delete':
      rmSync(path);
      return 'deleted';
  }
}
