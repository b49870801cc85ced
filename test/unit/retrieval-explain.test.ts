/** Explanations: intervals of shares, slices that match, differences beside those of other pairs, what is hidden when. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellBox, occluded, occlusionGrid } from '../../native/encoder/occlusion.ts';
import { compareMeasures } from '../../native/retrieval/compareMeasures.ts';
import { matchedByPlace, matchedByVectors } from '../../native/retrieval/matchedSlices.ts';
import { wilson } from '../../native/retrieval/wilson.ts';
import type { Grid } from '../../native/volume/volume.ts';

describe('the interval of a share', () => {
  test.each([
    // By SciPy's binomtest(…).proportion_ci(method='wilson').
    [0, 10, 0, 0.27753],
    [3, 10, 0.10779, 0.60322],
    [10, 10, 0.72247, 1],
    [50, 100, 0.40383, 0.59617],
  ])('%i of %i', (part, whole, lo, hi) => {
    const interval = wilson(part, whole);
    expect(interval.lo).toBeCloseTo(lo, 4);
    expect(interval.hi).toBeCloseTo(hi, 4);
  });
  test('holds the share, lies in 0…1, and narrows with more hits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), (whole, seed) => {
        const part = seed % (whole + 1);
        const { lo, hi } = wilson(part, whole);
        expect(lo).toBeGreaterThanOrEqual(0);
        expect(hi).toBeLessThanOrEqual(1);
        expect(lo).toBeLessThanOrEqual(part / whole + 1e-12);
        expect(hi).toBeGreaterThanOrEqual(part / whole - 1e-12);
        const more = wilson(4 * part, 4 * whole);
        expect(more.hi - more.lo).toBeLessThan(hi - lo);
      }),
    );
  });
  test('of nothing says nothing', () => expect(wilson(0, 0)).toEqual({ lo: 0, hi: 1 }));
});

describe('slices that match', () => {
  const slice = (k: number, ...values: number[]) => ({ slice: k, vector: Float32Array.from(values) });
  test('each slice of the query finds the nearest of the hit, the best pair first', () => {
    const pairs = matchedByVectors([slice(3, 1, 0), slice(4, 0.6, 0.8)], [slice(7, 0, 1), slice(9, 1, 0.1)]);
    expect(pairs.map(({ query, hit }) => [query, hit])).toEqual([[3, 9], [4, 7]]); // biome-ignore format: pairs
    expect(pairs[1].score).toBeCloseTo(0.8, 6);
  });
  test('a side without slices matches nothing', () => {
    expect(matchedByVectors([], [slice(1, 1)])).toEqual([]);
    expect(matchedByVectors([slice(1, 1)], [])).toEqual([]);
    expect(matchedByPlace([], [1, 2], false)).toEqual([]);
  });
  test('by place: the middle first, at equal parts of the way, turned where the other volume runs the other way', () => {
    expect(matchedByPlace([10, 11, 12], [20, 21, 22, 23, 24, 25], false)).toEqual([
      { query: 11, hit: 23 },
      { query: 10, hit: 21 },
      { query: 12, hit: 25 },
    ]);
    expect(matchedByPlace([10, 11, 12], [20, 21, 22], true)).toContainEqual({ query: 10, hit: 22 });
  });
});

describe('measurements side by side', () => {
  const sample = [10, 20, 40, 80].map((size, n) => ({
    patient: `p${n}`,
    facts: { size, kernel: n < 2 ? 'B30' : 'B70' },
  }));
  const size = { name: 'size', title: 'Size', unit: 'mm' };
  const kernel = { name: 'kernel', title: 'Kernel', unit: '' };

  test('a difference is placed among those of the pairs', () => {
    // Differences of the pairs: 10, 20, 30, 40, 60, 70.
    const [of35] = compareMeasures([size], { size: 0 }, { size: 35 }, sample);
    expect(of35).toMatchObject({ percentile: 3 / 6, large: false });
    const [of65] = compareMeasures([size], { size: 65 }, { size: 0 }, sample);
    expect(of65).toMatchObject({ percentile: 5 / 6, large: true });
  });
  test('sizes by their ratio', () => {
    const [row] = compareMeasures([{ ...size, ratio: true }], { size: 1 }, { size: 3 }, sample);
    expect(row.percentile).toBe(3 / 6);
  });
  test('words differ or do not', () => {
    const row = (hit: string) => compareMeasures([kernel], { kernel: 'B30' }, { kernel: hit }, sample)[0];
    expect(row('B30')).toMatchObject({ percentile: 0, large: false });
    expect(row('B70').percentile).toBe(2 / 6);
  });
  test('pairs of one patient do not count, unknown values have no percentile, unknown measures no row', () => {
    const same = sample.map(({ facts }) => ({ patient: 'p', facts }));
    expect(compareMeasures([size], { size: 1 }, { size: 2 }, same)[0].percentile).toBeUndefined();
    expect(compareMeasures([size], { size: 1 }, {}, sample)[0]).toMatchObject({
      query: 1,
      hit: undefined,
      large: false,
    });
    expect(compareMeasures([size], {}, {}, sample)).toEqual([]);
  });
});

describe('occlusion', () => {
  const dims = [40, 30, 12] as const;
  const grid: Grid = { dims, spacing: [1, 1, 3], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

  test('cells cover the slab around any region once, inside the volume', () => {
    const corner = (n: number) =>
      fc.tuple(fc.integer({ min: 0, max: n - 1 }), fc.integer({ min: 0, max: n - 1 }));
    fc.assert(
      fc.property(corner(dims[0]), corner(dims[1]), corner(dims[2]), (i, j, k) => {
        const low = [i, j, k].map((pair) => Math.min(...pair));
        const high = [i, j, k].map((pair) => Math.max(...pair));
        const cells = occlusionGrid(grid, [low[0], low[1], low[2], high[0], high[1], high[2]]);
        const { box, columns, rows } = cells;
        expect(columns * rows).toBeLessThanOrEqual(64);
        expect(box.slice(0, 3).every((value) => value >= 0)).toBe(true);
        expect(box.slice(3).every((value, axis) => value < dims[axis])).toBe(true);
        expect(box[0] <= low[0] && box[3] >= high[0] && box[1] <= low[1] && box[4] >= high[1]).toBe(true);
        const hidden = new Uint8Array(dims[0] * dims[1]);
        for (let n = 0; n < columns * rows; n++) {
          const cell = cellBox(cells, n);
          for (let y = cell[1]; y <= cell[4]; y++)
            for (let x = cell[0]; x <= cell[3]; x++) hidden[x + dims[0] * y]++;
        }
        for (let y = box[1]; y <= box[4]; y++)
          for (let x = box[0]; x <= box[3]; x++) expect(hidden[x + dims[0] * y]).toBe(1);
      }),
    );
  });

  test('the hidden voxels are the mean of what was read, all others as they were', () => {
    const voxels = Int16Array.from({ length: 4 * 3 * 2 }, (_, n) => n);
    const small = { ...grid, dims: [4, 3, 2] as const, voxels };
    const result = occluded(small, [10, 10, 5, 13, 12, 6], [12, 11, 5, 20, 11, 5]);
    const changed = [...result.voxels].flatMap((value, n) => (value === n ? [] : [n]));
    // Rows of four: voxels 2 and 3 of row 1 in the first slice.
    expect(changed).toEqual([6, 7]);
    expect(result.voxels[6]).toBe(Math.trunc(11.5));
    expect(voxels[6]).toBe(6);
  });
});
