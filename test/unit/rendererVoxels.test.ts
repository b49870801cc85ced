/** Voxels in the window: what is asked for next, what a budget keeps, and what sharing and releasing mean. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { VolumeRow } from '../../native/contract/model.ts';
import { nextRange } from '../../renderer/viewer/streamOrder.ts';
import { VoxelStore } from '../../renderer/viewer/voxelStore.ts';
import { Voxels } from '../../renderer/viewer/voxels.ts';

afterEach(() => vi.unstubAllGlobals());

const side = 256;
const sliceBytes = side * side * 2;

function row(id: string, slices: number): VolumeRow {
  const grid = { dims: [side, side, slices], spacingMm: [1, 1, 1], originMm: [0, 0, 0] };
  // What voxels need of a row; the rest of it is text.
  return { id, dtype: 'int16', direction: [1, 0, 0, 0, 1, 0, 0, 0, 1], ...grid } as unknown as VolumeRow;
}

interface Asked {
  readonly first: number;
  readonly last: number;
  readonly answer: () => void;
  readonly fail: () => void;
}

/** Stands in for the shell: keeps requests until they are answered, or answers at once. Each voxel holds its slice's index. */
function stubShell() {
  const asked: Asked[] = [];
  let atOnce = false;
  vi.stubGlobal('fetch', (url: string, { signal }: { signal: AbortSignal }) => {
    const [first, last] = /slices=(\d+)-(\d+)$/.exec(url)?.slice(1).map(Number) ?? [0, 0];
    return new Promise<Response>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      const answer = () => {
        const voxels = new Int16Array((last - first + 1) * side * side);
        for (let k = first; k <= last; k++)
          voxels.fill(k, (k - first) * side * side, (k - first + 1) * side * side);
        resolve(new Response(voxels.buffer));
      };
      asked.push({ first, last, answer, fail: () => resolve(new Response('', { status: 500 })) });
      if (atOnce) answer();
    });
  });
  return {
    asked,
    /** Answers everything that is and will be asked for. */
    answerAll: () => {
      atOnce = true;
      for (const { answer } of asked) answer();
    },
  };
}

const complete = (voxels: Voxels) => vi.waitUntil(() => voxels.complete, { timeout: 10_000 });

describe('what is asked for next', () => {
  test('every slice once, and always the nearest missing one to the wanted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.integer({ min: -20, max: 250 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (count, wants, most) => {
          const asked = new Uint8Array(count);
          for (let n = 0; ; n++) {
            const wanted = wants[n % wants.length];
            const missing = [...asked.keys()].filter((k) => asked[k] === 0);
            const range = nextRange(asked, wanted, most);
            if (missing.length === 0) {
              expect(range).toBeNull();
              return;
            }
            const away = (k: number) => Math.abs(k - Math.min(count - 1, Math.max(0, wanted)));
            const taken = missing.filter((k) => range && k >= range.first && k <= range.last);
            expect(taken.length).toBe(range ? range.last - range.first + 1 : -1);
            expect(taken.length).toBeLessThanOrEqual(most);
            expect(Math.min(...taken.map(away))).toBe(Math.min(...missing.map(away)));
            for (const k of taken) asked[k] = 1;
          }
        },
      ),
    );
  });

  test('a range stays around the wanted slice', () => {
    expect(nextRange(new Uint8Array(100), 50, 5)).toEqual({ first: 48, last: 52 });
    expect(nextRange(new Uint8Array(100), 1, 5)).toEqual({ first: 0, last: 4 });
    expect(nextRange(new Uint8Array(0), 0, 5)).toBeNull();
  });
});

describe('streaming', () => {
  test('begins at the wanted slice, and hands on the values of each', async () => {
    const { asked, answerAll } = stubShell();
    const voxels = new Voxels(row('v', 200), null);
    voxels.use(100);
    expect(asked[0]).toMatchObject({ first: 99, last: 101 });
    expect(voxels.valueAt([3, 4, 100])).toBeNull();
    asked[0].answer();
    await vi.waitUntil(() => voxels.loaded[100] === 1);
    expect(voxels.complete).toBe(false);
    expect(voxels.valueAt([3, 4, 100])).toBe(100);
    answerAll();
    await complete(voxels);
    expect(voxels.valueAt([0, 0, 199])).toBe(199);
  });

  test('a slice that is scrolled to is asked for at once, beside what is under way', async () => {
    const { asked } = stubShell();
    const voxels = new Voxels(row('v', 1000), null);
    voxels.use(500);
    const before = asked.length;
    voxels.want(7);
    expect(asked.slice(before)).toMatchObject([{ first: 6, last: 8 }]);
    // Scrolled on meanwhile: only what is wanted in the end is asked for next.
    voxels.want(800);
    voxels.want(900);
    expect(asked.length).toBe(before + 1);
    asked[before].answer();
    await vi.waitUntil(() => asked.length > before + 1);
    expect(asked[before + 1]).toMatchObject({ first: 899, last: 901 });
    voxels.release();
  });

  test('what was released goes on where it stopped', async () => {
    const { asked, answerAll } = stubShell();
    const voxels = new Voxels(row('v', 200), null);
    voxels.use(100);
    asked[0].answer();
    await vi.waitUntil(() => voxels.loaded[100] === 1);
    voxels.release();
    expect(voxels.released).toBe(true);
    const before = asked.length;
    voxels.use(100);
    expect(voxels.valueAt([0, 0, 100])).toBe(100);
    answerAll();
    await complete(voxels);
    expect(asked.slice(before).every(({ first, last }) => last < 99 || first > 101)).toBe(true);
    expect(voxels.valueAt([0, 0, 0])).toBe(0);
  });

  test('slices that fail are said, and asked for again by the next who opens the volume', async () => {
    const { asked, answerAll } = stubShell();
    const voxels = new Voxels(row('v', 3), null);
    voxels.use(1);
    asked[0].fail();
    await vi.waitUntil(() => voxels.failure !== null);
    voxels.release();
    voxels.use(1);
    expect(voxels.failure).toBeNull();
    answerAll();
    await complete(voxels);
    expect(voxels.valueAt([0, 0, 2])).toBe(2);
  });
});

describe('the store', () => {
  /** Borrows a whole volume of ten slices and waits until all of it is here. */
  async function opened(store: VoxelStore, id: string): Promise<Voxels> {
    const voxels = store.borrow(row(id, 10), null, 0);
    await complete(voxels);
    return voxels;
  }

  test('lends one buffer to all who show the same part', () => {
    stubShell();
    const store = new VoxelStore();
    const one = store.borrow(row('a', 10), null, 0);
    expect(store.borrow(row('a', 10), null, 5)).toBe(one);
    const box = store.borrow(row('a', 10), [0, 0, 0, 9, 9, 9], 5);
    expect(box).not.toBe(one);
    store.giveBack(one);
    expect(one.released).toBe(false);
    store.giveBack(one);
    expect(one.released).toBe(true);
    store.giveBack(box);
  });

  test('keeps what is given back, and lends it again without asking for anything', async () => {
    const { asked, answerAll } = stubShell();
    answerAll();
    const store = new VoxelStore();
    const one = await opened(store, 'a');
    store.giveBack(one);
    expect(store.held).toEqual({ shown: 0, kept: 10 * sliceBytes });
    const before = asked.length;
    expect(store.borrow(row('a', 10), null, 3)).toBe(one);
    expect(asked.length).toBe(before);
    expect(store.held).toEqual({ shown: 10 * sliceBytes, kept: 0 });
  });

  test('beyond the budget the least recently used goes, its memory at once; what is in use never', async () => {
    stubShell().answerAll();
    const store = new VoxelStore();
    store.setBudget(35 * sliceBytes);
    const a = await opened(store, 'a');
    store.giveBack(a);
    const b = await opened(store, 'b');
    store.giveBack(b);
    // Looked at once more: now b is the one unused for longest.
    store.giveBack(await opened(store, 'a'));
    const c = await opened(store, 'c');
    expect(b.data.length).toBe(0);
    expect(b.valueAt([0, 0, 0])).toBeNull();
    expect(a.valueAt([0, 0, 9])).toBe(9);
    store.setBudget(0);
    expect(a.data.length).toBe(0);
    expect(c.valueAt([0, 0, 9])).toBe(9);
    store.giveBack(c);
    expect(store.held).toEqual({ shown: 0, kept: 0 });
  });

  test('copies are freed before the buffer, the last made first', async () => {
    stubShell().answerAll();
    const store = new VoxelStore();
    store.setBudget(0);
    const voxels = await opened(store, 'a');
    const freed: string[] = [];
    voxels.onRelease(() => freed.push(`cache ${voxels.data.length > 0}`));
    const takeBack = voxels.onRelease(() => freed.push('never'));
    voxels.onRelease(() => freed.push('pane'));
    takeBack();
    store.giveBack(voxels);
    expect(freed).toEqual(['pane', 'cache true']);
    expect(voxels.data.length).toBe(0);
  });
});
