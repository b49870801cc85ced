/** Which hits stand beside the query, how large each is shown, and what agrees in the table. */
import { describe, expect, test } from 'vitest';
import type { Hit } from '../../native/contract/model.ts';
import {
  activeHit,
  type Comparison,
  fitted,
  idsOf,
  opened,
  restored,
  stepped,
  takenOut,
  toggled,
} from '../../renderer/compare/comparison.ts';
import { layoutFor, shapeOf } from '../../renderer/compare/layouts.ts';
import { commonFieldMm, fieldOf, movedTo, panMmOf, type Zoom } from '../../renderer/compare/scale.ts';
import { type Known, tableRows } from '../../renderer/compare/tableRows.ts';

function hit(rank: number): Hit {
  return {
    rank, score: 1 / rank, lesion: `l${rank}`, patient: `p${rank}`, volume: 'v', name: 'n', labels: {},
    volumeMl: 1, diameterMm: 10, meanHu: 0, centerMm: [0, 0, 0], boxIjk: [0, 0, 0, 1, 1, 1], lossy: false, interpolated: false,
  }; // biome-ignore format: one record
}
const found = Array.from({ length: 7 }, (_, n) => hit(n + 1));
const ranks = (comparison: Comparison | null) => comparison?.hits.map(({ rank }) => rank);
const open = (rank: number, room: number, before: Comparison | null = null) =>
  opened(before, found[rank - 1], found, room);

describe('the hits beside the query', () => {
  test('a hit opens with those after it, and the last page is full', () => {
    expect(ranks(open(1, 1))).toEqual([1]);
    expect(ranks(open(2, 3))).toEqual([2, 3, 4]);
    const last = open(7, 3);
    expect(ranks(last)).toEqual([5, 6, 7]);
    expect(activeHit(last).rank).toBe(7);
    expect(ranks(opened(null, { ...hit(1), lesion: 'elsewhere' }, found, 3))).toEqual([1]);
  });

  test('one that stands there already becomes the active one', () => {
    const before = open(1, 3);
    const after = open(3, 3, before);
    expect(after.hits).toBe(before.hits);
    expect(activeHit(after).rank).toBe(3);
  });

  test('N and M step by a page, and stop at the ends', () => {
    const first = open(1, 3);
    const second = stepped(first, found, 3, 1);
    expect(ranks(second)).toEqual([4, 5, 6]);
    expect(activeHit(second).rank).toBe(4);
    const last = stepped(second, found, 3, 1);
    expect(ranks(last)).toEqual([5, 6, 7]);
    expect(stepped(last, found, 3, 1)).toBe(last);
    expect(ranks(stepped(last, found, 3, -1))).toEqual([2, 3, 4]);
    expect(stepped(first, found, 3, -1)).toBe(first);
  });

  test('what is kept stays in its pane while the others step', () => {
    const kept = toggled(open(1, 3), found[1]);
    expect(kept?.kept).toEqual(['l2']);
    if (!kept) throw new Error('the comparison was closed');
    const next = stepped(kept, found, 3, 1);
    expect(ranks(next)).toEqual([4, 2, 5]);
    expect(ranks(stepped(next, found, 3, -1))).toEqual([1, 2, 3]);
    expect(ranks(open(6, 3, next))).toEqual([6, 2, 7]);
  });

  test('a card adds its hit, keeps it, and takes it out again', () => {
    const one = toggled(open(1, 1), found[4]);
    expect(ranks(one)).toEqual([1, 5]);
    expect(one && activeHit(one).rank).toBe(5);
    expect(ranks(toggled(one, found[4]))).toEqual([1]);
    const alone = toggled(null, found[2]);
    expect(alone).toEqual({ hits: [found[2]], kept: ['l3'], active: 'l3' });
    expect(toggled(alone, found[2])).toBeNull();
  });

  test('a sixth takes the place of the last that is not kept, and nothing where all are', () => {
    const five = open(1, 5);
    expect(ranks(toggled(five, found[6]))).toEqual([1, 2, 3, 4, 7]);
    const all = { ...five, kept: five.hits.map(({ lesion }) => lesion) };
    expect(toggled(all, found[6])).toBe(all);
  });

  test('taking the active one out makes its neighbour active', () => {
    const before = { ...open(1, 3), active: 'l3' };
    const after = takenOut(before, 'l3');
    expect(ranks(after)).toEqual([1, 2]);
    expect(after?.active).toBe('l2');
    expect(takenOut(open(1, 1), 'l1')).toBeNull();
  });

  test('a larger layout is filled, a smaller one keeps the active and the kept', () => {
    expect(ranks(fitted(open(2, 1), found, 3))).toEqual([2, 3, 4]);
    expect(ranks(fitted(open(7, 1), found, 3))).toEqual([7, 6, 5]);
    const five: Comparison = { ...open(1, 5), active: 'l4', kept: ['l5'] };
    const two = fitted(five, found, 2);
    expect(ranks(two)).toEqual([4, 5]);
    expect(two.kept).toEqual(['l5']);
    expect(fitted(two, found, 1)).toEqual({ hits: [found[3]], kept: [], active: 'l4' });
  });

  test('a session keeps the ids alone, and brings back what is still found', () => {
    const kept = toggled(open(1, 3), found[1]);
    if (!kept) throw new Error('the comparison was closed');
    expect(restored(idsOf(kept), found)).toEqual(kept);
    expect(restored(idsOf({ ...kept, active: 'l2' }), found.slice(2))).toEqual({
      hits: [found[2]],
      kept: [],
      active: 'l3',
    });
    expect(restored(idsOf(kept), [])).toBeNull();
  });

  test('panes fill the stage whatever the layout has room for', () => {
    expect([1, 2, 3, 4].map(layoutFor)).toEqual(['1x2', '1x3', '2x2', '2x3']);
    expect([1, 2, 3, 4, 5, 6].map((panes) => shapeOf(panes).join('x'))).toEqual([
      '1x1',
      '1x2',
      '1x3',
      '2x2',
      '2x3',
      '2x3',
    ]);
  });
});

describe('the scale', () => {
  const unmoved: Zoom = { fieldMm: null, fitZoom: 1 };
  const small = { toFit: false, extentMm: 8, commonMm: 90 };
  const large = { toFit: false, extentMm: 40, commonMm: 90 };

  test('a mm is as long in every pane, also after one was zoomed', () => {
    expect(commonFieldMm([4, 30])).toBe(90);
    expect(commonFieldMm([4, 6])).toBe(50);
    expect(fieldOf(small, unmoved)).toBe(fieldOf(large, unmoved));
    const { pan, ...scale } = movedTo(small, [3, -2], 60);
    const linked = { ...unmoved, ...scale };
    expect(fieldOf(large, linked)).toBe(60);
    expect(panMmOf(large, pan)).toEqual([3, -2]);
  });

  test('fitted, each lesion takes the same part of its pane and moves by the same part of it', () => {
    const [a, b] = [
      { ...small, toFit: true },
      { ...large, toFit: true },
    ];
    const share = (side: typeof a, zoom: Zoom) => side.extentMm / fieldOf(side, zoom);
    expect(share(a, unmoved)).toBeCloseTo(share(b, unmoved));
    const { pan, ...scale } = movedTo(a, [4, 0], fieldOf(a, unmoved) / 2);
    const linked = { ...unmoved, ...scale };
    expect(fieldOf(a, linked)).toBeCloseTo(fieldOf(a, unmoved) / 2);
    expect(share(a, linked)).toBeCloseTo(share(b, linked));
    expect(panMmOf(a, pan)).toEqual([4, 0]);
    expect(panMmOf(b, pan)).toEqual([20, 0]);
  });
});

describe('the table', () => {
  const known = (patch: Partial<Known>): Known => ({
    measurements: { volumeMl: 1, diameterMm: 10, meanHu: 40 },
    lesion: undefined,
    volume: { sliceThicknessMm: 1, spacingMm: [1, 1, 1] },
    kernel: undefined,
    contrast: undefined,
    labels: {},
    ...patch,
  });
  const query = known({ kernel: 'B30f', labels: { organ: 'lung', grade: '2' } });
  const rowsOf = (asked: Known | null) =>
    tableRows(asked, [
      known({ kernel: 'B30f', labels: { organ: 'lung' } }),
      known({ labels: { organ: 'liver', grade: '2', constructor: 'x' } }),
    ]);
  const row = (title: string, asked: Known | null = query) =>
    rowsOf(asked)
      .find((one) => one.title === title)
      ?.cells.map(({ text, agrees }) => (agrees ? `=${text}` : text));

  test('what a hit says as the query does is marked; measured and unknown values are not', () => {
    expect(row('organ')).toEqual(['lung', '=lung', 'liver']);
    expect(row('grade')).toEqual(['2', '–', '=2']);
    expect(row('Kernel')).toEqual(['B30f', '=B30f', '–']);
    expect(row('Contrast')).toBeUndefined();
    expect(row('Diameter')).toEqual(['10.0 mm', '10.0 mm', '10.0 mm']);
    expect(row('constructor')).toEqual(['–', '–', 'x']);
  });

  test('without a query the hits stand alone, and nothing agrees', () => {
    expect(row('organ', null)).toEqual(['lung', 'liver']);
  });
});
