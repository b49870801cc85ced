/** What is measured and known of query and hits in a table; where a hit says the same as the query is marked. */
import { useQueries, useQuery } from '@tanstack/react-query';
import type { Diagnosis, Hit } from '../../native/contract/model.ts';
import { DiagnosisText } from '../query/proofs.tsx';
import { colors } from '../ui/colors.ts';
import type { Subject } from '../ui/store.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { type Known, tableRows } from './tableRows.ts';

interface CompareTableProps {
  readonly subject: Subject | null;
  readonly hits: readonly { readonly hit: Hit; readonly name: string }[];
  readonly active: string;
}

export function CompareTable({ subject, hits, active }: CompareTableProps) {
  const queryVolume = useQuery(volumeQuery(subject?.volume ?? null)).data?.volume;
  const lesions = useQueries({ queries: hits.map(({ hit }) => lesionQuery(hit.lesion)) });
  const volumes = useQueries({ queries: hits.map(({ hit }) => volumeQuery(hit.volume)) });
  const measurements = subject?.measurements ?? null;
  const query: Known | null = measurements && {
    measurements,
    lesion: measurements,
    volume: queryVolume,
    kernel: queryVolume?.kernel,
    contrast: queryVolume?.contrast,
    labels: subject?.lesion?.labels ?? {},
  };
  const known = hits.map(({ hit }, n): Known => {
    const { kernel, contrast, labels } = hit;
    const lesion = lesions[n].data?.lesion;
    return { measurements: hit, lesion, volume: volumes[n].data?.volume, kernel, contrast, labels };
  });
  const wanted = query ? subject?.lesion?.diagnosis?.diagnosis : undefined;
  return (
    <table className="compare-table" data-testid="compare-table">
      <thead>
        <tr>
          <th aria-label="What" />
          {query && <th style={{ color: colors.query }}>Query · {subject?.title}</th>}
          {hits.map(({ hit, name }) => (
            <th
              key={hit.lesion}
              style={{ color: colors.hit }}
              data-active={hit.lesion === active || undefined}
            >
              {name} · {hit.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Diagnosis</th>
          {query && (
            <td>
              <DiagnosisText diagnosis={subject?.lesion?.diagnosis} />
            </td>
          )}
          {hits.map(({ hit }) => (
            <DiagnosisCell key={hit.lesion} diagnosis={hit.diagnosis} wanted={wanted} />
          ))}
        </tr>
        {tableRows(query, known).map(({ title, cells }) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            {cells.map(({ text, agrees }, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell is known by its column
              <td key={n} className={agrees ? 'same' : undefined}>
                {agrees && <Agrees />}
                {text}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DiagnosisCell({
  diagnosis,
  wanted,
}: {
  diagnosis: Diagnosis | undefined;
  wanted: string | undefined;
}) {
  const agrees = wanted !== undefined && diagnosis?.diagnosis === wanted;
  return (
    <td className={agrees ? 'same' : undefined}>
      {agrees && <Agrees />}
      <DiagnosisText diagnosis={diagnosis} />
    </td>
  );
}

function Agrees() {
  return (
    <span className="agrees" role="img" aria-label="As the query" title="As the query">
      =
    </span>
  );
}
