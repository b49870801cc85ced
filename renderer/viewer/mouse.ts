/** What the mouse does on a picture, in one table, as hands know it from Weasis and OHIF. */

/** `tool` is left to the tool in the hand. */
export type Drag = 'tool' | 'pan' | 'zoom' | 'window';

interface DragRow {
  /** As PointerEvent.button counts: 0 left, 1 middle, 2 right. */
  readonly button: 0 | 1 | 2;
  readonly shift: boolean;
  readonly mod: boolean;
  readonly drag: Drag;
}

/** The first row that fits counts. */
const drags: readonly DragRow[] = [
  { button: 0, shift: true, mod: true, drag: 'zoom' },
  { button: 0, shift: true, mod: false, drag: 'pan' },
  { button: 0, shift: false, mod: true, drag: 'window' },
  { button: 0, shift: false, mod: false, drag: 'tool' },
  { button: 1, shift: false, mod: false, drag: 'pan' },
  { button: 2, shift: false, mod: false, drag: 'zoom' },
];

interface Press {
  readonly button: number;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** What a drag that begins so does; the middle and the right button do the same with every modifier. */
export function dragOf({ button, shiftKey, ctrlKey, metaKey }: Press): Drag | null {
  const mod = ctrlKey || metaKey;
  const fits = (row: DragRow) => button > 0 || (row.shift === shiftKey && row.mod === mod);
  return drags.find((row) => row.button === button && fits(row))?.drag ?? null;
}

/** Slices of one notch of the wheel. */
export function notchSlices(shiftKey: boolean): number {
  return shiftKey ? 5 : 1;
}

export const mouseHelp: readonly { readonly gesture: string; readonly name: string }[] = [
  { gesture: 'Left drag', name: 'The tool in the hand' },
  { gesture: 'Ctrl left drag', name: 'Window: width and centre' },
  { gesture: 'Middle drag', name: 'Move the picture' },
  { gesture: 'Shift left drag', name: 'Move the picture' },
  { gesture: 'Right drag', name: 'Zoom' },
  { gesture: 'Ctrl Shift left drag', name: 'Zoom' },
  { gesture: 'Wheel', name: 'Scroll through the slices' },
  { gesture: 'Shift wheel', name: 'Scroll by five slices' },
  { gesture: 'Ctrl wheel', name: 'Zoom at the pointer' },
  { gesture: 'Double click', name: 'One pane large, and back; opens the volume of another pane' },
];
