/** Moves and zooms a pane; linked panes of the same plane show the same part of the body at the same scale. */
import { type Pane, standOf, useView } from '../ui/store.ts';
import { gridOf, indexToWorld, type Vec3, worldToIndex } from './grid.ts';
import { fitPxPerMm, type PaneView, planeGeometry } from './planes.ts';

/** `view` is what the pane is to show; the linked panes are taken to be of its size, as they are in every layout that has them. */
export function movePane(place: number, view: PaneView): void {
  const state = useView.getState();
  const { panes, row, beside, linked } = state;
  const moved = panes[place];
  const stand = standOf(state, place);
  if (!row || !moved || !stand) return;
  const world = indexToWorld(gridOf(stand.row), view.centre);
  const offsetOf = ({ volume }: Pane): Vec3 => beside[volume]?.offsetMm ?? [0, 0, 0];
  const from = offsetOf(moved);
  useView.setState({
    panes: panes.map((pane, n): Pane => {
      if (n !== place && (!linked || pane.plane !== moved.plane)) return pane;
      const grid = gridOf(beside[pane.volume]?.row ?? row);
      const offset = offsetOf(pane);
      const centre = worldToIndex(grid, [
        world[0] - from[0] + offset[0],
        world[1] - from[1] + offset[1],
        world[2] - from[2] + offset[2],
      ]);
      return {
        ...pane,
        centre,
        zoom: view.pxPerMm / fitPxPerMm(grid, planeGeometry(grid, pane.plane), view.size),
      };
    }),
  });
}
