/**
 * For those who judge methods: a column of hits for each, as 3D-MIR shows them, with how many share the query's class and which
 * of them other methods find too.
 */
import { Button, Select } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import { Empty, Failure, Loading, sentence } from '../../ui/Empty.tsx';
import { useView } from '../../ui/store.ts';
import { useShownKey } from '../../viewer/ownKeys.ts';
import { useCardView } from '../useCardView.ts';
import { agreement, agreementText, classOf, columnsWith, fieldsOf } from './agreement.ts';
import { ColumnCell } from './ColumnCell.tsx';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import './columns.css';
import { chooseColumns, useColumns } from './columnsStore.ts';
import { type MethodColumn, useColumnSearches } from './useColumnSearches.ts';

export function MethodColumns() {
  const keyOf = useShownKey();
  const subject = useView((s) => s.subject);
  const { rows, field: chosen } = useColumns();
  const { columns, methods } = useColumnSearches();
  const [pointed, setPointed] = useState<string | null>(null);
  const view = useCardView();
  const query = subject?.lesion ?? null;
  const fields = fieldsOf(
    query,
    columns.flatMap(({ hits }) => hits),
  );
  // The most telling one that the query has.
  const usual = fields.find((name) => query && classOf(query, name) !== undefined) ?? fields[0] ?? null;
  const field = chosen !== null && fields.includes(chosen) ? chosen : usual;
  const wanted = query && field !== null ? classOf(query, field) : undefined;
  const found = columnsWith(columns.map(({ hits }) => hits));
  return (
    <section className="columns" data-testid="method-columns" aria-label="Hits of each method">
      <header className="compare-head">
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowLeft size={13} />}
          onClick={() => useColumns.setState({ open: false })}
        >
          Back <kbd>Esc</kbd>
        </Button>
        <span className="compare-title">Methods side by side</span>
        <span className="dim columns-query">
          {field !== null &&
            (wanted === undefined
              ? `the query has no ${field === 'diagnosis' ? 'proven diagnosis' : field}`
              : `query: ${field} ${wanted}`)}
        </span>
        <span className="spacer" />
        {fields.length > 0 && (
          <Select
            size="xs"
            w={150}
            aria-label="Label to hold hits against the query by"
            data-testid="columns-field"
            allowDeselect={false}
            data={[...fields]}
            value={field}
            onChange={(value) => useColumns.setState({ field: value })}
          />
        )}
        <Select
          size="xs"
          w={92}
          aria-label="Rows of hits"
          allowDeselect={false}
          data={['3', '5', '10'].map((n) => ({ value: n, label: `${n} rows` }))}
          value={String(rows)}
          onChange={(value) => chooseColumns({ rows: Number(value ?? 5) })}
        />
        <ColumnsMenu methods={methods} shown={columns.map(({ method }) => method.name)} />
      </header>
      {!subject ? (
        <Empty
          title="Nothing searched yet"
          text={`Search for a lesion (${keyOf('find')}) or for words (${keyOf('words')}); then its hits by each method stand here.`}
        />
      ) : columns.length === 0 ? (
        <Empty title="No methods are chosen" text="Choose them in the menu on the right." />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the buttons inside
        <div className="columns-body" onKeyDown={moveFocus} onPointerLeave={() => setPointed(null)}>
          {columns.map((column) => (
            <section
              key={column.method.name}
              className="method-column"
              data-testid="method-column"
              data-method={column.method.name}
              aria-label={`Hits by ${column.method.name}`}
            >
              <h3 title={column.method.title}>
                {column.method.name}
                <span className="dim" data-testid="column-agreement">
                  {field !== null && wanted !== undefined && column.hits.length > 0
                    ? agreementText(agreement(column.hits, field, wanted))
                    : ' '}
                </span>
              </h3>
              <ColumnHits column={column}>
                {column.hits.map((hit) => (
                  <ColumnCell
                    key={hit.lesion}
                    hit={hit}
                    view={view}
                    method={column.method}
                    field={field}
                    wanted={wanted}
                    found={[found.get(hit.lesion) ?? 1, columns.length]}
                    pointed={pointed === hit.lesion}
                    point={setPointed}
                  />
                ))}
              </ColumnHits>
            </section>
          ))}
        </div>
      )}
    </section>
  );
}

/** The cells of a column, or why there are none. */
function ColumnHits({ column, children }: { column: MethodColumn; children: readonly React.ReactNode[] }) {
  const { refusal, error, result } = column;
  if (refusal !== undefined) return <p className="dim">{sentence(refusal)}</p>;
  if (error) return <Failure error={error} />;
  if (!result) return <Loading text="Searching" />;
  if (children.length === 0) return <p className="dim">{sentence(result.notes[0] ?? 'No lesion passes')}</p>;
  return <ol>{children}</ol>;
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  Home: [Number.NEGATIVE_INFINITY, 0],
  End: [Number.POSITIVE_INFINITY, 0],
};

/** Along a column and across to the others, past those without hits. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = steps[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const columns = [...event.currentTarget.querySelectorAll('.method-column')]
    .map((column) => [...column.querySelectorAll<HTMLElement>('button.column-cell')])
    .filter((cells) => cells.length > 0);
  const at = columns.findIndex((cells) => cells.some(isFocused));
  if (at < 0) return;
  event.preventDefault();
  const row = columns[at].findIndex(isFocused);
  const within = (place: number, length: number) => Math.min(length - 1, Math.max(0, place));
  const cells = columns[within(at + step[0], columns.length)];
  cells[within(row + step[1], cells.length)].focus();
}

function isFocused(cell: HTMLElement): boolean {
  return cell === document.activeElement;
}
