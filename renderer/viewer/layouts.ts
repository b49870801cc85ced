/** How the planes share the stage, and how thick a slab of maximum intensity may be: tables. */
import { type Plane, planes } from '../../native/contract/mark.ts';

export const layoutNames = ['planes', 'two', 'one'] as const;
export type LayoutName = (typeof layoutNames)[number];

interface Layout {
  readonly title: string;
  /** In the order in which they stand; the first takes the most room. */
  readonly planes: readonly Plane[];
}

export const layouts: Readonly<Record<LayoutName, Layout>> = {
  planes: { title: 'Three planes', planes },
  two: { title: 'Axial and coronal', planes: ['axial', 'coronal'] },
  one: { title: 'Axial alone', planes: ['axial'] },
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
