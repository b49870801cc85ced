/** How panes share the stage, and how thick a slab of maximum intensity may be: tables. */
import { type Plane, planes } from '../../native/contract/mark.ts';

export const layoutNames = ['planes', 'two', 'four', 'one'] as const;
export type LayoutName = (typeof layoutNames)[number];

interface Layout {
  readonly title: string;
  /** As CSS grid areas, one letter a pane in the order of the panes. */
  readonly areas: string;
  readonly columns: string;
  readonly panes: number;
  /** Where its panes are planes of the open volume, whatever else the patient has. */
  readonly planes?: readonly Plane[];
}

const half = 'minmax(0, 1fr)';

export const layouts: Readonly<Record<LayoutName, Layout>> = {
  planes: {
    title: 'Three planes',
    areas: '"a b" "a c"',
    columns: `minmax(0, 1.55fr) ${half}`,
    panes: 3,
    planes,
  },
  four: { title: 'Four panes', areas: '"a b" "c d"', columns: `${half} ${half}`, panes: 4 },
  two: { title: 'Two panes', areas: '"a b"', columns: `${half} ${half}`, panes: 2 },
  one: { title: 'One pane', areas: '"a"', columns: half, panes: 1 },
};

export function nextLayout(name: LayoutName): LayoutName {
  return layoutNames[(layoutNames.indexOf(name) + 1) % layoutNames.length];
}

/** In mm. */
export const slabsMm = { least: 5, usual: 20, most: 200, step: 5 } as const;

/** A slab thicker or thinner by one step; null is no slab, and stays so. */
export function steppedSlab(slabMm: number | null, by: 1 | -1): number | null {
  if (slabMm === null) return null;
  return Math.min(slabsMm.most, Math.max(slabsMm.least, slabMm + by * slabsMm.step));
}
