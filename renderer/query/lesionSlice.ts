/** The one slice of a lesion that stands on a card: which voxels it takes, and how large it is shown. */
import { queryOptions } from '@tanstack/react-query';
import type { Plane } from '../../native/contract/mark.ts';
import type { Measurements, VolumeRow } from '../../native/contract/model.ts';
import { boxUrl } from '../urls.ts';
import { type Box, type Grid, gridOf, subGrid, type Vec3 } from '../viewer/grid.ts';
import { type PlaneGeometry, planeGeometry } from '../viewer/planes.ts';

/** Of a lesion's longest axial diameter so much is shown around it, within these bounds, in mm. */
const diameters = 2.2;
const leastMm = 40;
const mostMm = 240;

/** The side of the square, in mm, in which a lesion is seen with some surroundings. */
export function fieldAround({ diameterMm }: Pick<Measurements, 'diameterMm'>): number {
  return Math.round(Math.min(mostMm, Math.max(leastMm, diameters * diameterMm)));
}

export interface LesionSlice {
  /** One voxel thick along the plane's normal, clipped to the volume. */
  readonly box: Box;
  readonly grid: Grid;
  readonly geometry: PlaneGeometry;
  /** The middle of the lesion, in indices of the box. */
  readonly centre: Vec3;
}

/** The slice of a plane through the middle of a lesion's box, as far as a square of `fieldMm` around it shows. */
export function lesionSlice(row: VolumeRow, lesion: Box, plane: Plane, fieldMm: number): LesionSlice {
  const whole = gridOf(row);
  const geometry = planeGeometry(whole, plane);
  const middle = ([0, 1, 2] as const).map((axis) => (lesion[axis] + lesion[axis + 3]) / 2);
  const span = (axis: 0 | 1 | 2): [number, number] => {
    if (axis === geometry.normal) return [Math.round(middle[axis]), Math.round(middle[axis])];
    const half = fieldMm / 2 / whole.spacing[axis] + 1;
    return [
      Math.max(0, Math.floor(middle[axis] - half)),
      Math.min(whole.dims[axis] - 1, Math.ceil(middle[axis] + half)),
    ];
  };
  const [[i0, i1], [j0, j1], [k0, k1]] = [span(0), span(1), span(2)];
  const box: Box = [i0, j0, k0, i1, j1, k1];
  return {
    box,
    grid: subGrid(whole, box),
    geometry,
    centre: [middle[0] - i0, middle[1] - j0, middle[2] - k0],
  };
}

/** Its voxels: they never change, so that another window or size costs no reading. */
export function sliceVoxels(row: VolumeRow | undefined, slice: LesionSlice | null) {
  return queryOptions({
    queryKey: ['lesionSlice', row?.id, slice?.box],
    queryFn: async ({ signal }) => {
      if (!row || !slice) throw new Error('no slice is asked for');
      const response = await fetch(boxUrl(row.id, slice.box), { signal });
      if (!response.ok) throw new Error(await response.text());
      const bytes = await response.arrayBuffer();
      return row.dtype === 'int16' ? new Int16Array(bytes) : new Float32Array(bytes);
    },
    enabled: slice !== null,
    retry: false,
    gcTime: 5 * 60_000,
  });
}

/** The length of a scale bar that takes a third of the side at most, in mm. */
export function scaleBarMm(fieldMm: number): number {
  return [50, 20, 10].find((mm) => mm <= fieldMm / 3) ?? 5;
}
