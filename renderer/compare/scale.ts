/** How much of the body a pane of the comparison shows: the same mm in every pane, or the lesion at the same share of it. */

/** From the lesion's centre to the pane's, right and down on the screen: mm, or extents of the lesion where each is fitted. */
export type Pan = readonly [number, number];

export interface Zoom {
  /** The mm that the shorter side of every pane shows; null where it follows from the lesions. */
  readonly fieldMm: number | null;
  /** Where each lesion is fitted: how much larger it is than at first. */
  readonly fitZoom: number;
}

/** The least field of view, and how many diameters of the largest lesion it shows at least, in mm. */
const leastFieldMm = 50;
const diametersShown = 3;
/** The part of a pane's shorter side that a lesion takes where each is fitted. */
const fittedShare = 0.4;

/** The mm that the shorter side of every pane shows, unless the user chose another scale. */
export function commonFieldMm(diametersMm: readonly number[]): number {
  return Math.max(leastFieldMm, diametersShown * Math.max(0, ...diametersMm));
}

interface Scaled {
  readonly toFit: boolean;
  /** Of this pane's lesion. */
  readonly extentMm: number;
  /** As `commonFieldMm` says. */
  readonly commonMm: number;
}

export function fieldOf({ toFit, extentMm, commonMm }: Scaled, zoom: Zoom): number {
  return toFit ? extentMm / fittedShare / zoom.fitZoom : (zoom.fieldMm ?? commonMm);
}

/** In mm of this pane. */
export function panMmOf({ toFit, extentMm }: Scaled, pan: Pan): [number, number] {
  const unit = toFit ? extentMm : 1;
  return [pan[0] * unit, pan[1] * unit];
}

/** What all panes do where one was moved by so many mm and shows so many. */
export function movedTo(
  { toFit, extentMm }: Scaled,
  panMm: readonly [number, number],
  fieldMm: number,
): { readonly pan: Pan } & Partial<Zoom> {
  if (!toFit) return { pan: panMm, fieldMm };
  return {
    pan: [panMm[0] / extentMm, panMm[1] / extentMm],
    fitZoom: extentMm / fittedShare / fieldMm,
  };
}
