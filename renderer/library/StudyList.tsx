/** Studies, each with its volumes when unfolded; a click on a volume opens it. */
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { StudyRow, VolumeRow } from '../../native/contract/model.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { count, date, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { openVolume, useView } from '../ui/store.ts';
import { studiesQuery, volumesQuery } from './queries.ts';
import { useAllRows } from './useAllRows.ts';
import { VirtualRows } from './VirtualRows.tsx';

type Line = { readonly study: StudyRow; readonly volume: VolumeRow | null };

export function StudyList() {
  const identity = useIdentity();
  const patient = useView((s) => s.libraryPatient);
  const text = useView((s) => s.libraryText);
  const [unfolded, setUnfolded] = useState<string | null>(null);
  const list = useInfiniteQuery(studiesQuery(patient));
  const { rows, total, more } = useAllRows(
    list,
    text,
    (row) => `${row.patient} ${row.description ?? ''} ${date(row.date)}`,
  );
  // Of one patient with one study, the volumes are what is looked for.
  const open = unfolded ?? (patient !== null && rows.length === 1 ? rows[0].id : null);
  const volumes = useQuery(volumesQuery(rows.find((study) => study.id === open) ?? null));
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading text="Reading the library" />;
  if (total === 0) return <Empty title="No studies yet" text="Import CT series, or drop a folder here." />;
  if (rows.length === 0) return <Empty title="Nothing matches" text="No study is called that." />;
  const lines: Line[] = rows.flatMap((study) => [
    { study, volume: null },
    ...(study.id === open ? (volumes.data?.rows ?? []).map((volume) => ({ study, volume })) : []),
  ]);
  return (
    <VirtualRows
      key={open ?? ''}
      label="Studies"
      rows={lines}
      height={() => 42}
      keyOf={(line) => line.volume?.id ?? line.study.id}
      more={more}
      render={({ study, volume }) =>
        volume ? (
          <VolumeLine volume={volume} />
        ) : (
          <button
            type="button"
            className="row"
            data-testid="study-row"
            aria-expanded={study.id === open}
            onClick={() => setUnfolded(study.id === open ? '' : study.id)}
          >
            {study.id === open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
            <span className="row-text">
              <span className="row-line">
                <span className="row-name">
                  {identity.text(study.description) ||
                    (identity.hidden ? 'Study' : 'Study without a description')}
                </span>
                <span className="dim">{identity.date(study.date)}</span>
              </span>
              <span className="row-line dim">
                {identity.patient(study.patient)} · {count(study.volumes, 'volume')} ·{' '}
                {count(study.lesions, 'lesion')}
              </span>
            </span>
          </button>
        )
      }
    />
  );
}

function VolumeLine({ volume }: { volume: VolumeRow }) {
  const identity = useIdentity();
  const open = useView((s) => s.row?.id === volume.id);
  return (
    <button
      type="button"
      className="row nested"
      data-testid="volume-row"
      data-volume={volume.id}
      aria-pressed={open}
      onClick={() => openVolume(volume, null)}
    >
      <span className="row-text">
        <span className="row-line">
          <span className="row-name">{identity.text(volume.description) || 'Volume'}</span>
          <SourceMarks source={volume} />
          <span className="dim">{volume.lesions > 0 ? count(volume.lesions, 'lesion') : ''}</span>
        </span>
        <span className="row-line dim">
          {volume.dims.join(' × ')}
          {volume.sliceThicknessMm ? ` · ${thickness(volume.sliceThicknessMm)}` : ''}
          {volume.kernel ? ` · ${volume.kernel}` : ''}
          {volume.warnings.length > 0 ? ` · ${count(volume.warnings.length, 'warning')}` : ''}
        </span>
      </span>
    </button>
  );
}
