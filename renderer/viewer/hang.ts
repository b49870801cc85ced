/** Hangs what a patient has: by the rule that fits when a patient is opened, by the user's hand afterwards. */
import { useLayoutEffect } from 'react';
import type { VolumeRow } from '../../native/contract/model.ts';
import { openVolume, type Pane, useView, type ViewState, windowThatShows } from '../ui/store.ts';
import type { Examination } from './examinations.ts';
import { gridOf, indexToWorld, type Vec3, worldToIndex } from './grid.ts';
import { hungPanes, ruleFor } from './hanging.ts';
import { type LayoutName, layouts } from './layouts.ts';
import { type Beside, type BesideById, besideAtFirst } from './linking.ts';
import { knownPatientSeries, usePatientSeries } from './patientSeries.ts';
import { fitPxPerMm, planeGeometry } from './planes.ts';

const set = useView.setState;
const get = useView.getState;

/** Hangs a patient's volumes as soon as it is known which there are. */
export function useHanging(): void {
  const row = useView((s) => s.row);
  const hung = useView((s) => s.hanging !== null);
  const series = usePatientSeries(row?.patient ?? null);
  useLayoutEffect(() => {
    if (row && series && !hung) hangByRule(row, series);
  }, [row, series, hung]);
}

function hangByRule(row: VolumeRow, series: readonly Examination[]): void {
  const rule = ruleFor(row, series);
  const layout = get().chosenLayouts[rule.name] ?? rule.layout;
  const [{ window }] = hungPanes(layout, row, series, rule);
  const { lesion } = get();
  set({ ...arranged(get(), row, layout, series), hanging: rule.name });
  if (window) set({ window: lesion ? windowThatShows(window, lesion.meanHu) : window });
}

/** The user's choice, remembered for what is hung by the same rule. */
export function chooseLayout(layout: LayoutName): void {
  const { row, hanging, chosenLayouts } = get();
  const series = row ? (knownPatientSeries(row.patient) ?? []) : [];
  const rule = hanging ?? (row && series.length > 0 ? ruleFor(row, series).name : null);
  if (rule !== null) set({ chosenLayouts: { ...chosenLayouts, [rule]: layout } });
  set(row ? arranged(get(), row, layout, series) : { layout });
}

type Arranged = Pick<ViewState, 'layout' | 'panes' | 'beside' | 'activePane' | 'maximised'>;

/** The layout with its panes filled; what was shown in the same plane before keeps its place and zoom. */
function arranged(
  state: ViewState,
  row: VolumeRow,
  layout: LayoutName,
  series: readonly Examination[],
): Arranged {
  const open = { row, at: state.focus };
  const rule = ruleFor(row, series);
  const beside: Record<string, Beside> = {};
  const first = state.panes.find((pane) => pane.volume === row.id);
  const all = hungPanes(layout, row, series, rule);
  // What has the window of the first pane shares it, so that both are changed together.
  const shared = all[0].window;
  const panes = all.map((hung, place): Pane => {
    const { id } = hung.row;
    if (id !== row.id) beside[id] = state.beside[id] ?? besideAtFirst(open, hung.row);
    const { plane } = hung;
    const known =
      state.panes.find((pane) => pane.volume === id && pane.plane === plane) ??
      (id === row.id ? state.panes.find((pane) => pane.volume === id) : undefined);
    const view = known ?? (first ? alongside(first, row, beside[id], plane) : wholeSlice);
    return {
      volume: id,
      plane,
      zoom: view.zoom,
      centre: view.centre,
      slabMm: layouts[layout].planes ? (state.panes[place]?.slabMm ?? null) : hung.slabMm,
      window: hung.window && hung.window.center !== shared?.center ? hung.window : null,
    };
  });
  return { layout, panes, beside, activePane: activeAmong(panes, state), maximised: false };
}

const wholeSlice = { zoom: 1, centre: null } as const;

/** The pane like the one that was active, else the first of the open volume. */
function activeAmong(panes: readonly Pane[], { panes: before, activePane, row }: ViewState): number {
  const was = before[activePane];
  const same = panes.findIndex((pane) => pane.volume === was?.volume && pane.plane === was.plane);
  return same >= 0
    ? same
    : Math.max(
        0,
        panes.findIndex((pane) => pane.volume === row?.id),
      );
}

/** Another volume as large as a pane of the open one shows that, and around the same place. */
function alongside(
  pane: Pick<Pane, 'zoom' | 'centre'>,
  row: VolumeRow,
  other: Beside,
  plane: Pane['plane'],
): Pick<Pane, 'zoom' | 'centre'> {
  const pxPerMm = (of: VolumeRow) => fitPxPerMm(gridOf(of), planeGeometry(gridOf(of), plane), [1, 1]);
  return {
    zoom: (pane.zoom * pxPerMm(row)) / pxPerMm(other.row),
    centre: pane.centre && carriedCentre(pane.centre, row, other),
  };
}

function carriedCentre(centre: Vec3, row: VolumeRow, { row: other, offsetMm }: Beside): Vec3 {
  const world = indexToWorld(gridOf(row), centre);
  return worldToIndex(gridOf(other), [
    world[0] + offsetMm[0],
    world[1] + offsetMm[1],
    world[2] + offsetMm[2],
  ]);
}

/**
 * Hangs a volume of the open patient in a pane. It becomes the open one where the layout has planes of that alone, and where the
 * pane was the last that showed it.
 */
export function hangIn(place: number, row: VolumeRow): void {
  const { row: open, focus, panes, beside, layout } = get();
  const pane = panes[place];
  if (!open || !pane || pane.volume === row.id) return;
  const lastOfOpen = panes.every((one, n) => n === place || one.volume !== open.id);
  if (row.patient !== open.patient || layouts[layout].planes || (lastOfOpen && row.id !== open.id)) {
    openVolume(row, null);
    // Shown in another pane already, it left this one as it was.
    if (get().panes[place]?.volume === open.id) hangIn(place, row);
    return;
  }
  const next = row.id === open.id ? null : (beside[row.id] ?? besideAtFirst({ row: open, at: focus }, row));
  const ofOpen = (one: Pane) => one.volume === open.id && one.plane === pane.plane;
  const like = [pane, ...panes].find(ofOpen) ?? wholeSlice;
  const view = next ? alongside(like, open, next, pane.plane) : like;
  const hung = panes.map((one, n) =>
    n === place ? { ...one, zoom: view.zoom, centre: view.centre, volume: row.id } : one,
  );
  set({
    panes: hung,
    beside: shownOf(next ? { ...beside, [row.id]: next } : beside, hung),
    activePane: place,
  });
}

function shownOf(beside: BesideById, panes: readonly Pane[]): BesideById {
  return Object.fromEntries(
    Object.entries(beside).filter(([id]) => panes.some((pane) => pane.volume === id)),
  );
}
