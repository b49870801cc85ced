/** How query and hits share the stage: a table. */

interface Layout {
  /** Rows × columns, the query's pane among them. */
  readonly title: string;
  /** Hits that stand beside the query. */
  readonly hits: number;
}

export const compareLayoutNames = ['1x2', '1x3', '2x2', '2x3'] as const;
export type CompareLayoutName = (typeof compareLayoutNames)[number];

export const compareLayouts: Readonly<Record<CompareLayoutName, Layout>> = {
  '1x2': { title: '1 × 2', hits: 1 },
  '1x3': { title: '1 × 3', hits: 2 },
  '2x2': { title: '2 × 2', hits: 3 },
  '2x3': { title: '2 × 3', hits: 5 },
};
export const mostHits = Math.max(...compareLayoutNames.map((name) => compareLayouts[name].hits));

export function nextCompareLayout(name: CompareLayoutName): CompareLayoutName {
  return compareLayoutNames[(compareLayoutNames.indexOf(name) + 1) % compareLayoutNames.length];
}

/** The smallest layout that has room for so many hits. */
export function layoutFor(hits: number): CompareLayoutName {
  return compareLayoutNames.find((name) => compareLayouts[name].hits >= hits) ?? '2x3';
}

/** Rows and columns by how many panes there are, so that fewer hits than there is room for leave no hole. */
const shapes: readonly (readonly [rows: number, columns: number])[] = [
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 2],
  [2, 3],
  [2, 3],
];

export function shapeOf(panes: number): readonly [rows: number, columns: number] {
  return shapes[Math.min(shapes.length, Math.max(1, panes)) - 1];
}
