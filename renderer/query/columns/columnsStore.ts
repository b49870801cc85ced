/** The view of the hits of several methods side by side: whether it is open, and what it shows. */
import { z } from 'zod';
import { create } from 'zustand';
import { keep, readKept, whenKept } from '../../ui/kept.ts';
import { useView } from '../../ui/store.ts';
import { isHitsPage, useWindows } from '../../windows/state.ts';

const schema = z.object({
  /** Null for all that can run. */
  methods: z.array(z.string().max(100)).max(100).nullable(),
  rows: z.number().int().positive().max(50),
});
const kept = 'columns';

interface Columns extends Readonly<z.infer<typeof schema>> {
  readonly open: boolean;
  /** The label by which hits are held against the query; null for the most telling one. */
  readonly field: string | null;
}

export const useColumns = create<Columns>(() => ({
  methods: null,
  rows: 5,
  ...readKept(kept, schema),
  open: false,
  field: null,
}));

export function chooseColumns(change: Partial<Pick<Columns, 'methods' | 'rows'>>): void {
  useColumns.setState(change);
  const { methods, rows } = useColumns.getState();
  keep(kept, { methods, rows });
}

whenKept(kept, () => useColumns.setState(readKept(kept, schema) ?? {}));

/** Whether they stand in this window, where they cover what is not the comparison. */
export function columnsHere(): boolean {
  return useColumns.getState().open && (!useWindows.getState().apart || isHitsPage());
}

/** A comparison would hide it. */
export function toggleColumns(): void {
  useView.setState({ compare: null });
  useColumns.setState(({ open }) => ({ open: !open }));
}

// Whoever opens a study wants to see it; in a window of their own they cover none.
useView.subscribe((now, before) => {
  if (useWindows.getState().apart) return;
  if (now.row !== before.row || now.lesion !== before.lesion) useColumns.setState({ open: false });
});
