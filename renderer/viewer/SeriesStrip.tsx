/**
 * The series of the open patient as small pictures, by examination, the newest first; a double click, Enter or a drag hangs one.
 * Where there is only one, there is nothing to choose from and no strip.
 */
import { Tooltip } from '@mantine/core';
import { type DragEvent, useRef } from 'react';
import type { VolumeRow } from '../../native/contract/model.ts';
import { count, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import { type Examination, interval } from './examinations.ts';
import { hangIn } from './hang.ts';
import { usePatientSeries } from './patientSeries.ts';
import { SeriesPicture } from './SeriesPicture.tsx';
import './seriesStrip.css';

/** The kind of what is dragged from the strip; its data is the volume's id. */
const dragKind = 'application/x-precedent-volume';

export function isVolumeDrag({ dataTransfer }: DragEvent): boolean {
  return dataTransfer.types.includes(dragKind);
}

export function draggedVolume({ dataTransfer }: DragEvent): string | null {
  return dataTransfer.getData(dragKind) || null;
}

export function SeriesStrip({ row }: { row: VolumeRow }) {
  const wanted = useView((s) => s.seriesStrip);
  const series = usePatientSeries(row.patient);
  const several = series && series.reduce((n, one) => n + one.volumes.length, 0) > 1;
  const shown = useRef(false);
  // Until another patient's series are known, the strip keeps its place if it had one: the panes would jump twice.
  if (!series && wanted && shown.current) return <div className="series-strip" />;
  shown.current = wanted && several === true;
  if (!series || !shown.current) return null;
  const current = series.find((one) => one.volumes.some(({ id }) => id === row.id));
  return (
    <nav className="series-strip" aria-label="Series of the patient" data-testid="series-strip">
      {series.map((one) => (
        <section key={one.study.id} className="series-study" data-current={one === current}>
          <StudyHead examination={one} current={current} />
          {one.volumes.map((volume) => (
            <SeriesCard key={volume.id} volume={volume} />
          ))}
        </section>
      ))}
    </nav>
  );
}

function StudyHead({ examination, current }: { examination: Examination; current: Examination | undefined }) {
  const { study } = examination;
  const identity = useIdentity();
  const apart = examination === current ? 'Open' : interval(study.date, current?.study.date);
  return (
    <header className="series-head">
      <b>{identity.date(study.date) || 'No date'}</b>
      {apart !== null && <span className="series-apart">{apart}</span>}
      {identity.text(study.description) && <span className="dim">{study.description}</span>}
    </header>
  );
}

function SeriesCard({ volume }: { volume: VolumeRow }) {
  const identity = useIdentity();
  const open = useView((s) => s.row?.id === volume.id);
  const shown = useView((s) => s.panes.some((pane) => pane.volume === volume.id));
  const slices = `${volume.dims[2]} × ${thickness(volume.spacingMm[2])}`;
  const name = identity.text(volume.description) || 'Series';
  const hang = () => hangIn(useView.getState().activePane, volume);
  return (
    <Tooltip
      position="right"
      openDelay={500}
      multiline
      maw={260}
      label={`${name}: double click or Enter hangs it in the active pane, or drag it to one`}
    >
      <button
        type="button"
        className="series-card"
        data-testid="series-card"
        data-volume={volume.id}
        data-open={open}
        data-shown={shown}
        aria-label={`${name}, ${slices}${open ? ', open' : shown ? ', shown' : ''}`}
        draggable
        onDragStart={(event) => {
          event.dataTransfer.setData(dragKind, volume.id);
          event.dataTransfer.effectAllowed = 'link';
        }}
        // A key gives a click without a count.
        onClick={(event) => {
          if (event.detail === 0) hang();
        }}
        onDoubleClick={hang}
      >
        <SeriesPicture row={volume} />
        <span className="series-name">{name}</span>
        <span className="series-facts dim">{slices}</span>
        {volume.lesions > 0 && <span className="series-facts dim">{count(volume.lesions, 'lesion')}</span>}
      </button>
    </Tooltip>
  );
}
