/** What the corners of a pane can say: what it shows, of when, where in it, and how. */
import type { VolumeRow } from '../../native/contract/model.ts';
import { type Pane, useView } from '../ui/store.ts';
import { CornerText } from './CornerText.tsx';
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
  const running = useView((state) => state.cine && state.activePane === place);
  const date = examination?.study.date;
  const apart =
    openExamination && examination !== openExamination ? interval(date, openExamination.study.date) : null;
  return (
    <CornerText
      row={row}
      voxels={voxels}
      plane={pane.plane}
      title={props.title}
      interval={
        apart === null ? null : (
          <span className="prior-mark" data-testid="prior-mark">
            {apart}
          </span>
        )
      }
      slice={slice}
      count={row.dims[geometry.normal]}
      positionMm={positionMm(row, geometry.normal, slice)}
      window={window}
      slabMm={pane.slabMm}
      zoom={pane.zoom}
      probe={probe}
      first={first}
      studyDate={date}
      cine={running ? <CineMark /> : null}
    />
  );
}

/** The patient coordinate (LPS) of a slice along the patient axis nearest to its normal, in mm. */
function positionMm(row: VolumeRow, normal: 0 | 1 | 2, slice: number): number {
  const axis = [0, 1, 2].reduce((best, c) =>
    Math.abs(row.direction[3 * normal + c]) > Math.abs(row.direction[3 * normal + best]) ? c : best,
  );
  return row.originMm[axis] + slice * row.spacingMm[normal] * row.direction[3 * normal + axis];
}
