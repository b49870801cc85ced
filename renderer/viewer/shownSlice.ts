/** The slice in the active pane and how it is shown, as something that can be kept; and back to it. */
import type { ShownView } from '../../native/contract/keyImages.ts';
import { type Plane, planeAxes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import {
  activeWindow,
  comparisonElsewhere,
  covering,
  paneFor,
  setFocus,
  setPane,
  setWindow,
  standOf,
  useView,
} from '../ui/store.ts';
import { gridOf } from './grid.ts';

export interface ShownSlice {
  readonly row: VolumeRow;
  readonly plane: Plane;
  /** Index along the plane's normal axis. */
  readonly slice: number;
  readonly view: ShownView;
}

/** Null while no volume is open, or a comparison covers it. */
export function shownSlice(): ShownSlice | null {
  const state = useView.getState();
  const { panes, activePane, inverted } = state;
  const stand = standOf(state, activePane);
  if (!stand || covering(state)) return null;
  const { row, at } = stand;
  const { plane, zoom, centre, slabMm } = panes[activePane];
  return {
    row,
    plane,
    slice: Math.round(at[planeAxes(gridOf(row).direction, plane).normal]),
    view: {
      focus: [at[0], at[1], at[2]],
      zoom,
      centre: centre && [centre[0], centre[1], centre[2]],
      window: { ...activeWindow(state) },
      inverted,
      slabMm,
    },
  };
}

/** Shows the open volume in a plane as it was kept. */
export function showSlice(plane: Plane, view: ShownView): void {
  setFocus(view.focus);
  const place = paneFor(plane);
  useView.setState({ activePane: place, inverted: view.inverted, compare: comparisonElsewhere() });
  setPane(place, { zoom: view.zoom, centre: view.centre, slabMm: view.slabMm });
  setWindow(view.window);
}
