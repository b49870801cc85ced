/** Memory of a process with all that it started, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ids of a process and of all that descend from it. */
function tree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      // The name before the last bracket may hold anything.
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** Bytes of physical memory that the processes hold; what several share is counted once, in equal parts (PSS). */
export function memoryOfTree(root: number): number {
  let kiB = 0;
  for (const pid of tree(root)) {
    try {
      kiB += Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return kiB * 1024;
}
