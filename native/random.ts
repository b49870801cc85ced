/** Seeded random numbers for phantoms, bootstraps and tests: the same seed gives the same draws everywhere. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [lo, hi). */
  range(lo: number, hi: number): number;
  /** Uniform integer in [lo, hi], both ends included. */
  int(lo: number, hi: number): number;
  /** Normal with the given mean and standard deviation. */
  normal(mean: number, sd: number): number;
  pick<T>(items: readonly T[]): T;
  /** One of the items, drawn in proportion to its `weight`. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T;
  /** The same items in random order, in a new array. */
  shuffle<T>(items: readonly T[]): T[];
}

/** A generator for one named part (`seed` and `stream`), so that adding draws to one part leaves the others alone. */
export function createRandom(seed: number, stream: string): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let n = 0; n < stream.length; n++) state = Math.imul(state ^ stream.charCodeAt(n), 0x01000193) >>> 0;
  // mulberry32 (T. Ettinger, public domain): 32 bits of state are ample for a few thousand draws per stream.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let n = 0; n < 4; n++) next();
  const range = (lo: number, hi: number): number => lo + (hi - lo) * next();
  const int = (lo: number, hi: number): number => lo + Math.floor((hi - lo + 1) * next());
  return {
    next,
    range,
    int,
    normal: (mean, sd) => mean + sd * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (items) => items[int(0, items.length - 1)],
    weighted: (items) => {
      let left = next() * items.reduce((sum, item) => sum + item.weight, 0);
      for (const item of items) {
        left -= item.weight;
        if (left < 0) return item;
      }
      return items[items.length - 1];
    },
    shuffle: (items) => {
      const out = [...items];
      for (let n = out.length - 1; n > 0; n--) {
        const m = int(0, n);
        [out[n], out[m]] = [out[m], out[n]];
      }
      return out;
    },
  };
}
