/** Makes surfaces in a thread of its own, so that the page goes on while it does. */
import type { Mask } from '../viewer/contours.ts';
import type { Grid } from '../viewer/grid.ts';
import { type Mesh, surfaceOf } from './mesh.ts';

export interface SurfaceJob {
  readonly id: number;
  readonly mask: Mask;
  readonly grid: Grid;
}
export interface SurfaceDone {
  readonly id: number;
  /** Null for an empty mask, or where it could not be made. */
  readonly mesh: Mesh | null;
  readonly error: string | null;
}

self.addEventListener('message', ({ data }: MessageEvent<SurfaceJob>) => {
  const { id, mask, grid } = data;
  const answer = (done: SurfaceDone, transfer: Transferable[] = []) => self.postMessage(done, { transfer });
  try {
    const mesh = surfaceOf(mask, grid);
    answer(
      { id, mesh, error: null },
      mesh ? [mesh.points.buffer, mesh.normals.buffer, mesh.triangles.buffer] : [],
    );
  } catch (thrown) {
    answer({ id, mesh: null, error: String(thrown) });
  }
});
