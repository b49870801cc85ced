/** The table of lesions: any number of rows, sorted by any column, selected by mouse and keys, labels written in place. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { LesionSelection, ListedLesion } from '../../../native/contract/library.ts';
import type { FieldInfo } from '../../../native/contract/model.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { count } from '../../ui/format.ts';
import { useView } from '../../ui/store.ts';
import { editLesions } from '../edits.ts';
import { openLesion } from '../open.ts';
import { lesionListing } from '../queries.ts';
import { rowAt, useWindow } from '../windows.ts';
import type { Column } from './columns.ts';
import { deselect, selectAll, selectRow, selectTo, usePage } from './pageState.ts';
import { TableHead } from './TableHead.tsx';
import { cellId, type RowActs, TableRow } from './TableRow.tsx';

const rowHeight = 34;
const noActs: RowActs = { click() {}, doubleClick() {}, commit() {}, cancel() {} };

export function LesionTable(props: {
  selection: LesionSelection;
  columns: readonly Column[];
  fields: readonly FieldInfo[];
  toldTotal: (total: number) => void;
}) {
  const { selection, columns, fields, toldTotal } = props;
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const listing = lesionListing(
    selection,
    columns.flatMap(({ field }) => field ?? []),
  );
  const list = useWindow(listing, ...range);
  const selected = usePage((s) => s.selected);
  const cursor = usePage((s) => s.cursor);
  const editing = usePage((s) => s.editing);
  const virtual = useVirtualizer({
    count: list.total ?? 0,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: rowHeight,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  if (first !== range[0] || last !== range[1]) setRange([first, last]);
  const { total } = list;
  useEffect(() => {
    if (total !== undefined) toldTotal(total);
  }, [total, toldTotal]);
  const here = total !== undefined && total > 0;
  // The keys act on the table from the moment at which it is there.
  useEffect(() => {
    if (here) box.current?.focus();
  }, [here]);
  const listed = JSON.stringify(selection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its top
  useEffect(() => virtual.scrollToOffset(0), [listed]);

  const lesionAt = (n: number) => list.row(n) ?? rowAt<ListedLesion>(listing.key, n);
  const open = (lesion: ListedLesion | undefined) => {
    if (!lesion) return;
    useView.setState({ dialog: null });
    void openLesion(lesion);
  };
  const moveTo = (row: number, column: string, extend: boolean) => {
    const lesion = lesionAt(row);
    virtual.scrollToIndex(row);
    if (extend) void selectTo(selection, row, column);
    else if (lesion) selectRow(lesion.id, row, column, false);
    else usePage.setState({ cursor: { row, column }, anchor: row });
  };
  const onKey = (event: KeyboardEvent) => {
    if (editing || !total) return;
    const at = cursor ?? { row: 0, column: columns[0].name };
    const lesion = cursor ? lesionAt(cursor.row) : undefined;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 2);
    const row = (n: number) => moveTo(Math.min(total - 1, Math.max(0, n)), at.column, event.shiftKey);
    const place = columns.findIndex(({ name }) => name === at.column);
    const along = (by: number) => {
      const next = columns[Math.min(columns.length - 1, Math.max(0, place + by))];
      usePage.setState({ cursor: { row: at.row, column: next.name } });
    };
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => row(cursor ? at.row + 1 : 0),
      ArrowUp: () => row(at.row - 1),
      PageDown: () => row(at.row + page),
      PageUp: () => row(at.row - page),
      Home: () => row(0),
      End: () => row(total - 1),
      ArrowRight: () => along(1),
      ArrowLeft: () => along(-1),
      Enter: () => open(lesion),
      F2: () => {
        if (columns[place]?.edits) usePage.setState({ editing: true });
      },
      ' ': () => {
        if (lesion) selectRow(lesion.id, at.row, at.column, true);
      },
    };
    const all = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a';
    if (!all && !Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    if (all) void selectAll(selection);
    else acts[event.key]();
  };
  const acts = useRef<RowActs>(noActs);
  acts.current = {
    click: (event, lesion, row, column) => {
      // A click into the editor leaves it open.
      if (event.target instanceof HTMLInputElement) return;
      if (event.shiftKey) void selectTo(selection, row, column.name);
      else selectRow(lesion.id, row, column.name, event.ctrlKey || event.metaKey);
    },
    doubleClick: (lesion, column) => {
      if (column.edits) usePage.setState({ editing: true });
      else open(lesion);
    },
    commit: (lesion, column, text) => {
      const ids = selected.has(lesion.id) ? [...selected] : [lesion.id];
      acts.current.cancel();
      void editLesions(ids, [{ name: column.name, value: text.trim() === '' ? null : text }]);
    },
    cancel: () => {
      usePage.setState({ editing: false });
      box.current?.focus();
    },
  };
  const editorOf = (lesion: ListedLesion, column: string) => ({
    known: fields.find(({ name }) => name === column)?.values ?? [],
    hint:
      selected.has(lesion.id) && selected.size > 1
        ? `Enter sets it for ${count(selected.size, 'lesion')}`
        : 'Enter sets it',
  });

  if (list.error) return <Failure error={list.error} retry={list.retry} />;
  if (total === undefined) return <Loading text="Reading the library" />;
  if (total === 0)
    return <Empty title="Nothing matches" text="No lesion passes the search and the filters above." />;
  const lastColumn = columns.length - 1;
  // The last column fills what is left of the table.
  const template = columns
    .map(({ width }, n) => (n === lastColumn ? `minmax(${width}px, 1fr)` : `${width}px`))
    .join(' ');
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are positioned, which a table would not survive
    <div
      ref={box}
      className="lesion-table"
      data-testid="lesion-table"
      role="grid"
      aria-label="Lesions"
      aria-multiselectable
      aria-rowcount={total + 1}
      aria-colcount={columns.length}
      aria-activedescendant={cursor ? cellId(cursor.row, cursor.column) : undefined}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <TableHead columns={columns} template={template} width={width} />
      <div style={{ height: virtual.getTotalSize(), width: `max(100%, ${width}px)`, position: 'relative' }}>
        {items.map((item) => {
          const lesion = list.row(item.index);
          const active = cursor?.row === item.index ? cursor.column : null;
          return (
            <TableRow
              key={item.key}
              lesion={lesion}
              index={item.index}
              start={item.start}
              height={item.size}
              columns={columns}
              template={template}
              width={width}
              selected={lesion !== undefined && selected.has(lesion.id)}
              active={active}
              editing={active !== null && lesion && editing ? editorOf(lesion, active) : null}
              acts={acts}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Forgets the selection when another list is shown: rows that are not in it must not be changed unseen. */
export function useSelectionOf(selection: LesionSelection): void {
  const { order: _, ...listed } = selection;
  const key = JSON.stringify(listed);
  const before = useRef(key);
  useEffect(() => {
    if (before.current !== key) deselect();
    before.current = key;
  }, [key]);
}
