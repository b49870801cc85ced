/** Studies whose reports hold the words of the search field; a click opens the study's first volume. */
import { useQuery } from '@tanstack/react-query';
import type { ReportHit } from '../../native/contract/engine.ts';
import { callEngine } from '../engine.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { useIdentity } from '../ui/identity.ts';
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
              {identity.hidden ? 'The text is hidden' : <Excerpt text={hit.excerpt} />}
            </span>
          </span>
        </button>
      )}
    />
  );
}

/** The found words stand between the control characters 2 and 3. */
function Excerpt({ text }: { text: string }) {
  const [start, end] = [String.fromCharCode(2), String.fromCharCode(3)];
  return text.split(start).map((part, n) => {
    const [found, rest] = n === 0 ? ['', part] : [part.split(end)[0], part.split(end).slice(1).join(end)];
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text have no other identity
      <span key={n}>
        {found && <mark>{found}</mark>}
        {rest}
      </span>
    );
  });
}

async function openStudy({ study, patient }: ReportHit): Promise<void> {
  try {
    const { rows } = await callEngine('volumes.list', { patient, study, limit: 1 });
    if (rows[0]) openVolume(rows[0], null);
  } catch (error) {
    failed('The study could not be opened', error);
  }
}
