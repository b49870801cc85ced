/** How the hits are laid out: in which order and groups, which stay first whatever is searched for, and whose are hidden. */
import { create } from 'zustand';
import type { Plane } from '../../native/contract/mark.ts';
import type { Hit } from '../../native/contract/model.ts';

export const orders = {
  rank: { title: 'Rank (similarity)', before: () => 0 },
  size: { title: 'Size, largest first', before: (a, b) => b.diameterMm - a.diameterMm },
  diagnosis: {
    title: 'Diagnosis',
    before: (a, b) => compareValues(labelOf(a, 'diagnosis'), labelOf(b, 'diagnosis')),
  },
} as const satisfies Record<string, { title: string; before: (a: Hit, b: Hit) => number }>;
export type Order = keyof typeof orders;
export type Layout = 'strip' | 'grid';

export interface Results {
  readonly layout: Layout;
  readonly order: Order;
  /** The label to group by. */
  readonly group: string | null;
  /** In which cards show lesions; null for that of the query. */
  readonly plane: Plane | null;
  /** As they were when they were pinned. */
  readonly pinned: readonly Hit[];
  /** Patients. */
  readonly hidden: readonly string[];
}
export interface ShownHit {
  readonly hit: Hit;
  readonly pinned: boolean;
  /** Whether this search found it; else its rank and score are of another one. */
  readonly found: boolean;
}
export interface HitGroup {
  /** Null where nothing is grouped. */
  readonly title: string | null;
  readonly hits: readonly ShownHit[];
}

const layoutKey = 'precedent.results.layout';

export const useResults = create<Results>(() => ({
  layout: localStorage.getItem(layoutKey) === 'grid' ? 'grid' : 'strip',
  order: 'rank',
  group: null,
  plane: null,
  pinned: [],
  hidden: [],
}));

export function toggleLayout(): void {
  const layout = useResults.getState().layout === 'grid' ? 'strip' : 'grid';
  localStorage.setItem(layoutKey, layout);
  useResults.setState({ layout });
}

export function togglePin(hit: Hit): void {
  useResults.setState(({ pinned }) => {
    const others = pinned.filter(({ lesion }) => lesion !== hit.lesion);
    return { pinned: others.length < pinned.length ? others : [...pinned, hit] };
  });
}

export function hidePatient(patient: string): void {
  useResults.setState(({ hidden }) => ({ hidden: [...new Set([...hidden, patient])] }));
}

/** The hits as they are shown: the pinned first, then the others in the chosen order and groups, each by rank where equal. */
export function arrange(
  hits: readonly Hit[],
  { order, group, pinned, hidden }: Pick<Results, 'order' | 'group' | 'pinned' | 'hidden'>,
): readonly HitGroup[] {
  const visible = ({ patient }: Hit) => !hidden.includes(patient);
  const kept = pinned.filter(visible).map((old): ShownHit => {
    const now = hits.find(({ lesion }) => lesion === old.lesion);
    return { hit: now ?? old, pinned: true, found: now !== undefined };
  });
  const rest = hits
    .filter((hit) => visible(hit) && !pinned.some(({ lesion }) => lesion === hit.lesion))
    .sort(orders[order].before)
    .map((hit): ShownHit => ({ hit, pinned: false, found: true }));
  if (group === null) return [{ title: null, hits: [...kept, ...rest] }];
  const groups = Map.groupBy(rest, ({ hit }) => labelOf(hit, group) ?? `no ${group}`);
  return [
    ...(kept.length > 0 ? [{ title: 'Pinned', hits: kept }] : []),
    ...[...groups].map(([title, own]) => ({ title, hits: own })),
  ];
}

/** In the order in which they are shown. */
export function shownHits(groups: readonly HitGroup[]): readonly ShownHit[] {
  return groups.flatMap(({ hits }) => hits);
}

function labelOf({ labels, diagnosis }: Hit, label: string): string | undefined {
  const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
  return label === 'diagnosis' ? (diagnosis?.diagnosis ?? value) : value;
}

/** What is not known comes last. */
function compareValues(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a.localeCompare(b);
}
