/** The stage in the window's store: which volume is open, which stand beside it, and what opening, scrolling and aligning do to panes. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { LesionRow } from '../../native/contract/model.ts';
import {
  activeWindow,
  alignBeside,
  openPane,
  openVolume,
  paneFor,
  setFocus,
  setLinked,
  setPane,
  setStand,
  setWindow,
  standOf,
  useView,
} from '../../renderer/ui/store.ts';
import { besideAtFirst } from '../../renderer/viewer/linking.ts';
import { volume } from '../support/volumeRow.ts';

const open = volume('open');
const prior = volume('prior', { originMm: [0, 0, 500] });
const third = volume('third');
const state = useView.getState;
const initial = state();

/** The open volume and its prior side by side, axial. */
function twoPanes(): void {
  openVolume(open, null);
  const beside = besideAtFirst({ row: open, at: state().focus }, prior);
  const pane = { plane: 'axial', zoom: 1, centre: null, slabMm: null, window: null } as const;
  useView.setState({
    layout: 'two',
    hanging: 'by the test',
    panes: [
      { ...pane, volume: 'open' },
      { ...pane, volume: 'prior' },
    ],
    beside: { prior: beside },
  });
}

beforeEach(() => useView.setState(initial, true));

describe('the open volume', () => {
  test('of a new patient takes all panes of the layout', () => {
    twoPanes();
    openVolume(volume('stranger', { patient: 'Q' }), null);
    const { panes, beside, hanging } = state();
    expect(panes.map((pane) => pane.volume)).toEqual(['stranger', 'stranger']);
    expect(beside).toEqual({});
    expect(hanging).toBeNull();
  });

  test('of the same patient takes the panes of the one before, and the others stay', () => {
    twoPanes();
    openVolume(third, null);
    expect(state().panes.map((pane) => pane.volume)).toEqual(['third', 'prior']);
    expect(Object.keys(state().beside)).toEqual(['prior']);
    expect(state().hanging).toBe('by the test');
  });

  test('changes by a pane without any pane changing, and back', () => {
    twoPanes();
    setFocus([50, 40, 30]);
    const [before, there] = [state().panes, standOf(state(), 1)?.at];
    openPane(1);
    expect(state().row?.id).toBe('prior');
    expect(state().panes).toEqual(before);
    expect(state().focus).toEqual(there);
    expect(standOf(state(), 0)?.at).toEqual([50, 40, 30]);
    openPane(0);
    expect(state().row?.id).toBe('open');
    expect(state().focus).toEqual([50, 40, 30]);
  });

  test('keeps an unsaved mark for the time when it is the open one again', () => {
    twoPanes();
    const mask = { box: [1, 1, 1, 1, 1, 1], bits: new Uint8Array([1]) } as const;
    const mark = {
      plane: 'axial',
      slice: 1,
      shape: { kind: 'sphere', centerIjk: [1, 1, 1], radiusMm: 2 },
    } as const;
    const proposal = {
      volume: open,
      mark,
      proposed: mask,
      mask,
      measurements: null,
      notes: [],
      past: [],
      future: [],
    };
    useView.setState({ proposal });
    openPane(1);
    expect(state().proposal).toBeNull();
    openPane(0);
    expect(state().proposal?.mask).toBe(mask);
  });
});

describe('scrolling', () => {
  test('a linked volume takes the open one along and comes back from beyond its end', () => {
    twoPanes();
    setFocus([50, 40, 38]);
    setStand(1, [50, 40, 39]);
    expect(state().focus[2]).toBe(39);
    useView.setState({ beside: { prior: { ...state().beside.prior, offsetMm: [0, 0, 480] } } });
    setStand(1, [50, 40, 35]);
    expect(state().focus[2]).toBe(39);
    setStand(1, [50, 40, 25]);
    expect(state().focus[2]).toBe(35);
  });

  test('alone, nothing else moves; together again they keep the new distance', () => {
    twoPanes();
    setFocus([50, 40, 20]);
    const there = standOf(state(), 1)?.at[2] ?? 0;
    setLinked(false);
    setFocus([50, 40, 25]);
    expect(standOf(state(), 1)?.at[2]).toBe(there);
    setLinked(true);
    setFocus([50, 40, 27]);
    expect(standOf(state(), 1)?.at[2]).toBe(there + 2);
  });

  test('aligned volumes stand on their own places and keep that distance', () => {
    twoPanes();
    setFocus([50, 40, 20]);
    alignBeside(new Map([['prior', [30, 30, 8]]]));
    expect(standOf(state(), 1)?.at.map(Math.round)).toEqual([30, 30, 8]);
    setFocus([50, 40, 23]);
    expect(standOf(state(), 1)?.at[2]).toBeCloseTo(11, 9);
  });
});

describe('panes', () => {
  test('the window is shared, except by a pane that has its own or shows another volume alone', () => {
    twoPanes();
    useView.setState({ activePane: 1 });
    setWindow({ width: 100, center: 10 });
    expect(state().window).toEqual({ width: 100, center: 10 });
    setLinked(false);
    setWindow({ width: 1500, center: -600 });
    expect(state().window).toEqual({ width: 100, center: 10 });
    expect(activeWindow(state())).toEqual({ width: 1500, center: -600 });
    useView.setState({ activePane: 0 });
    expect(activeWindow(state())).toEqual({ width: 100, center: 10 });
  });

  test('a plane that no pane of the open volume shows is shown in one of them, never in the place of another volume', () => {
    twoPanes();
    useView.setState({ activePane: 1 });
    expect(paneFor('axial')).toBe(0);
    expect(paneFor('coronal')).toBe(0);
    expect(state().panes.map((pane) => pane.plane)).toEqual(['coronal', 'axial']);
  });

  test('a lesion is shown large in the panes of its volume only', () => {
    twoPanes();
    setPane(1, { zoom: 2 });
    const lesion = { centerMm: [50, 40, 40], diameter3dMm: 10, meanHu: 40 } as unknown as LesionRow;
    openVolume({ ...open, dims: [400, 400, 40] }, lesion);
    expect(state().panes[0].zoom).toBeGreaterThan(1);
    expect(state().panes[1].zoom).toBe(2);
  });
});
