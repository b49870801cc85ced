/** Where all panes of a comparison stand together: counted from each lesion's centre, in each plane on its own. */
import { create } from 'zustand';
import { type Plane, planes } from '../../native/contract/mark.ts';
import { covering, resetPanes, useView } from '../ui/store.ts';
import { currentSides } from './currentSides.ts';
import { stepOffset } from './linkedScroll.ts';
import type { Pan, Zoom } from './scale.ts';
import { useSetup } from './setup.ts';

interface Place {
  /** Along the normal, towards the patient's left, back or head. */
  readonly offsetMm: number;
  readonly pan: Pan;
}
const centred: Place = { offsetMm: 0, pan: [0, 0] };
type Places = Readonly<Record<Plane, Place>>;
const allCentred: Places = { axial: centred, coronal: centred, sagittal: centred };

interface Linked extends Zoom {
  readonly places: Places;
  /** How much further along the axial normal a hit stands, by its lesion, where slices that match were chosen. */
  readonly shiftsMm: Readonly<Record<string, number>>;
}

export const useLinked = create<Linked>(() => ({
  places: allCentred,
  fieldMm: null,
  fitZoom: 1,
  shiftsMm: {},
}));

export function setPlace(plane: Plane, patch: Partial<Place>): void {
  useLinked.setState(({ places }) => ({ places: { ...places, [plane]: { ...places[plane], ...patch } } }));
}

/** Back to the lesions' centres; the scale stays, so that the next hits are as large. */
export function recentre(): void {
  useLinked.setState({ places: allCentred, shiftsMm: {} });
}

/** Zoom and position as at first, of the comparison where one is open, else of the planes. */
export function resetShown(): void {
  if (covering(useView.getState()))
    useLinked.setState({ places: allCentred, shiftsMm: {}, fieldMm: null, fitZoom: 1 });
  else resetPanes();
}

/** Scrolls all panes, down the wheel where positive: towards the feet, the back and the right, as the three planes do. */
export function scrollLinked(steps: number): void {
  const { plane } = useSetup.getState();
  const sides = currentSides();
  if (sides.length === 0) return;
  const { offsetMm } = useLinked.getState().places[plane];
  const down = plane === 'coronal' ? 1 : -1;
  setPlace(plane, { offsetMm: stepOffset(offsetMm, steps * down, sides) });
}

export function nextPlane(): void {
  useSetup.setState(({ plane }) => ({ plane: planes[(planes.indexOf(plane) + 1) % planes.length] }));
}

/** Shifts of the picture are counted otherwise in the other scale: the lesions go back to the middle. */
export function toggleScale(): void {
  useLinked.setState(({ places }) => ({
    places: {
      axial: { ...places.axial, pan: centred.pan },
      coronal: { ...places.coronal, pan: centred.pan },
      sagittal: { ...places.sagittal, pan: centred.pan },
    },
  }));
  useSetup.setState(({ toFit }) => ({ toFit: !toFit }));
}
