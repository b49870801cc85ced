/** The stage with the panes of what is open, and beside it the patient's series; holds the voxels of what is shown. */

import { TourButton } from '../tour/Tour.tsx';
import { Empty } from '../ui/Empty.tsx';
import { useView } from '../ui/store.ts';
import { gridOf } from './grid.ts';
import { useHanging } from './hang.ts';
import { NoWebgl } from './NoWebgl.tsx';
import { planeGeometry } from './planes.ts';
import { useRenderPath } from './renderPath.ts';
import { SeriesStrip } from './SeriesStrip.tsx';
import { Stage } from './Stage.tsx';
import { HeldVoxels } from './shownVoxels.tsx';

export function Viewer() {
  const row = useView((s) => s.row);
  const beside = useView((s) => s.beside);
  const path = useRenderPath();
  useHanging();
  if (path === 'none') return <NoWebgl />;
  if (!row) {
    return (
      <div className="viewer-empty">
        <Empty
          title="No volume open"
          text="Choose a lesion or a study in the library on the left. It opens here in three planes."
        >
          <TourButton />
        </Empty>
      </div>
    );
  }
  const { focus } = useView.getState();
  const shown = [{ row, at: focus }, ...Object.values(beside)];
  return (
    <div className="viewer">
      {shown.map((one) => (
        <HeldVoxels
          key={one.row.id}
          row={one.row}
          // Stored slices are read in the order in which they lie around this one.
          startSlice={planeGeometry(gridOf(one.row), 'axial').normal === 2 ? one.at[2] : one.row.dims[2] / 2}
          open={one.row.id === row.id}
        />
      ))}
      <SeriesStrip row={row} />
      <Stage row={row} cpu={path === 'cpu'} />
    </div>
  );
}
