/** How the hits divide over the values of a label, beside how the searched library does. */
import { Select } from '@mantine/core';
import { useState } from 'react';
import type { Filter } from '../../native/contract/engine.ts';
import { expectedShare } from '../../native/contract/expectedShare.ts';
import { literalValue } from '../../native/contract/filters.ts';
import type { Distribution } from '../../native/contract/model.ts';
import { Empty, sentence } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { withFilter } from '../ui/LabelMenu.tsx';
import { byImportance, fieldToCount } from '../ui/labels.ts';
import { setSearchOptions, useView } from '../ui/store.ts';
import './distribution.css';
import { useSearch } from './useSearch.ts';

/** Values that no hit carries are told only as far as they fill the panel. */
const rowsShown = 8;

export function DistributionPanel() {
  const { search } = useSearch();
  const [chosen, setChosen] = useState<string | null>(null);
  const where = useView((s) => s.options.where);
  const result = search.data;
  const distributions = result?.distributions ?? [];
  const fields = byImportance(distributions.map((d) => d.field));
  const field = chosen !== null && fields.includes(chosen) ? chosen : fieldToCount(distributions);
  const shown = result?.distributions.find((d) => d.field === field);
  const rows = [...(shown?.values ?? [])].sort(
    isScale(shown)
      ? (a, b) => Number(a.value) - Number(b.value)
      : (a, b) => b.hits - a.hits || b.library - a.library,
  );
  const library = rows.reduce((sum, row) => sum + row.library, 0);
  const hits = result?.hits.length ?? 0;
  const carrying = rows.reduce((sum, row) => sum + row.hits, 0);
  const carried = rows.filter((row) => row.hits > 0);
  const listed = isScale(shown) ? rows : rows.slice(0, Math.max(rowsShown, carried.length));
  const unlisted = rows.length - listed.length;
  return (
    <section className="panel distribution" data-testid="distribution-panel" aria-label="What the hits are">
      <header className="panel-head">
        <b>What the hits are</b>
        {fields.length > 0 && (
          <Select
            size="xs"
            w={120}
            aria-label="Label to count"
            allowDeselect={false}
            data={[...fields]}
            value={field}
            onChange={setChosen}
          />
        )}
      </header>
      {!result ? (
        <Empty
          title="No search yet"
          text="After a search this counts what the hits carry, beside the library."
        />
      ) : !shown || rows.length === 0 ? (
        <Empty title="Nothing to count" text="None of the hits carries a label." />
      ) : (
        <>
          <div className="distribution-rows">
            {listed.map((row) => (
              <div key={row.value} className="distribution-row" data-value={row.value} data-hits={row.hits}>
                <button
                  type="button"
                  className="distribution-value"
                  title={`${row.value}: only such lesions, or all again`}
                  aria-pressed={where.some((one) => one.field === shown.field && isValue(one, row.value))}
                  onClick={() => toggleFilter(shown.field, row.value)}
                >
                  {row.value}
                </button>
                <span className="distribution-count">
                  <b>{row.hits}</b> of {hits}
                </span>
                <span className="distribution-base dim">{percent(row.library, library)}</span>
                <span
                  className="distribution-bar"
                  role="img"
                  aria-label={`${row.hits} of ${hits} hits, by chance ${percent(row.lo, 1)} to ${percent(row.hi, 1)} of those with the label; ${percent(row.library, library)} of the library`}
                  title={`${percent(row.hits, carrying)} of the hits with this label; 95% interval ${percent(row.lo, 1)} to ${percent(row.hi, 1)}`}
                >
                  <span className="bar" style={{ width: `${(100 * row.hits) / Math.max(1, hits)}%` }} />
                  <span
                    className="interval"
                    style={{
                      left: `${(100 * row.lo * carrying) / Math.max(1, hits)}%`,
                      width: `${(100 * (row.hi - row.lo) * carrying) / Math.max(1, hits)}%`,
                    }}
                  />
                  <span
                    className="base"
                    title="Share in the library"
                    style={{ left: `${(100 * row.library) / Math.max(1, library)}%` }}
                  />
                </span>
              </div>
            ))}
          </div>
          <p className="panel-note">
            Bar: hits, with the line of what chance allows (95%). Tick and percentage: the base rate, the
            share among {count(library, 'labelled lesion')} of the library.
            {hits > carrying ? ` ${count(hits - carrying, 'hit')} without this label.` : ''}
            {unlisted > 0 ? ` ${count(unlisted, 'more value')} on no hit.` : ''}
          </p>
        </>
      )}
      {result?.expected && (
        <p className="panel-note" data-testid="expected-share">
          {sentence(expectedShare(result.expected))}
        </p>
      )}
      {result && result.unproven > 0 && (
        <p className="panel-note" data-testid="unproven-note">
          Diagnoses count only where proven; that left out {count(result.unproven, 'case')}.
        </p>
      )}
      {result?.notes.map((note) => (
        <p key={note} className="panel-note">
          {sentence(note)}
        </p>
      ))}
    </section>
  );
}

/** A filter by exactly this value. */
function isValue({ value }: Filter, wanted: string): boolean {
  return value === literalValue(wanted);
}

/** Lets only lesions with this value pass, or takes that back. */
function toggleFilter(field: string, value: string): void {
  const { where } = useView.getState().options;
  const others = where.filter((one) => one.field !== field || !isValue(one, value));
  setSearchOptions({
    where: others.length < where.length ? others : withFilter(where, { field, value: literalValue(value) }),
  });
}

/** Grades such as 1 to 5 are read in their order, not by how frequent they are. */
function isScale(shown: Distribution | undefined): boolean {
  const values = shown?.values ?? [];
  return values.length <= 12 && values.every(({ value }) => /^-?\d+([.,]\d+)?$/.test(value));
}

function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? '<1%' : `${Math.round(share)}%`;
}
