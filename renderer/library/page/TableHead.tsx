/** The head of the table: a click sorts, the edge of a column sets its width by mouse or arrow keys. */
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type PointerEvent, useState } from 'react';
import { type Column, chooseColumns } from './columns.ts';
import { sortBy, usePage } from './pageState.ts';

const least = 40;
const most = 800;
const keyStep = 10;

export function TableHead(props: { columns: readonly Column[]; template: string; width: number }) {
  const { columns } = props;
  const order = usePage((s) => s.order);
  const [dragged, setDragged] = useState<{ readonly at: number; readonly from: number } | null>(null);
  const resize = (at: number, width: number) =>
    chooseColumns(
      columns.map((column, n) =>
        n === at ? { ...column, width: Math.min(most, Math.max(least, Math.round(width))) } : column,
      ),
    );
  const grip = (at: number, { title, width }: Column) => (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <span
      className="column-grip"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${title}`}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      onPointerDown={(event: PointerEvent<HTMLElement>) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged({ at, from: event.clientX - width });
      }}
      onPointerMove={(event) => {
        if (dragged?.at === at) resize(at, event.clientX - dragged.from);
      }}
      onPointerUp={() => setDragged(null)}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowRight' ? keyStep : event.key === 'ArrowLeft' ? -keyStep : 0;
        if (by === 0) return;
        event.preventDefault();
        event.stopPropagation();
        resize(at, width + by);
      }}
    />
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are positioned, which a table would not survive
    // biome-ignore lint/a11y/useFocusableInteractive: its buttons are
    <div
      role="row"
      className="table-head"
      aria-rowindex={1}
      style={{ gridTemplateColumns: props.template, width: `max(100%, ${props.width}px)` }}
    >
      {columns.map((column, at) => {
        const sorted = order?.by === column.field ? (order.descending ? 'descending' : 'ascending') : 'none';
        return (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: see above
          <div
            key={column.name}
            role="columnheader"
            className="table-cell"
            data-kind={column.kind}
            aria-sort={column.field === null ? undefined : sorted}
          >
            {column.field === null ? (
              <span>{column.kind === 'picture' ? '' : column.title}</span>
            ) : (
              <button type="button" title={column.title} onClick={() => sortBy(column.field ?? column.name)}>
                {column.title}
                {sorted === 'ascending' && <IconArrowUp size={12} />}
                {sorted === 'descending' && <IconArrowDown size={12} />}
              </button>
            )}
            {grip(at, column)}
          </div>
        );
      })}
    </div>
  );
}
