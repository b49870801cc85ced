/** Studies whose reports hold the words of the search field; a click opens the study's first volume. */
import { useQuery } from '@tanstack/react-query';
import type { ReportHit } from '../../native/contract/engine.ts';
import { callEngine } from '../engine.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { useIdentity } from '../ui/identity.ts';
import { MarkedText } from '../ui/MarkedText.tsx';
import { failed } from '../ui/notice.ts';
import { openVolume, useView } from '../ui/store.ts';
import { reportsQuery } from './queries.ts';
import { VirtualRows } from './VirtualRows.tsx';

export function ReportList() {
  const identity = useIdentity();
  const text = useView((s) => s.libraryText).trim();
  const found = useQuery(reportsQuery(text));
  if (text === '')
    return (
      <Empty
        title="Search the reports"
        text={'Type words above: spicul*, "ground glass", nodule -calcified.'}
      />
    );
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading text="Searching the reports" />;
  if (found.data.rows.length === 0)
    return <Empty title="Nothing matches" text="No report holds these words." />;
  return (
    <VirtualRows
      label="Reports"
      rows={found.data.rows}
      height={() => 74}
      keyOf={(hit) => hit.report}
      render={(hit) => (
        <button type="button" className="row" data-testid="report-row" onClick={() => void openStudy(hit)}>
          <span className="row-text">
            <span className="row-line">
              <span className="row-name">{identity.text(hit.title) || identity.patient(hit.patient)}</span>
              <span className="dim">
                {identity.text(hit.title) ? `${identity.patient(hit.patient)} ` : ''}
                {identity.date(hit.date)}
              </span>
            </span>
            <span className="report-excerpt">
              {identity.hidden ? 'The text is hidden' : <MarkedText text={hit.excerpt} />}
            </span>
          </span>
        </button>
      )}
    />
  );
}

async function openStudy({ study, patient }: ReportHit): Promise<void> {
  try {
    const { rows } = await callEngine('volumes.list', { patient, study, limit: 1 });
    if (rows[0]) openVolume(rows[0], null);
  } catch (error) {
    failed('The study could not be opened', error);
  }
}
