/** What paints one pane. Two implementations: Cornerstone3D on WebGL, and a 2D canvas where there is no WebGL. */
import type { PaneView } from './planes.ts';
import type { Window } from './presets.ts';
import type { Voxels } from './voxels.ts';

export interface Picture {
  readonly voxels: Voxels;
  readonly view: PaneView;
  readonly window: Window;
  readonly inverted: boolean;
  /** Thickness in mm of the slab whose highest values are shown, or null for the slice alone. */
  readonly slabMm: number | null;
}

export interface PaneRenderer {
  /** Paints soon; calls in between are dropped in favour of the latest. */
  show(picture: Picture): void;
  /** Forgets the picture, so that its voxels can be released. */
  clear(): void;
  dispose(): void;
}

/** Called after each picture that is really on the screen. */
export type Painted = (picture: Picture) => void;

/** Asks for the slice of a picture before what else is missing; a plane across the stored slices needs all of them alike. */
export function wantSlice({ voxels, view }: Picture): void {
  if (view.geometry.normal === 2 && view.slice !== voxels.wanted) voxels.want(view.slice);
}
