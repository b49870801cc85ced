/** What a second window changes for the first: a comparison in it covers no planes, and stays when these are turned to. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hit } from '../../../native/contract/model.ts';
import { volume } from '../../support/volumeRow.ts';

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});
// Where the bridge to the shell is looked for.
vi.stubGlobal('window', {});

async function modules() {
  const [store, windows, columns, returning, shown, setup, linked, keeping] = await Promise.all([
    import('../../../renderer/ui/store.ts'),
    import('../../../renderer/windows/state.ts'),
    import('../../../renderer/query/columns/columnsStore.ts'),
    import('../../../renderer/compare/returnTo.ts'),
    import('../../../renderer/viewer/shownSlice.ts'),
    import('../../../renderer/compare/setup.ts'),
    import('../../../renderer/compare/linked.ts'),
    import('../../../renderer/ui/kept.ts'),
  ]);
  return { ...store, ...windows, ...columns, ...returning, ...shown, ...setup, ...linked, ...keeping };
}
let page: Awaited<ReturnType<typeof modules>>;
let initial: ReturnType<typeof page.useView.getState>;

beforeAll(async () => {
  page = await modules();
  initial = page.useView.getState();
});
beforeEach(() => {
  kept.clear();
  page.useView.setState(initial, true);
  page.useReturn.setState({ place: null });
  page.useColumns.setState({ open: false });
});

const hit: Hit = {
  rank: 1, score: 1, lesion: 'l', patient: 'Q', volume: 'v', name: 'n', labels: {}, volumeMl: 1, diameterMm: 10,
  meanHu: 0, centerMm: [0, 0, 0], boxIjk: [0, 0, 0, 1, 1, 1], lossy: false, interpolated: false,
}; // biome-ignore format: one record
const comparison = { hits: [hit], kept: [], active: 'l' };
const own = { width: 1500, center: -600 };
const lung = { width: 1600, center: -500 };

/** A study with a window of its own in its active pane, a comparison, and where that stands. */
function comparing(where: 'here' | 'in the other window'): void {
  page.useWindows.setState({ kind: 'first', apart: where !== 'here' });
  page.openVolume(volume('open'), null);
  page.setPane(0, { window: own });
  page.useView.setState({ compare: comparison });
}
const state = () => page.useView.getState();

describe('while the comparison covers the planes', () => {
  beforeEach(() => comparing('here'));

  test('the window is that of the comparison, and no slice is in sight', () => {
    expect(page.activeWindow(state())).toBe(state().window);
    page.setWindow(lung);
    expect([state().window, state().panes[0].window]).toEqual([lung, own]);
    expect(page.shownSlice()).toBeNull();
  });

  test('it goes when a study is opened, with a way back', () => {
    page.openWholeStudy(volume('v'), null, 'Whole study of hit 1');
    expect(state().compare).toBeNull();
    page.goBack();
    expect(state().compare).toEqual(comparison);
  });

  test('the methods side by side go when a study is opened', () => {
    page.useColumns.setState({ open: true });
    expect(page.columnsHere()).toBe(true);
    page.openVolume(volume('v'), null);
    expect([page.useColumns.getState().open, page.columnsHere()]).toEqual([false, false]);
  });
});

describe('while the comparison stands in the other window', () => {
  beforeEach(() => comparing('in the other window'));

  test('the active pane keeps the window of its own, and its slice can be kept', () => {
    expect(page.activeWindow(state())).toEqual(own);
    page.setWindow(lung);
    expect(state().panes[0].window).toEqual(lung);
    expect(state().window).not.toEqual(lung);
    expect(page.shownSlice()).toMatchObject({ row: { id: 'open' }, view: { window: lung } });
  });

  test('zoom and position that are reset are those of the planes', () => {
    page.setPane(0, { zoom: 3 });
    page.resetShown();
    expect(state().panes[0].zoom).toBe(1);
  });

  test('it stays when a slice is gone to or a study is opened, and nothing leads back', () => {
    page.showSlice('axial', {
      focus: [1, 2, 3],
      zoom: 1,
      centre: null,
      window: lung,
      inverted: false,
      slabMm: null,
    });
    expect(state().compare).toEqual(comparison);
    page.openWholeStudy(volume('v'), null, 'Whole study of hit 1');
    page.useView.setState({ compare: null });
    page.goBack();
    expect(state()).toMatchObject({ compare: null, row: { id: 'v' } });
  });

  test('the methods side by side stay when a study is opened', () => {
    page.useColumns.setState({ open: true });
    page.openVolume(volume('v'), null);
    expect([page.useColumns.getState().open, page.columnsHere()]).toEqual([true, false]);
    page.useWindows.setState({ kind: 'hits' });
    expect(page.columnsHere()).toBe(true);
  });
});

test('what the other window keeps of comparison and columns is taken over, what does not fit is not', () => {
  const says = (name: string, value: unknown) => {
    kept.set(`precedent.${name}`, JSON.stringify(value));
    page.followKept({ key: `precedent.${name}` });
  };
  says('compare', { ...page.useSetup.getState(), plane: 'sagittal', layout: '2x2' });
  says('columns', { methods: ['clip'], rows: 10 });
  expect(page.useSetup.getState()).toMatchObject({ plane: 'sagittal', layout: '2x2' });
  expect(page.useColumns.getState()).toMatchObject({ methods: ['clip'], rows: 10, open: false });
  says('columns', { methods: 'clip', rows: -1 });
  expect(page.useColumns.getState()).toMatchObject({ methods: ['clip'], rows: 10 });
});
