/** The grey level dependence matrix (IBSI REK0): how many of 26 neighbours have a point's own level (coarseness 0). */
import type { Levels } from './levels.ts';
import { directions } from './neighbours.ts';
import { SizeCounter, type SizeMatrix } from './sizeMatrix.ts';

export function dependencesOf({ dims, levels, points }: Levels): SizeMatrix {
  const counter = new SizeCounter();
  const steps = directions(dims);
  const dependence = new Uint8Array(levels.length).fill(1);
  for (const at of points) {
    for (const step of steps) {
      if (levels[at + step] !== levels[at]) continue;
      dependence[at]++;
      dependence[at + step]++;
    }
  }
  for (const at of points) counter.add(levels[at], dependence[at]);
  return counter.matrix(points.length);
}
