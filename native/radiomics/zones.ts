/** Zones of points of one grey level joined by any of 26 neighbours, by size (IBSI 9SAK) and by distance to the border (VMDZ). */
import type { Levels } from './levels.ts';
import { faceNeighbours, neighbours } from './neighbours.ts';
import { SizeCounter, type SizeMatrix } from './sizeMatrix.ts';

/** `shape` is the morphological mask: a zone's distance is that of its point nearest to the mask's border, 1 at the border. */
export function zonesOf(
  { dims, levels, points }: Levels,
  shape: Uint8Array,
): { zones: SizeMatrix; distances: SizeMatrix } {
  const depth = depthsOf(shape, faceNeighbours(dims));
  const [bySize, byDistance] = [new SizeCounter(), new SizeCounter()];
  const steps = neighbours(dims);
  const reached = new Uint8Array(levels.length);
  const stack = new Int32Array(points.length);
  for (const first of points) {
    if (reached[first]) continue;
    const level = levels[first];
    reached[first] = 1;
    stack[0] = first;
    let [waiting, size, distance] = [1, 0, Number.POSITIVE_INFINITY];
    while (waiting > 0) {
      const at = stack[--waiting];
      size++;
      if (depth[at] < distance) distance = depth[at];
      for (const step of steps) {
        if (levels[at + step] !== level || reached[at + step]) continue;
        reached[at + step] = 1;
        stack[waiting++] = at + step;
      }
    }
    bySize.add(level, size);
    byDistance.add(level, distance);
  }
  return { zones: bySize.matrix(points.length), distances: byDistance.matrix(points.length) };
}

/** Of each member the number of steps over faces that lead out of the mask, in two passes. */
function depthsOf(shape: Uint8Array, steps: readonly number[]): Int32Array {
  const depth = new Int32Array(shape.length);
  const [forward, backward] = [steps.filter((s) => s < 0), steps.filter((s) => s > 0)];
  for (let at = 0; at < shape.length; at++) {
    if (!shape[at]) continue;
    let least = shape.length;
    for (const step of forward) if (depth[at + step] < least) least = depth[at + step];
    depth[at] = least + 1;
  }
  for (let at = shape.length - 1; at >= 0; at--) {
    if (!shape[at]) continue;
    for (const step of backward) if (depth[at + step] + 1 < depth[at]) depth[at] = depth[at + step] + 1;
  }
  return depth;
}
