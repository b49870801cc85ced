/** The mark a radiologist draws on one slice of one orthogonal plane, before it is grown into a 3D lesion. */
import { z } from 'zod';

export const planes = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof planes)[number];

const point2Schema = z.tuple([z.number().finite(), z.number().finite()]).readonly();
const point3Schema = z.tuple([z.number().finite(), z.number().finite(), z.number().finite()]).readonly();

/**
 * Coordinates are continuous voxel indices of the stored volume, voxel centres at integers (a single voxel i spans
 * i−0.5…i+0.5). In-plane points give the two index axes of the plane in ascending order (see `planeAxes`), which on a
 * usual axial volume is [i, j] on axial, [i, k] on coronal and [j, k] on sagittal slices.
 */
export const markSchema = z.object({
  plane: z.enum(planes),
  /** Index of the slice along the plane's normal axis. */
  slice: z.number().int().nonnegative(),
  shape: z.discriminatedUnion('kind', [
    /** Opposite corners of the bounding box of an ellipse whose axes follow the index axes. */
    z.object({ kind: z.literal('ellipse'), corners: z.tuple([point2Schema, point2Schema]).readonly() }),
    z.object({ kind: z.literal('rectangle'), corners: z.tuple([point2Schema, point2Schema]).readonly() }),
    /** Freehand outline, closed from the last point to the first. */
    z.object({ kind: z.literal('polygon'), points: z.array(point2Schema).min(3).max(10_000).readonly() }),
    z.object({
      kind: z.literal('sphere'),
      centerIjk: point3Schema,
      radiusMm: z.number().positive().max(500),
    }),
  ]),
});
export type Mark = z.infer<typeof markSchema>;
export type MarkShape = Mark['shape'];

type Axis = 0 | 1 | 2;
export interface PlaneAxes {
  /** Index axis that steps from slice to slice. */
  readonly normal: Axis;
  /** The two index axes of a slice, ascending. */
  readonly inPlane: readonly [Axis, Axis];
}

/**
 * Which index axes a plane of the patient has on a grid with this direction (as in Grid): the normal of `axial` is the
 * index axis nearest to the patient's z, of `coronal` y, of `sagittal` x; each index axis belongs to one plane.
 */
export function planeAxes(direction: readonly number[], plane: Plane): PlaneAxes {
  let best: readonly [Axis, Axis, Axis] = [0, 1, 2];
  let bestFit = -1;
  for (const order of axisOrders) {
    let fit = 0;
    for (const patientAxis of [0, 1, 2] as const)
      fit += Math.abs(direction[3 * order[patientAxis] + patientAxis]);
    if (fit > bestFit + 1e-9) {
      best = order;
      bestFit = fit;
    }
  }
  const normal = best[{ sagittal: 0, coronal: 1, axial: 2 }[plane]];
  return { normal, inPlane: normal === 0 ? [1, 2] : normal === 1 ? [0, 2] : [0, 1] };
}

const axisOrders: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];
