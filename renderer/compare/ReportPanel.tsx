/** The reports of the active hit's study, with the words that were searched for marked in them. */
import { useQuery } from '@tanstack/react-query';
import type { Hit } from '../../native/contract/model.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { useIdentity } from '../ui/identity.ts';
import { MarkedText } from '../ui/MarkedText.tsx';
import { useView } from '../ui/store.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';

export function ReportPanel({ hit, name }: { hit: Hit; name: string }) {
  const identity = useIdentity();
  const words = useView(({ subject }) =>
    subject && 'text' in subject.query ? subject.query.text.trim() : '',
  );
  const study = useQuery(volumeQuery(hit.volume)).data?.volume.study;
  const reports = useQuery({
    queryKey: [libraryKey, 'studyReports', study, words],
    queryFn: ({ signal }) =>
      callEngine('reports.list', { study: study ?? '', words: words || undefined }, { signal }),
    enabled: study !== undefined,
  });
  if (identity.hidden)
    return (
      <Empty
        title="Reports are hidden"
        text="They may name the patient. H shows who the patients are again."
      />
    );
  if (reports.error) return <Failure error={reports.error} retry={() => void reports.refetch()} />;
  if (!reports.data) return <Loading text="Reading the reports" />;
  if (reports.data.length === 0)
    return (
      <Empty title="No report" text={`The library has no report of the study of ${name.toLowerCase()}.`} />
    );
  return (
    <div className="compare-reports">
      {reports.data.map(({ id, title, date, text }) => (
        <article key={id} data-testid="compare-report">
          <div className="panel-label">
            {[title ?? 'Report', identity.date(date), identity.patient(hit.patient)]
              .filter(Boolean)
              .join(' · ')}
          </div>
          <p>
            <MarkedText text={text} />
          </p>
        </article>
      ))}
    </div>
  );
}
