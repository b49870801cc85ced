/** Every key of the window in one table: what it is called, when it is shown, and the action it names. */
import type { AnnotationKind } from '../../native/contract/annotations.ts';
import { windowPresets } from './presets.ts';

export type Action =
  | { readonly do: 'preset'; readonly preset: string }
  | { readonly do: 'measure'; readonly kind: AnnotationKind }
  | {
      readonly do:
        | 'crosshair'
        | 'window'
        | 'pan'
        | 'zoom'
        | 'ellipse'
        | 'rectangle'
        | 'freehand'
        | 'sphere'
        | 'brush'
        | 'autoWindow'
        | 'reset'
        | 'outlines'
        | 'invert'
        | 'cine'
        | 'cineFaster'
        | 'cineSlower'
        | 'cornerText'
        | 'hideIdentity'
        | 'enlarge'
        | 'layout'
        | 'openPane'
        | 'link'
        | 'alignLesions'
        | 'referenceLines'
        | 'seriesStrip'
        | 'slab'
        | 'slabThicker'
        | 'slabThinner'
        | 'find'
        | 'words'
        | 'library'
        | 'nextHit'
        | 'markLike'
        | 'markUnlike'
        | 'previousHit'
        | 'pinHit'
        | 'hidePatient'
        | 'layoutHits'
        | 'hitsWindow'
        | 'surface'
        | 'methodColumns'
        | 'takeAway'
        | 'back'
        | 'beside'
        | 'comparePlane'
        | 'compareScale'
        | 'flicker'
        | 'flickerHold'
        | 'removeMeasurement'
        | 'keyImage'
        | 'tags'
        | 'magnifier'
        | 'magnifyMore'
        | 'magnifyLess'
        | 'undo'
        | 'redo'
        | 'sliceForward'
        | 'sliceBack'
        | 'firstSlice'
        | 'lastSlice'
        | 'brushSmaller'
        | 'brushLarger'
        | 'lock'
        | 'help';
    };

export interface KeyBinding {
  readonly keys: readonly string[];
  readonly group: 'Tools' | 'Picture' | 'Layout' | 'Mark' | 'Search' | 'Compare';
  readonly name: string;
  /** Null where the control that has the focus acts. */
  readonly action: Action | null;
  /** Not the user's to change: other parts of the window count on it. */
  readonly fixed?: true;
}

/** The table as it is delivered. `Mod+` stands for Ctrl (⌘ on macOS). */
export const keyBindings: readonly KeyBinding[] = [
  { group: 'Tools', keys: ['x'], name: 'Crosshair: the other planes follow', action: { do: 'crosshair' } },
  { group: 'Tools', keys: ['w'], name: 'Window: drag for width and centre', action: { do: 'window' } },
  { group: 'Tools', keys: ['p'], name: 'Pan: drag to move the picture', action: { do: 'pan' } },
  { group: 'Tools', keys: ['z'], name: 'Zoom: drag up or down', action: { do: 'zoom' } },
  { group: 'Tools', keys: ['e'], name: 'Ellipse', action: { do: 'ellipse' } },
  { group: 'Tools', keys: ['b'], name: 'Rectangle', action: { do: 'rectangle' } },
  { group: 'Tools', keys: ['d'], name: 'Freehand', action: { do: 'freehand' } },
  { group: 'Tools', keys: ['s'], name: 'Sphere, from its centre', action: { do: 'sphere' } },
  { group: 'Tools', keys: ['q'], name: 'Brush (Alt erases)', action: { do: 'brush' } },
  { group: 'Tools', keys: ['l'], name: 'Measure a length', action: { do: 'measure', kind: 'length' } },
  { group: 'Picture', keys: ['1'], name: 'Window: auto, from the slice', action: { do: 'autoWindow' } },
  ...windowPresets.map(
    ({ key, name }): KeyBinding => ({
      group: 'Picture',
      keys: [key],
      name: `Window: ${name.toLowerCase()}`,
      action: { do: 'preset', preset: name },
    }),
  ),
  { group: 'Picture', keys: ['ArrowDown', 'PageDown'], name: 'Next slice', action: { do: 'sliceForward' } },
  { group: 'Picture', keys: ['ArrowUp', 'PageUp'], name: 'Previous slice', action: { do: 'sliceBack' } },
  { group: 'Picture', keys: ['Home'], name: 'First slice', action: { do: 'firstSlice' } },
  { group: 'Picture', keys: ['End'], name: 'Last slice', action: { do: 'lastSlice' } },
  { group: 'Picture', keys: ['c'], name: 'Cine: run through the slices, and stop', action: { do: 'cine' } },
  { group: 'Picture', keys: ['>'], name: 'Faster cine or flicker', action: { do: 'cineFaster' } },
  { group: 'Picture', keys: ['<'], name: 'Slower cine or flicker', action: { do: 'cineSlower' } },
  { group: 'Picture', keys: ['r'], name: 'Reset zoom and position', action: { do: 'reset' } },
  { group: 'Picture', keys: ['i'], name: 'Invert the greys', action: { do: 'invert' } },
  { group: 'Picture', keys: ['o'], name: 'Show or hide outlines', action: { do: 'outlines' } },
  {
    group: 'Picture',
    keys: ['t'],
    name: 'Show or hide the text in the corners',
    action: { do: 'cornerText' },
  },
  {
    group: 'Picture',
    keys: ['h'],
    name: 'Hide who the patients are, for teaching',
    action: { do: 'hideIdentity' },
  },
  {
    group: 'Picture',
    keys: ['F4'],
    name: 'Magnifier: while held, or until pressed again',
    action: { do: 'magnifier' },
  },
  { group: 'Picture', keys: ['}'], name: 'Magnify more (Alt wheel)', action: { do: 'magnifyMore' } },
  { group: 'Picture', keys: ['{'], name: 'Magnify less (Alt wheel)', action: { do: 'magnifyLess' } },
  {
    group: 'Picture',
    keys: ['Mod+e'],
    name: 'The elements of the original file (tags)',
    action: { do: 'tags' },
  },
  { group: 'Layout', keys: ['v'], name: 'One pane large, and back', action: { do: 'enlarge' } },
  { group: 'Layout', keys: ['g'], name: 'Next layout', action: { do: 'layout' } },
  {
    group: 'Layout',
    keys: ['Enter'],
    name: 'Make what the active pane shows the open volume',
    action: { do: 'openPane' },
    fixed: true,
  },
  { group: 'Layout', keys: ['#'], name: 'Panes move together, or alone', action: { do: 'link' } },
  {
    group: 'Layout',
    keys: ["'"],
    name: 'Bring the panes to the same lesion',
    action: { do: 'alignLesions' },
  },
  {
    group: 'Layout',
    keys: ['Mod+g'],
    name: 'Show or hide where panes cut each other',
    action: { do: 'referenceLines' },
  },
  {
    group: 'Layout',
    keys: ['Mod+b'],
    name: "Show or hide the patient's series",
    action: { do: 'seriesStrip' },
  },
  { group: 'Layout', keys: ['j'], name: 'Slab: maximum intensity, and back', action: { do: 'slab' } },
  { group: 'Layout', keys: ['.'], name: 'Thicker slab', action: { do: 'slabThicker' } },
  { group: 'Layout', keys: [','], name: 'Thinner slab', action: { do: 'slabThinner' } },
  { group: 'Mark', keys: ['['], name: 'Smaller brush', action: { do: 'brushSmaller' } },
  { group: 'Mark', keys: [']'], name: 'Larger brush', action: { do: 'brushLarger' } },
  { group: 'Mark', keys: ['*'], name: 'Mark the slice as a key image, or not', action: { do: 'keyImage' } },
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
  {
    group: 'Search',
    keys: ['Mod+l'],
    name: 'All lesions: the library as a table',
    action: { do: 'library' },
  },
  {
    group: 'Search',
    keys: ['Mod+Shift+l'],
    name: 'Lock, where the library has users',
    action: { do: 'lock' },
  },
  { group: 'Search', keys: ['n'], name: 'Next hit', action: { do: 'nextHit' } },
  { group: 'Search', keys: ['m'], name: 'Previous hit', action: { do: 'previousHit' } },
  { group: 'Search', keys: ['+'], name: 'Mark the hit as like it', action: { do: 'markLike' } },
  { group: 'Search', keys: ['-'], name: 'Mark the hit as unlike it', action: { do: 'markUnlike' } },
  { group: 'Search', keys: ['k'], name: 'Pin the hit, or let it go', action: { do: 'pinHit' } },
  { group: 'Search', keys: ['y'], name: 'Hide the patient of the hit', action: { do: 'hidePatient' } },
  { group: 'Search', keys: ['u'], name: 'Hits in a strip or a grid', action: { do: 'layoutHits' } },
  {
    group: 'Search',
    keys: ['Mod+u'],
    name: 'Hits in a second window, and back',
    action: { do: 'hitsWindow' },
  },
  {
    group: 'Search',
    keys: ['Mod+3'],
    name: 'Surfaces of query and hit, and back to slices',
    action: { do: 'surface' },
  },
  {
    group: 'Search',
    keys: ['Mod+j'],
    name: 'Hits of all methods side by side',
    action: { do: 'methodColumns' },
  },
  { group: 'Search', keys: ['Mod+p'], name: 'Save the comparison as PDF', action: { do: 'takeAway' } },
  {
    group: 'Compare',
    keys: ['a'],
    name: 'Put the hit beside the query to stay, and take it out',
    action: { do: 'beside' },
  },
  { group: 'Compare', keys: ['0'], name: 'Next plane of all panes', action: { do: 'comparePlane' } },
  { group: 'Compare', keys: ['='], name: 'Same scale, or fit each lesion', action: { do: 'compareScale' } },
  { group: 'Compare', keys: ['F2'], name: 'Flicker between query and hit', action: { do: 'flicker' } },
  {
    group: 'Compare',
    keys: ['F3'],
    name: 'Hold: the hit in the place of the query',
    action: { do: 'flickerHold' },
  },
  { group: 'Search', keys: ['ArrowLeft', 'ArrowRight'], name: 'Along the hits (Enter opens)', action: null },
  { group: 'Search', keys: ['Escape'], name: 'Back', action: { do: 'back' }, fixed: true },
  { group: 'Search', keys: ['?'], name: 'This list', action: { do: 'help' }, fixed: true },
];

/** What a binding is called in the user's own table, or null where it has no action. */
export function bindingId({ action }: KeyBinding): string | null {
  if (!action) return null;
  if (action.do === 'preset') return `preset ${action.preset}`;
  return action.do === 'measure' ? `measure ${action.kind}` : action.do;
}

export interface KeyPress {
  readonly key: string;
  readonly mod: boolean;
  readonly shift: boolean;
}

/** The name of a press in the table. Shift counts only together with Ctrl or ⌘: it is needed to type some keys. */
export function keyName({ key, mod, shift }: KeyPress): string {
  const base = key.length === 1 ? key.toLowerCase() : key;
  return mod ? `Mod+${shift ? 'Shift+' : ''}${base}` : base;
}

/** The action of a key press, or null. */
export function actionOf(press: KeyPress, bindings: readonly KeyBinding[] = keyBindings): Action | null {
  const name = keyName(press);
  return bindings.find((binding) => binding.action && binding.keys.includes(name))?.action ?? null;
}

const shownNames: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowDown: '↓',
  ArrowUp: '↑',
  PageDown: 'Page ↓',
  PageUp: 'Page ↑',
  Escape: 'Esc',
  Mod: 'Ctrl',
};

/** A key as it is written on the keyboard. */
export function shownKey(name: string): string {
  const parts = name.length === 1 ? [name] : name.split('+');
  return parts.map((part) => shownNames[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ');
}
