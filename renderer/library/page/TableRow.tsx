/** A row of the table of lesions: drawn anew only when it changes itself, so that scrolling costs the rows that come into sight. */
import { type MouseEvent, memo, type RefObject } from 'react';
import type { ListedLesion } from '../../../native/contract/library.ts';
import { proofMarks } from '../../query/proofs.tsx';
import { useIdentity } from '../../ui/identity.ts';
import { LabelLine } from '../../ui/LabelLine.tsx';
import { Thumbnail } from '../../ui/Thumbnail.tsx';
import { CellEditor } from './CellEditor.tsx';
import { type Column, cellText, labelsColumn, pictureColumn } from './columns.ts';

/** What happens to a row's cells. */
export interface RowActs {
  click(event: MouseEvent, lesion: ListedLesion, row: number, column: Column): void;
  doubleClick(lesion: ListedLesion, column: Column): void;
  commit(lesion: ListedLesion, column: Column, text: string): void;
  cancel(): void;
}

export const cellId = (row: number, column: string) => `cell-${row}-${column}`;

export const TableRow = memo(function TableRow(props: {
  lesion: ListedLesion | undefined;
  index: number;
  start: number;
  height: number;
  columns: readonly Column[];
  template: string;
  width: number;
  selected: boolean;
  /** The column of the cell that the keys act on, where it is in this row. */
  active: string | null;
  /** Where that cell is being written in: what is known of its column, and what Enter will do. */
  editing: { readonly known: readonly { readonly value: string }[]; readonly hint: string } | null;
  acts: RefObject<RowActs>;
}) {
  const { lesion, index, columns, acts, active, editing } = props;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names the active cell
    // biome-ignore lint/a11y/useSemanticElements: rows are positioned, which a table would not survive
    <div
      role="row"
      className="table-row"
      data-testid="table-row"
      data-lesion={lesion?.id}
      aria-busy={lesion === undefined}
      aria-rowindex={index + 2}
      aria-selected={props.selected}
      style={{
        gridTemplateColumns: props.template,
        width: `max(100%, ${props.width}px)`,
        height: props.height,
        transform: `translateY(${props.start}px)`,
      }}
    >
      {lesion &&
        columns.map((column) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: see above
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys
          <div
            key={column.name}
            id={cellId(index, column.name)}
            role="gridcell"
            className="table-cell"
            data-kind={column.kind}
            data-active={active === column.name}
            onClick={(event) => acts.current.click(event, lesion, index, column)}
            onDoubleClick={() => acts.current.doubleClick(lesion, column)}
          >
            {active === column.name && editing ? (
              <CellEditor
                column={column}
                value={cellText(lesion, column)}
                known={editing.known}
                hint={editing.hint}
                commit={(text) => acts.current.commit(lesion, column, text)}
                cancel={() => acts.current.cancel()}
              />
            ) : (
              <CellContent lesion={lesion} column={column} />
            )}
          </div>
        ))}
    </div>
  );
});

function CellContent({ lesion, column }: { lesion: ListedLesion; column: Column }) {
  const identity = useIdentity();
  if (column.name === pictureColumn) return <Thumbnail lesion={lesion.id} size={30} />;
  if (column.name === labelsColumn)
    return (
      <LabelLine
        labels={lesion.labels}
        diagnosis={lesion.diagnosis?.diagnosis}
        className="row-labels"
        most={4}
      />
    );
  if (column.name === 'patient')
    return <span title={identity.whole(lesion.patient)}>{identity.patient(lesion.patient)}</span>;
  const text = cellText(lesion, column);
  if (column.name === 'date') return <span>{identity.date(text)}</span>;
  if (column.name === 'proof' && lesion.diagnosis) {
    const mark = proofMarks[lesion.diagnosis.proof];
    return (
      <span className={`proof ${mark.strength}`} title={mark.text}>
        {mark.sign} {lesion.diagnosis.proof}
      </span>
    );
  }
  return <span title={text}>{text}</span>;
}
