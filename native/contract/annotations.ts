/** Measurements that a reader draws on the slices of a volume, kept with it: lengths, angles, two diameters, ellipses, probes. */
import { z } from 'zod';
import { type PlaneAxes, planes } from './mark.ts';
import { vec3 } from './model.ts';

type Vec3 = readonly [number, number, number];

export const annotationKinds = ['length', 'angle', 'bidimensional', 'ellipse', 'probe'] as const;
export type AnnotationKind = (typeof annotationKinds)[number];

/**
 * How many points each kind has: the ends of a length; an angle's first end, vertex and other end; the ends of a long
 * diameter and of one perpendicular to it; the ends of one axis of an ellipse and those of the other, perpendicular to it.
 */
export const annotationPoints: Readonly<Record<AnnotationKind, number>> = {
  length: 2,
  angle: 3,
  bidimensional: 4,
  ellipse: 4,
  probe: 1,
};

type Point = [number, number, number];

/** The points of the ellipse that fills a box on a slice, from opposite corners and the two index axes of the slice. */
export function ellipseEnds(from: Vec3, to: Vec3, [u, v]: PlaneAxes['inPlane']): Point[] {
  const middle = (axis: 0 | 1 | 2) => (from[axis] + to[axis]) / 2;
  const end = (axis: 0 | 1 | 2, corner: Vec3): Point => {
    const point: Point = [middle(0), middle(1), middle(2)];
    point[axis] = corner[axis];
    return point;
  };
  return [end(u, from), end(u, to), end(v, from), end(v, to)];
}

/** What is drawn; its values are measured from the volume and not kept. */
const shape = z.object({
  id: z.string().min(1).max(64),
  volume: z.string().min(1).max(64),
  kind: z.enum(annotationKinds),
  plane: z.enum(planes),
  /** Continuous voxel indices of the volume, voxel centres at integers; all of them lie on one slice of the plane. */
  points: z.array(vec3).max(4),
  label: z.string().trim().max(200),
});
const pointsFit = ({ kind, points }: z.infer<typeof shape>) => points.length === annotationPoints[kind];
const misfit = 'not as many points as its kind has';

export const annotationShape = shape.refine(pointsFit, misfit);
export type AnnotationShape = z.infer<typeof annotationShape>;

export const annotation = shape
  .extend({
    /** The operating system's user who drew it, and when (ISO 8601). */
    author: z.string().max(256),
    createdAt: z.string().max(40),
  })
  .refine(pointsFit, misfit);
export type Annotation = z.infer<typeof annotation>;

/** What can be measured: of two diameters the longer and the shorter, HU of an ellipse or (`hu`) of a probe's voxel; `sdHu` divides by n. */
export const measures = [
  'lengthMm',
  'shortMm',
  'degrees',
  'areaMm2',
  'meanHu',
  'sdHu',
  'minHu',
  'maxHu',
  'voxels',
  'hu',
] as const;
export type Measure = (typeof measures)[number];

/** A measurement with its values, as a table has it; `slice` counts from 1. */
export const measuredRow = z.object({
  ...annotation.shape,
  slice: z.number().int(),
  values: z.partialRecord(z.enum(measures), z.number()),
});
export type MeasuredRow = z.infer<typeof measuredRow>;
