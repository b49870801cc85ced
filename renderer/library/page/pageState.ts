/** What of the library's page is open, how its table is sorted, and which lesions are selected in it. */
import { create } from 'zustand';
import type { LesionSelection } from '../../../native/contract/library.ts';
import { callEngine } from '../../engine.ts';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';

export type PageName = 'lesions' | 'duplicates' | 'health' | 'history' | 'log';
type Order = NonNullable<LesionSelection['order']>;

interface PageState {
  readonly page: PageName;
  readonly order: Order | undefined;
  readonly selected: ReadonlySet<string>;
  /** The row from which a range is drawn, and the cell that the keys act on. */
  readonly anchor: number;
  readonly cursor: { readonly row: number; readonly column: string } | null;
  /** Whether that cell is being written in. */
  readonly editing: boolean;
}
export const usePage = create<PageState>(() => ({
  page: 'lesions',
  order: undefined,
  selected: new Set(),
  anchor: 0,
  cursor: null,
  editing: false,
}));

/** Of several choices in a row, the last one: a range that is still asked for must not replace it. */
let latest = 0;

export function openPage(page: PageName): void {
  usePage.setState({ page, editing: false });
  useView.setState({ dialog: 'library' });
}

export function deselect(): void {
  latest++;
  usePage.setState({ selected: new Set(), cursor: null, editing: false });
}

/** First up, then down, then in the library's own order. */
export function sortBy(by: string): void {
  const { order } = usePage.getState();
  const next =
    order?.by !== by ? { by, descending: false } : order.descending ? undefined : { by, descending: true };
  usePage.setState({ order: next, cursor: null, editing: false });
}

/** Selects a row alone; with `toggle` also or no longer. */
export function selectRow(id: string, row: number, column: string, toggle: boolean): void {
  latest++;
  const { selected } = usePage.getState();
  const next = new Set(toggle ? selected : []);
  if (toggle && selected.has(id)) next.delete(id);
  else next.add(id);
  usePage.setState({ selected: next, anchor: row, cursor: { row, column }, editing: false });
}

/** Selects the rows from the anchor to this one, in the list's order. */
export async function selectTo(selection: LesionSelection, row: number, column: string): Promise<void> {
  const { anchor } = usePage.getState();
  usePage.setState({ cursor: { row, column }, editing: false });
  const offset = Math.min(anchor, row);
  await selectRange(selection, offset, Math.abs(row - anchor) + 1);
}

export function selectAll(selection: LesionSelection): Promise<void> {
  return selectRange(selection, 0, undefined);
}

async function selectRange(
  selection: LesionSelection,
  offset: number,
  limit: number | undefined,
): Promise<void> {
  const turn = ++latest;
  try {
    const { lesions } = await callEngine('library.lesionIds', { ...selection, offset, limit });
    if (turn === latest) usePage.setState({ selected: new Set(lesions) });
  } catch (error) {
    failed('The lesions could not be selected', error);
  }
}
