/** What is written in the corners of a pane: what it shows, of when, where in it, and how. */
import type { VolumeRow } from '../../native/contract/model.ts';
import { hu, minus, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import type { Pane } from '../ui/store.ts';
import { CineMark } from './cine.tsx';
import { type Examination, interval } from './examinations.ts';
import type { Vec3 } from './grid.ts';
import type { PlaneGeometry } from './planes.ts';
import type { Window } from './presets.ts';
import type { Voxels } from './voxels.ts';

export function PaneText(props: {
  place: number;
  pane: Pane;
  row: VolumeRow;
  voxels: Voxels | null;
  title: string;
  geometry: PlaneGeometry;
  slice: number;
  window: Window;
  probe: Vec3 | null;
  /** Whether it says whose picture it is and how it was made: of panes that show the same, the first. */
  first: boolean;
  /** Of the volume that it shows, and of the open one where that is another. */
  examination: Examination | undefined;
  openExamination: Examination | undefined;
}) {
  const { place, pane, row, voxels, geometry, slice, window, probe, first } = props;
  const { examination, openExamination } = props;
  const identity = useIdentity();
  const value = probe && voxels ? voxels.valueAt(probe) : null;
  const date = examination?.study.date;
  const apart =
    openExamination && examination !== openExamination ? interval(date, openExamination.study.date) : null;
  return (
    <>
      <div className="pane-text top-left">
        <b>{props.title}</b>
        {apart !== null && (
          <span className="prior-mark" data-testid="prior-mark">
            {' '}
            {apart}
          </span>
        )}
        {first && (
          <>
            <br />
            {identity.patient(row.patient)}
            {date !== undefined && <span className="dim"> {identity.date(date)}</span>}
            <br />
            <span className="dim">{row.description ?? ''}</span>
          </>
        )}
      </div>
      <div className="pane-text top-right">
        <CineMark place={place} />
        {slice + 1} / {row.dims[geometry.normal]}
        <br />
        <span className="dim">{minus(Number(positionMm(row, geometry.normal, slice).toFixed(1)))} mm</span>
      </div>
      <div className="pane-text bottom-left" data-testid={`probe-${props.title.toLowerCase()}`}>
        {probe && value !== null ? (
          <>
            <b>{hu(value)}</b>
            <br />
            <span className="dim">{probe.map((x) => Math.round(x)).join(', ')}</span>
          </>
        ) : null}
      </div>
      <div className="pane-text bottom-right">
        {first && (
          <>
            <span className="dim">
              {thickness(row.sliceThicknessMm ?? row.spacingMm[2])}
              {row.kernel ? ` · ${row.kernel}` : ''}
              {row.contrast ? ` · ${row.contrast}` : ''}
            </span>
            <br />
          </>
        )}
        <SourceMarks source={row} />
        {pane.slabMm !== null && <span className="slab-mark">MIP {pane.slabMm} mm </span>}W {window.width} C{' '}
        {minus(window.center)}
      </div>
      {voxels?.failure && <div className="pane-failure">{voxels.failure}</div>}
    </>
  );
}

/** The patient coordinate (LPS) of a slice along the patient axis nearest to its normal, in mm. */
function positionMm(row: VolumeRow, normal: 0 | 1 | 2, slice: number): number {
  const axis = [0, 1, 2].reduce((best, c) =>
    Math.abs(row.direction[3 * normal + c]) > Math.abs(row.direction[3 * normal + best]) ? c : best,
  );
  return row.originMm[axis] + slice * row.spacingMm[normal] * row.direction[3 * normal + axis];
}
