/** The flat matrix: exact against a plain computation for any rows, filters, ties and removals; damaged files are refused. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FlatMatrix } from '../../native/vectors/matrix.ts';
import { lesionKey } from '../support/vectors.ts';

const dim = 6;
const key = lesionKey(dim);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matrix-'));
});
afterAll(() => rm(folder, { recursive: true }));

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

// Small whole numbers make duplicates, and so ties, common.
const vector = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: dim, maxLength: dim })
  .filter((values) => values.some((value) => value !== 0));
const vectors = fc.array(vector, { maxLength: 60 });

function filled(rows: readonly (readonly number[])[]): FlatMatrix {
  // The ids are not in row order, so that ties by id and by row differ.
  return FlatMatrix.fromRows(
    key,
    rows.map((values, row) => ({ id: idOf(row), vector: values })),
  );
}

function idOf(row: number): string {
  return `l${(row * 37) % 101}`;
}

describe('exact search', () => {
  test('finds what a plain computation finds, whatever is allowed or removed', () => {
    fc.assert(
      fc.property(
        vectors,
        vector,
        fc.integer({ min: 1, max: 80 }),
        fc.option(fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), { nil: undefined }),
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        (rows, query, k, allow, gone) => {
          const matrix = filled(rows);
          for (const row of rows.keys()) if (gone[row]) expect(matrix.remove(idOf(row))).toBe(true);
          const allowed = allow && Int32Array.from([...rows.keys()].filter((row) => allow[row]));
          const scores = new Map<string, number>();
          for (const [row, values] of rows.entries()) {
            if (!gone[row] && (!allow || allow[row])) scores.set(idOf(row), cosine(values, query));
          }
          const found = matrix.search(query, k, allowed);
          const best = [...scores.values()].sort((a, b) => b - a).slice(0, k);
          expect(found).toHaveLength(best.length);
          for (const [i, hit] of found.entries()) {
            expect(hit.score).toBeCloseTo(best[i], 6);
            expect(hit.score).toBeCloseTo(scores.get(hit.id) ?? Number.NaN, 6);
            expect(matrix.idOf(hit.row)).toBe(hit.id);
            const next = found[i + 1];
            if (next)
              expect(hit.score > next.score || (hit.score === next.score && hit.id < next.id)).toBe(true);
          }
        },
      ),
    );
  });

  test('equal rows tie by id even where k cuts through them', () => {
    const matrix = FlatMatrix.fromRows(
      key,
      Array.from({ length: 500 }, (_, i) => ({
        id: `l${String((i * 7) % 500).padStart(3, '0')}`,
        vector: [3, 1, 2, 0, 0, 1],
      })),
    );
    const found = matrix.search([3, 1, 2, 0, 0, 1], 4);
    expect(found.map(({ id }) => id)).toEqual(['l000', 'l001', 'l002', 'l003']);
    expect(found[0].score).toBeCloseTo(1, 7);
  });

  test('dense, sparse and absent filters over many blocks agree with ranking everything', () => {
    const wide = { ...key, dim: 16_384 };
    const matrix = new FlatMatrix(wide);
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    };
    for (let row = 0; row < 200; row++)
      matrix.append(`l${row}`, Float32Array.from({ length: wide.dim }, next));
    expect(matrix.rows).toBeGreaterThan(3 * matrix.blockRows);
    const query = Float32Array.from({ length: wide.dim }, next);
    const everything = matrix.search(query, 200);
    for (const step of [1, 2, 5, 9, 40]) {
      const allowed = Int32Array.from({ length: Math.ceil(200 / step) }, (_, i) => i * step);
      const expected = everything.filter(({ row }) => row % step === 0).slice(0, 3);
      expect(matrix.search(query, 3, allowed)).toEqual(expected);
    }
    expect(matrix.search(query, 3)).toEqual(everything.slice(0, 3));
  });

  test('a query that shares its buffer with others is read from its own start', () => {
    const matrix = filled([
      [1, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0],
    ]);
    const buffer = Float32Array.from([1, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
    expect(matrix.search(buffer.subarray(6), 1)[0].row).toBe(1);
  });
});

describe('what is refused', () => {
  test.each([Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY])('k = %s', (k) => {
    expect(() => filled([[1, 2, 3, 4, 5, 6]]).search([1, 2, 3, 4, 5, 6], k)).toThrow('whole number');
  });

  test.each([
    ['not finite', [1, 2, 3, Number.NaN, 5, 6]],
    ['not finite', [1, 2, 3, Number.POSITIVE_INFINITY, 5, 6]],
    ['all zero', [0, 0, 0, 0, 0, 0]],
    ['5 values', [1, 2, 3, 4, 5]],
  ])('a vector that is or has %s', (reason, values) => {
    const matrix = filled([[1, 2, 3, 4, 5, 6]]);
    expect(() => matrix.append('bad', values)).toThrow(reason);
    expect(() => matrix.search(values, 1)).toThrow(reason);
    expect(matrix.rows).toBe(1);
  });

  test('an id twice, and allowed rows out of order or range', () => {
    const matrix = filled([
      [1, 2, 3, 4, 5, 6],
      [6, 5, 4, 3, 2, 1],
    ]);
    expect(() => matrix.append(idOf(0), [1, 1, 1, 1, 1, 1])).toThrow('already');
    for (const rows of [[1, 0], [0, 0], [-1], [2]]) {
      expect(() => matrix.search([1, 2, 3, 4, 5, 6], 1, Int32Array.from(rows))).toThrow('ascending');
    }
  });
});

test('a removed embedding is overwritten, and its id can come back', () => {
  const matrix = filled([[1, 2, 3, 4, 5, 6]]);
  expect(matrix.remove(idOf(0))).toBe(true);
  expect(matrix.remove(idOf(0))).toBe(false);
  expect([...matrix.vectorAt(0)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(matrix.size).toBe(0);
  expect(matrix.append(idOf(0), [1, 0, 0, 0, 0, 0])).toBe(1);
});

describe('the file', () => {
  const rows = [
    [1, 2, 3, 4, 5, 6],
    [6, 5, 4, 3, 2, 1],
    [1, 0, 0, 0, 0, 1],
  ];

  async function saved(): Promise<string> {
    const path = join(folder, 'lesion.matrix');
    const matrix = filled(rows);
    matrix.remove(idOf(1));
    await matrix.save(path, 'r1');
    return path;
  }

  test('comes back with the same rows, ids and gaps', async () => {
    const loaded = await FlatMatrix.load(await saved(), key, 'r1');
    if (loaded.state !== 'ready') throw new Error(loaded.why);
    const { matrix } = loaded.value;
    expect([matrix.rows, matrix.size, matrix.idOf(1)]).toEqual([3, 2, null]);
    const original = filled(rows);
    original.remove(idOf(1));
    expect(matrix.search([1, 1, 1, 1, 1, 1], 3)).toEqual(original.search([1, 1, 1, 1, 1, 1], 3));
  });

  test('of an empty matrix comes back empty', async () => {
    const path = join(folder, 'empty.matrix');
    await filled([]).save(path, 'r1');
    const loaded = await FlatMatrix.load(path, key, 'r1');
    expect(loaded.state === 'ready' && loaded.value.matrix.search([1, 1, 1, 1, 1, 1], 3)).toEqual([]);
  });

  test('is stale for another encoder, version, preprocessing, level, dimension or catalog state', async () => {
    const path = await saved();
    const others = [
      { ...key, dim: dim + 1 },
      { ...key, level: 'volume' },
      { ...key, encoder: { ...key.encoder, id: 'other' } },
      { ...key, encoder: { ...key.encoder, version: '2' } },
      { ...key, encoder: { ...key.encoder, preprocessing: 'abd' } },
    ];
    for (const other of others) expect((await FlatMatrix.load(path, other, 'r1')).state).toBe('stale');
    expect((await FlatMatrix.load(path, key, 'r2')).state).toBe('stale');
  });

  test('is missing where there is none', async () => {
    expect((await FlatMatrix.load(join(folder, 'none'), key, 'r1')).state).toBe('missing');
  });

  test('is refused with any single bit flipped and at any shorter length', async () => {
    const path = await saved();
    const bytes = await readFile(path);
    const damaged = join(folder, 'damaged.matrix');
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] ^= 1 << (at % 8);
      await writeFile(damaged, flipped);
      expect((await FlatMatrix.load(damaged, key, 'r1')).state, `byte ${at}`).toBe('damaged');
    }
    for (let length = 0; length < bytes.length; length += 3) {
      await writeFile(damaged, bytes.subarray(0, length));
      expect((await FlatMatrix.load(damaged, key, 'r1')).state, `length ${length}`).toBe('damaged');
    }
    await writeFile(damaged, Buffer.concat([bytes, Buffer.of(0)]));
    expect((await FlatMatrix.load(damaged, key, 'r1')).state).toBe('damaged');
  });

  test('is sound when a row is removed while it is written', async () => {
    const path = join(folder, 'busy.matrix');
    const matrix = filled(rows);
    const writing = matrix.save(path, 'r1');
    matrix.remove(idOf(0));
    await writing;
    expect((await FlatMatrix.load(path, key, 'r1')).state).toBe('ready');
  });
});
