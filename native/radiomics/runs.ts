/** The run length matrix (IBSI TP0I): one over all 13 directions (IAZD). */
import type { Levels } from './levels.ts';
import { directions } from './neighbours.ts';
import { SizeCounter, type SizeMatrix } from './sizeMatrix.ts';

export function runsOf({ dims, levels, points }: Levels): SizeMatrix {
  const counter = new SizeCounter();
  const steps = directions(dims);
  for (const step of steps) {
    for (const first of points) {
      const level = levels[first];
      if (levels[first - step] === level) continue;
      let length = 1;
      for (let at = first + step; levels[at] === level; at += step) length++;
      counter.add(level, length);
    }
  }
  return counter.matrix(points.length * steps.length);
}
