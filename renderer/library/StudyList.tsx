/** Studies, each with its volumes when unfolded; a click on a volume opens it. */
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { StudyRow, VolumeRow } from '../../native/contract/model.ts';
import { Empty } from '../ui/Empty.tsx';
import { count, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { openVolume, useView } from '../ui/store.ts';
import { Deletable } from './deletion/DeleteButton.tsx';
import { studyListing, volumesQuery } from './queries.ts';
import { useSettled } from './useSettled.ts';
import { WindowRows } from './WindowRows.tsx';
import { useWindow } from './windows.ts';

interface Unfolded {
  readonly study: StudyRow;
  readonly at: number;
}

export function StudyList() {
  const identity = useIdentity();
  const patient = useView((s) => s.libraryPatient);
  const text = useView((s) => s.libraryText);
  const listing = studyListing(patient, useSettled(text));
  const [chosen, setChosen] = useState<Unfolded | 'none' | null>(null);
  // Of one patient with one study, the volumes are what is looked for.
  const only = useWindow(listing, 0, 0);
  const first = only.row(0);
  const alone = patient !== null && only.total === 1 && first ? { study: first, at: 0 } : null;
  const open = chosen === 'none' ? null : (chosen ?? alone);
  const volumes = useQuery(volumesQuery(open?.study ?? null));
  return (
    <WindowRows
      label="Studies"
      listing={listing}
      height={42}
      empty={
        text.trim() === '' ? (
          <Empty title="No studies yet" text="Import CT series, or drop a folder here." />
        ) : (
          <Empty title="Nothing matches" text="No study is called that." />
        )
      }
      unfolded={
        open
          ? {
              after: open.at,
              rows: (volumes.data?.rows ?? []).map((volume) => (
                <VolumeLine key={volume.id} volume={volume} />
              )),
            }
          : undefined
      }
      render={(study, at) => (
        <Deletable subject={{ study: study.id }} what="this study" patient={study.patient}>
          <button
            type="button"
            className="row"
            data-testid="study-row"
            aria-expanded={study.id === open?.study.id}
            onClick={() => setChosen(study.id === open?.study.id ? 'none' : { study, at })}
          >
            {study.id === open?.study.id ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
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
        </Deletable>
      )}
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
