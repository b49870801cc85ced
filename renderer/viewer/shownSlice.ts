/** The slice in the active pane and how it is shown, as something that can be kept; and back to it. */
import type { ShownView } from '../../native/contract/keyImages.ts';
import { type Plane, planeAxes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { setFocus, setPane, setWindow, useView } from '../ui/store.ts';
import { gridOf } from './grid.ts';

export interface ShownSlice {
  readonly row: VolumeRow;
  readonly plane: Plane;
  /** Index along the plane's normal axis. */
  readonly slice: number;
  readonly view: ShownView;
}

/** Null while no volume is open, or a comparison stands before it. */
export function shownSlice(): ShownSlice | null {
  const { row, activePlane: plane, panes, focus, window, inverted, slabMm, compare } = useView.getState();
  if (!row || compare) return null;
  const { zoom, centre } = panes[plane];
  return {
    row,
    plane,
    slice: Math.round(focus[planeAxes(gridOf(row).direction, plane).normal]),
    view: {
      focus: [focus[0], focus[1], focus[2]],
      zoom,
      centre: centre && [centre[0], centre[1], centre[2]],
      window: { ...window },
      inverted,
      slabMm,
    },
  };
}

/** Shows the open volume in a plane as it was kept. */
export function showSlice(plane: Plane, view: ShownView): void {
  setFocus(view.focus);
  setPane(plane, { zoom: view.zoom, centre: view.centre });
  setWindow(view.window);
  const { maximised } = useView.getState();
  useView.setState({
    activePlane: plane,
    maximised: maximised && plane,
    inverted: view.inverted,
    slabMm: view.slabMm,
    compare: null,
  });
}
