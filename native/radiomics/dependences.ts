/** The grey level dependence matrix (IBSI REK0): how many of 26 neighbours have a point's own level (coarseness 0). */
import type { Levels } from './levels.ts';
import { neighbours } from './neighbours.ts';
import { SizeCounter, type SizeMatrix } from './sizeMatrix.ts';

export function dependencesOf({ dims, levels, points }: Levels): SizeMatrix {
  const counter = new SizeCounter();
  const steps = neighbours(dims);
  for (const at of points) {
    let dependence = 1;
    for (const step of steps) if (levels[at + step] === levels[at]) dependence++;
    counter.add(levels[at], dependence);
  }
  return counter.matrix(points.length);
}
