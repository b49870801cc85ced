/** How hits are ordered, grouped, pinned and hidden. */
import { beforeAll, expect, test, vi } from 'vitest';
import type { Hit } from '../../native/contract/model.ts';

let results: typeof import('../../renderer/query/results.ts');
const kept = new Map<string, string>();

beforeAll(async () => {
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  results = await import('../../renderer/query/results.ts');
});

function hit(rank: number, diameterMm: number, labels: Record<string, string>, diagnosis?: string): Hit {
  return {
    rank, score: 1 / rank, lesion: `l${rank}`, patient: `p${rank}`, volume: 'v', name: 'n', labels,
    diagnosis: diagnosis === undefined ? undefined : { diagnosis, proof: 'histology' },
    volumeMl: 1, diameterMm, meanHu: 0, centerMm: [0, 0, 0], boxIjk: [0, 0, 0, 1, 1, 1], lossy: false, interpolated: false,
  }; // biome-ignore format: one record
}
const hits = [
  hit(1, 10, { organ: 'lung' }, 'hamartoma'),
  hit(2, 30, { organ: 'liver' }),
  hit(3, 20, { organ: 'lung' }, 'adenocarcinoma'),
  hit(4, 20, {}),
];
const plain = { order: 'rank', group: null, pinned: [], hidden: [] } as const;
const names = (of: Parameters<typeof results.arrange>[1], among: readonly Hit[] = hits) =>
  results.shownHits(results.arrange(among, of)).map((shown) => shown.hit.lesion);

test('by rank, by size and by diagnosis; equal ones by rank, unknown ones last', () => {
  expect(names(plain)).toEqual(['l1', 'l2', 'l3', 'l4']);
  expect(names({ ...plain, order: 'size' })).toEqual(['l2', 'l3', 'l4', 'l1']);
  expect(names({ ...plain, order: 'diagnosis' })).toEqual(['l3', 'l1', 'l2', 'l4']);
  expect(hits.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
});

test('groups come in the order of their first hits, those without the label under their own title', () => {
  const groups = results.arrange(hits, { ...plain, group: 'organ' });
  expect(groups.map(({ title, hits: own }) => [title, own.map(({ hit: { rank } }) => rank)])).toEqual([
    ['lung', [1, 3]],
    ['liver', [2]],
    ['no organ', [4]],
  ]);
});

test('pinned hits stay first; one that the search did not find keeps nothing of its rank', () => {
  const old = { ...hits[2], rank: 9, score: 0.1 };
  const foreign = { ...hit(7, 5, {}), lesion: 'foreign', patient: 'other' };
  const [{ hits: shown }] = results.arrange(hits, { ...plain, order: 'size', pinned: [old, foreign] });
  expect(shown.map((one) => [one.hit.lesion, one.pinned, one.found])).toEqual([
    ['l3', true, true],
    ['foreign', true, false],
    ['l2', false, true],
    ['l4', false, true],
    ['l1', false, true],
  ]);
  // Its rank is that of this search.
  expect(shown[0].hit.rank).toBe(3);
  const [first] = results.arrange(hits, { ...plain, group: 'organ', pinned: [old] });
  expect(first.title).toBe('Pinned');
});

test('a hidden patient is not shown, pinned or not', () => {
  expect(names({ ...plain, pinned: [hits[1]], hidden: ['p2', 'p4'] })).toEqual(['l1', 'l3']);
});

test('pinning again lets go, and the layout is remembered', () => {
  const { useResults, togglePin, toggleLayout } = results;
  togglePin(hits[0]);
  togglePin(hits[1]);
  togglePin(hits[0]);
  expect(useResults.getState().pinned).toEqual([hits[1]]);
  toggleLayout();
  expect(useResults.getState().layout).toBe('grid');
  expect([...kept.values()]).toEqual(['grid']);
  toggleLayout();
  expect([...kept.values()]).toEqual(['strip']);
});
