/** The store: the graph finds what the exact scan finds, falls back where it cannot, and never trusts a damaged file. */
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../native/random.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import { lesionKey } from '../support/vectors.ts';

const dim = 24;
const key = lesionKey(dim);

/** Whatever the size. */
const graphAlways = { graphFrom: 0, filteredExactly: 0 };

function rows(count: number): { id: string; vector: Float32Array }[] {
  const random = createRandom(3, 'rows');
  return Array.from({ length: count }, (_, i) => ({
    id: `lesion-${i}`,
    vector: Float32Array.from({ length: dim }, () => random.normal(0, 1)),
  }));
}

function query(stream: number): Float32Array {
  const random = createRandom(stream, 'query');
  return Float32Array.from({ length: dim }, () => random.normal(0, 1));
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('20,000 random embeddings', () => {
  const all = rows(20_000);
  const exact = VectorStore.build(key, all);
  const graph = VectorStore.build(key, all, graphAlways);
  beforeAll(() => graph.updateGraph(), 120_000);

  function recall(allowed?: Int32Array): number {
    let [same, total] = [0, 0];
    for (let q = 0; q < 100; q++) {
      const truth = new Map(exact.search(query(q), 10, allowed).map(({ id, score }) => [id, score]));
      const found = graph.search(query(q), 10, allowed);
      expect(found).toHaveLength(10);
      for (const { id, score } of found) {
        if (truth.has(id)) expect(score).toBe(truth.get(id));
        if (truth.has(id)) same++;
      }
      total += truth.size;
    }
    return same / total;
  }

  test('the graph finds at least 95% of the ten nearest, with the same scores', () => {
    expect(graph.indexed).toBe(true);
    expect(exact.indexed).toBe(false);
    expect(recall()).toBeGreaterThanOrEqual(0.95);
  });

  test('so it does under a filter, and every hit passes it', () => {
    const allowed = Int32Array.from({ length: 5000 }, (_, i) => i * 4 + 1);
    expect(recall(allowed)).toBeGreaterThanOrEqual(0.95);
    for (const { row } of graph.search(query(1), 50, allowed)) expect(row % 4).toBe(1);
  });

  test('a filter that leaves few rows, and a k that asks for all, are answered exactly', () => {
    const few = Int32Array.from({ length: 30 }, (_, i) => i * 600);
    expect(graph.search(query(2), 10, few)).toEqual(exact.search(query(2), 10, few));
    expect(graph.search(query(2), 20_000)).toEqual(exact.search(query(2), 20_000));
  });
});

test('where all that passes lies far from the query, the graph is not trusted', async () => {
  const random = createRandom(9, 'far');
  const near = query(0);
  const all = Array.from({ length: 12_000 }, (_, n) => ({
    id: `lesion-${n}`,
    // The last thousand lie on the other side.
    vector: near.map((value) => (n < 11_000 ? value : -value) + random.normal(0, 0.5)),
  }));
  const graph = VectorStore.build(key, all, graphAlways);
  await graph.updateGraph();
  const far = Int32Array.from({ length: 1000 }, (_, n) => 11_000 + n);
  expect(graph.indexed).toBe(true);
  expect(graph.search(near, 10, far)).toEqual(VectorStore.build(key, all).search(near, 10, far));
}, 60_000);

describe('a small graph', () => {
  const all = rows(300);

  async function indexed(): Promise<VectorStore> {
    const store = VectorStore.build(key, all, graphAlways);
    await store.updateGraph();
    return store;
  }

  let store: VectorStore;
  beforeAll(async () => {
    store = await indexed();
  });

  test('follows additions and removals', async () => {
    const changed = await indexed();
    changed.remove('lesion-7');
    expect(changed.search(all[7].vector, 300).map(({ id }) => id)).not.toContain('lesion-7');
    changed.append('new', all[7].vector);
    expect(changed.indexed).toBe(false);
    expect(changed.search(all[7].vector, 1)[0].id).toBe('new');
    await changed.updateGraph();
    expect(changed.indexed).toBe(true);
    const [best] = changed.search(all[7].vector, 1);
    expect(best.id).toBe('new');
    expect(best.score).toBeGreaterThan(0.999999);
  });

  test('is not built for fewer rows than it is meant for', async () => {
    const store = VectorStore.build(key, all);
    await store.updateGraph();
    expect(store.indexed).toBe(false);
  });

  test('stops building when told to, and the store answers exactly', async () => {
    const store = VectorStore.build(key, all, graphAlways);
    await store.updateGraph(AbortSignal.abort());
    expect(store.indexed).toBe(false);
    expect(store.search(query(1), 5)).toEqual(VectorStore.build(key, all).search(query(1), 5));
  });

  test.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['zero', 0],
  ])('refuses a query of %s values', async (_, value) => {
    expect(() => store.search(new Float32Array(dim).fill(value), 3)).toThrow('the query');
  });
  test('is saved and opened with the same hits, and leaves nothing else behind', async () => {
    const path = join(folder, 'sound', 'lesion');
    await mkdir(join(folder, 'sound'));
    await store.save(path, 'r1');
    expect((await readdir(join(folder, 'sound'))).sort()).toEqual([
      'lesion.graph',
      'lesion.graph.json',
      'lesion.matrix',
    ]);
    const opened = await VectorStore.open(path, key, 'r1', graphAlways);
    if (opened.state !== 'ready') throw new Error(opened.why);
    expect(opened.value.indexed).toBe(true);
    expect(opened.value.search(query(4), 10)).toEqual(store.search(query(4), 10));
    expect((await VectorStore.open(path, key, 'r2', graphAlways)).state).toBe('stale');
  });

  test('a damaged, shortened, missing or foreign graph file is left out and built again', async () => {
    const path = join(folder, 'lesion');
    await store.save(path, 'r1');
    const sound = new Map<string, Buffer>();
    for (const name of ['graph', 'graph.json']) sound.set(name, await readFile(`${path}.${name}`));
    const random = createRandom(5, 'damage');
    const openedWithout = async (what: string) => {
      const opened = await VectorStore.open(path, key, 'r1', graphAlways);
      if (opened.state !== 'ready') throw new Error(`${what}: ${opened.why}`);
      expect(opened.value.indexed, what).toBe(false);
      expect(opened.value.search(query(4), 10)).toHaveLength(10);
      return opened.value;
    };
    for (const [name, bytes] of sound) {
      const file = `${path}.${name}`;
      for (let i = 0; i < 100; i++) {
        const flipped = Buffer.from(bytes);
        const at = random.int(0, bytes.length - 1);
        flipped[at] ^= 1 << random.int(0, 7);
        await writeFile(file, flipped);
        await openedWithout(`${name} flipped at ${at}`);
      }
      for (let i = 0; i < 20; i++) {
        await writeFile(file, bytes);
        await truncate(file, random.int(0, bytes.length - 1));
        await openedWithout(`${name} shortened`);
      }
      await rm(file);
      await openedWithout(`${name} missing`);
      await writeFile(file, bytes);
    }
    const other = VectorStore.build(key, all.slice(0, 200), graphAlways);
    await other.updateGraph();
    await other.save(join(folder, 'other'), 'r1');
    for (const name of sound.keys())
      await writeFile(`${path}.${name}`, await readFile(join(folder, `other.${name}`)));
    const repaired = await openedWithout('the graph of another matrix');
    await repaired.updateGraph();
    expect(repaired.indexed).toBe(true);
  });

  test('a store with many removed rows is to be rebuilt', async () => {
    const path = join(folder, 'thinned');
    const thinned = VectorStore.build(key, all);
    for (const { id } of all.slice(0, 100)) thinned.remove(id);
    await thinned.save(path, 'r1');
    expect((await VectorStore.open(path, key, 'r1')).state).toBe('stale');
  });
});
