/** How much of the body a pane of the comparison shows: the same mm in every pane, or the lesion at the same share of it. */
import type { Linked, Place } from './linked.ts';

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

export function fieldOf(
  { toFit, extentMm, commonMm }: Scaled,
  linked: Pick<Linked, 'fieldMm' | 'fitZoom'>,
): number {
  return toFit ? extentMm / fittedShare / linked.fitZoom : (linked.fieldMm ?? commonMm);
}

/** In mm of this pane. */
export function panMmOf({ toFit, extentMm }: Scaled, pan: Place['pan']): [number, number] {
  const unit = toFit ? extentMm : 1;
  return [pan[0] * unit, pan[1] * unit];
}

/** What all panes do where one was moved by so many mm and shows so many. */
export function movedTo(
  { toFit, extentMm }: Scaled,
  panMm: readonly [number, number],
  fieldMm: number,
): { readonly pan: Place['pan'] } & Partial<Pick<Linked, 'fieldMm' | 'fitZoom'>> {
  if (!toFit) return { pan: panMm, fieldMm };
  return {
    pan: [panMm[0] / extentMm, panMm[1] / extentMm],
    fitZoom: extentMm / fittedShare / fieldMm,
  };
}
