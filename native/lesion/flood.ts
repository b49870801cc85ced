/** Walks over the voxels that hang together by their faces. */

/**
 * Gives every voxel of value `from` that hangs together with `seed` by faces the value `to`, the seed first. `queue` is as
 * long as `values`; returns how many voxels it holds afterwards, in the order in which they were reached.
 */
export function floodFaces(
  values: Uint8Array,
  [ni, nj, nk]: readonly [number, number, number],
  seed: number,
  [from, to]: readonly [number, number],
  queue: Int32Array,
): number {
  values[seed] = to;
  queue[0] = seed;
  let [head, tail] = [0, 1];
  const visit = (v: number) => {
    if (values[v] !== from) return;
    values[v] = to;
    queue[tail++] = v;
  };
  while (head < tail) {
    const v = queue[head++];
    const i = v % ni;
    const j = Math.floor(v / ni) % nj;
    const k = Math.floor(v / (ni * nj));
    if (i > 0) visit(v - 1);
    if (i < ni - 1) visit(v + 1);
    if (j > 0) visit(v - ni);
    if (j < nj - 1) visit(v + ni);
    if (k > 0) visit(v - ni * nj);
    if (k < nk - 1) visit(v + ni * nj);
  }
  return tail;
}
