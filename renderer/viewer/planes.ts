/**
 * How a plane of the patient lies on the screen: which index axis runs right, which down, and the affine map between
 * voxel indices and CSS pixels that both renderers, the overlays and the tools share. Axial is seen from the feet
 * (patient's left on the right of the screen), coronal from the front, sagittal from the patient's left.
 */
import { type Plane, planeAxes } from '../../native/contract/mark.ts';
import type { Grid, Vec3 } from './grid.ts';

type Axis = 0 | 1 | 2;
type Vec2 = readonly [number, number];

export interface PlaneGeometry {
  readonly plane: Plane;
  /** Index axis from slice to slice, and the ones that run along the screen. */
  readonly normal: Axis;
  readonly right: Axis;
  readonly down: Axis;
  /** +1 where the index grows to the right (down), −1 where it falls. */
  readonly rightSign: 1 | -1;
  readonly downSign: 1 | -1;
  /** +1 where the index along the normal grows towards the patient's left, back or head. */
  readonly normalSign: 1 | -1;
}

/** Which patient axis (0 left, 1 posterior, 2 superior) runs right and down, and which sense of it goes down the screen. */
const screen: Readonly<Record<Plane, { right: Axis; down: Axis; downSense: 1 | -1 }>> = {
  axial: { right: 0, down: 1, downSense: 1 },
  coronal: { right: 0, down: 2, downSense: -1 },
  sagittal: { right: 1, down: 2, downSense: -1 },
};
const planeOfPatientAxis: readonly [Plane, Plane, Plane] = ['sagittal', 'coronal', 'axial'];

export function planeGeometry(grid: Grid, plane: Plane): PlaneGeometry {
  const axisOf = (patientAxis: Axis) => planeAxes(grid.direction, planeOfPatientAxis[patientAxis]).normal;
  const sense = (axis: Axis, patientAxis: Axis): 1 | -1 =>
    grid.direction[3 * axis + patientAxis] < 0 ? -1 : 1;
  const layout = screen[plane];
  const normal = planeAxes(grid.direction, plane).normal;
  const right = axisOf(layout.right);
  const down = axisOf(layout.down);
  return {
    plane,
    normal,
    right,
    down,
    rightSign: sense(right, layout.right),
    downSign: (sense(down, layout.down) * layout.downSense) as 1 | -1,
    normalSign: sense(normal, plane === 'axial' ? 2 : plane === 'coronal' ? 1 : 0),
  };
}

/** What one pane shows: `centre` is the voxel index in its middle, `pxPerMm` CSS pixels per millimetre. */
export interface PaneView {
  readonly geometry: PlaneGeometry;
  readonly slice: number;
  readonly centre: Vec3;
  readonly pxPerMm: number;
  readonly size: Vec2;
}

/** CSS pixel of a continuous voxel index (its distance from the slice is ignored). */
export function indexToPixel(view: PaneView, grid: Grid, index: Vec3): [number, number] {
  const { right, down, rightSign, downSign } = view.geometry;
  return [
    view.size[0] / 2 + (index[right] - view.centre[right]) * grid.spacing[right] * rightSign * view.pxPerMm,
    view.size[1] / 2 + (index[down] - view.centre[down]) * grid.spacing[down] * downSign * view.pxPerMm,
  ];
}

/** Continuous voxel index under a CSS pixel; along the normal it is the slice. */
export function pixelToIndex(view: PaneView, grid: Grid, pixel: Vec2): [number, number, number] {
  const { normal, right, down, rightSign, downSign } = view.geometry;
  const out: [number, number, number] = [0, 0, 0];
  out[normal] = view.slice;
  out[right] =
    view.centre[right] + ((pixel[0] - view.size[0] / 2) * rightSign) / (grid.spacing[right] * view.pxPerMm);
  out[down] =
    view.centre[down] + ((pixel[1] - view.size[1] / 2) * downSign) / (grid.spacing[down] * view.pxPerMm);
  return out;
}

/** CSS pixels per mm at which the whole slice fits the pane. */
export function fitPxPerMm(grid: Grid, geometry: PlaneGeometry, size: Vec2): number {
  const width = grid.dims[geometry.right] * grid.spacing[geometry.right];
  const height = grid.dims[geometry.down] * grid.spacing[geometry.down];
  return Math.min(size[0] / width, size[1] / height) || 1;
}

export function gridCentre(grid: Grid): [number, number, number] {
  return [(grid.dims[0] - 1) / 2, (grid.dims[1] - 1) / 2, (grid.dims[2] - 1) / 2];
}

/** Unit vectors in mm (LPS) of the screen: towards the right, down, and up to the viewer (right × up). */
export function screenVectors(grid: Grid, geometry: PlaneGeometry) {
  const unit = (axis: Axis, sign: number): [number, number, number] => [
    sign * grid.direction[3 * axis],
    sign * grid.direction[3 * axis + 1],
    sign * grid.direction[3 * axis + 2],
  ];
  const right = unit(geometry.right, geometry.rightSign);
  const down = unit(geometry.down, geometry.downSign);
  const up: [number, number, number] = [-down[0], -down[1], -down[2]];
  const towardsViewer: [number, number, number] = [
    right[1] * up[2] - right[2] * up[1],
    right[2] * up[0] - right[0] * up[2],
    right[0] * up[1] - right[1] * up[0],
  ];
  return { right, down, up, towardsViewer };
}

const letters: readonly (readonly [string, string])[] = [
  ['R', 'L'],
  ['A', 'P'],
  ['I', 'S'],
];

/** What a direction (LPS) in the patient is called: one letter, or more where it is oblique by more than 20°. */
export function patientLetters(v: readonly number[]): string {
  return [0, 1, 2]
    .filter((c) => Math.abs(v[c]) > 0.342)
    .sort((a, b) => Math.abs(v[b]) - Math.abs(v[a]))
    .map((c) => letters[c][v[c] > 0 ? 1 : 0])
    .join('');
}

/** The patient directions at the pane's edges, as read on film. */
export function edgeLetters(grid: Grid, geometry: PlaneGeometry) {
  const { right, down } = screenVectors(grid, geometry);
  const minus = (v: readonly number[]) => v.map((x) => -x);
  return {
    left: patientLetters(minus(right)),
    right: patientLetters(right),
    top: patientLetters(minus(down)),
    bottom: patientLetters(down),
  };
}
