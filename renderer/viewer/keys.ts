/** Every key of the window in one table: what it is called, when it is shown, and the action it names. */

import type { AnnotationKind } from '../../native/contract/annotations.ts';

export type Action =
  | { readonly do: 'preset'; readonly key: string }
  | { readonly do: 'measure'; readonly kind: AnnotationKind }
  | {
      readonly do:
        | 'crosshair'
        | 'window'
        | 'ellipse'
        | 'rectangle'
        | 'freehand'
        | 'sphere'
        | 'brush'
        | 'reset'
        | 'outlines'
        | 'invert'
        | 'find'
        | 'words'
        | 'nextHit'
        | 'markLike'
        | 'markUnlike'
        | 'previousHit'
        | 'pinHit'
        | 'hidePatient'
        | 'layoutHits'
        | 'takeAway'
        | 'back'
        | 'removeMeasurement'
        | 'undo'
        | 'redo'
        | 'sliceForward'
        | 'sliceBack'
        | 'brushSmaller'
        | 'brushLarger'
        | 'help';
    };

export interface KeyBinding {
  readonly keys: readonly string[];
  readonly group: 'Tools' | 'Picture' | 'Mark' | 'Search';
  readonly name: string;
  readonly action: Action | null;
}

/** `Mod+` stands for Ctrl (⌘ on macOS). Bindings without an action are mouse gestures, listed for the help. */
export const keyBindings: readonly KeyBinding[] = [
  { group: 'Tools', keys: ['x'], name: 'Crosshair: the other planes follow', action: { do: 'crosshair' } },
  { group: 'Tools', keys: ['w'], name: 'Window: drag for width and centre', action: { do: 'window' } },
  { group: 'Tools', keys: ['e'], name: 'Ellipse', action: { do: 'ellipse' } },
  { group: 'Tools', keys: ['b'], name: 'Rectangle', action: { do: 'rectangle' } },
  { group: 'Tools', keys: ['d'], name: 'Freehand', action: { do: 'freehand' } },
  { group: 'Tools', keys: ['s'], name: 'Sphere, from its centre', action: { do: 'sphere' } },
  { group: 'Tools', keys: ['p'], name: 'Brush (Alt erases)', action: { do: 'brush' } },
  { group: 'Tools', keys: ['l'], name: 'Measure a length', action: { do: 'measure', kind: 'length' } },
  { group: 'Picture', keys: ['1'], name: 'Window: soft tissue', action: { do: 'preset', key: '1' } },
  { group: 'Picture', keys: ['2'], name: 'Window: lung', action: { do: 'preset', key: '2' } },
  { group: 'Picture', keys: ['3'], name: 'Window: bone', action: { do: 'preset', key: '3' } },
  { group: 'Picture', keys: ['4'], name: 'Window: brain', action: { do: 'preset', key: '4' } },
  { group: 'Picture', keys: ['5'], name: 'Window: liver', action: { do: 'preset', key: '5' } },
  { group: 'Picture', keys: ['6'], name: 'Window: mediastinum', action: { do: 'preset', key: '6' } },
  { group: 'Picture', keys: ['ArrowDown', 'PageDown'], name: 'Next slice', action: { do: 'sliceForward' } },
  { group: 'Picture', keys: ['ArrowUp', 'PageUp'], name: 'Previous slice', action: { do: 'sliceBack' } },
  { group: 'Picture', keys: ['r'], name: 'Reset zoom and position', action: { do: 'reset' } },
  { group: 'Picture', keys: ['i'], name: 'Invert the greys', action: { do: 'invert' } },
  { group: 'Picture', keys: ['o'], name: 'Show or hide outlines', action: { do: 'outlines' } },
  { group: 'Picture', keys: ['Wheel'], name: 'Scroll through the slices', action: null },
  { group: 'Picture', keys: ['Right drag'], name: 'Zoom (also Ctrl and wheel)', action: null },
  { group: 'Picture', keys: ['Middle drag'], name: 'Move the picture (also Shift and drag)', action: null },
  { group: 'Picture', keys: ['Double click'], name: 'One plane large, and back', action: null },
  { group: 'Mark', keys: ['['], name: 'Smaller brush', action: { do: 'brushSmaller' } },
  { group: 'Mark', keys: [']'], name: 'Larger brush', action: { do: 'brushLarger' } },
  {
    group: 'Mark',
    keys: ['Delete', 'Backspace'],
    name: 'Remove the chosen measurement',
    action: { do: 'removeMeasurement' },
  },
  {
    group: 'Mark',
    keys: ['Mod+z'],
    name: 'Undo a correction, a measurement, or a mark on a hit',
    action: { do: 'undo' },
  },
  { group: 'Mark', keys: ['Mod+Shift+z', 'Mod+y'], name: 'Redo', action: { do: 'redo' } },
  { group: 'Search', keys: ['f'], name: 'Find similar', action: { do: 'find' } },
  { group: 'Search', keys: ['/'], name: 'Search by words and filters', action: { do: 'words' } },
  { group: 'Search', keys: ['n'], name: 'Next hit', action: { do: 'nextHit' } },
  { group: 'Search', keys: ['m'], name: 'Previous hit', action: { do: 'previousHit' } },
  { group: 'Search', keys: ['+'], name: 'Mark the hit as like it', action: { do: 'markLike' } },
  { group: 'Search', keys: ['-'], name: 'Mark the hit as unlike it', action: { do: 'markUnlike' } },
  { group: 'Search', keys: ['k'], name: 'Pin the hit, or let it go', action: { do: 'pinHit' } },
  { group: 'Search', keys: ['y'], name: 'Hide the patient of the hit', action: { do: 'hidePatient' } },
  { group: 'Search', keys: ['u'], name: 'Hits in a strip or a grid', action: { do: 'layoutHits' } },
  { group: 'Search', keys: ['Mod+p'], name: 'Save the comparison as PDF', action: { do: 'takeAway' } },
  { group: 'Search', keys: ['ArrowLeft', 'ArrowRight'], name: 'Along the hits (Enter opens)', action: null },
  { group: 'Search', keys: ['Escape'], name: 'Back', action: { do: 'back' } },
  { group: 'Search', keys: ['?'], name: 'This list', action: { do: 'help' } },
];

export interface KeyPress {
  readonly key: string;
  readonly mod: boolean;
  readonly shift: boolean;
}

/** The action of a key press, or null. Shift counts only together with Ctrl or ⌘: it is needed to type some keys. */
export function actionOf({ key, mod, shift }: KeyPress): Action | null {
  const base = key.length === 1 ? key.toLowerCase() : key;
  const name = mod ? `Mod+${shift ? 'Shift+' : ''}${base}` : base;
  return keyBindings.find((binding) => binding.action && binding.keys.includes(name))?.action ?? null;
}
