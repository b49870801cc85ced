/** Measurements that a reader draws on the slices of a volume, kept with it: lengths, angles, two diameters, ellipses, probes. */
import { z } from 'zod';
import { planes } from './mark.ts';
import { vec3 } from './model.ts';

export const annotationKinds = ['length', 'angle', 'bidimensional', 'ellipse', 'probe'] as const;
export type AnnotationKind = (typeof annotationKinds)[number];

/**
 * How many points each kind has: the ends of a length; an angle's first end, vertex and other end; the ends of a long
 * diameter and of one perpendicular to it; opposite corners of the box around an ellipse whose axes follow the index axes.
 */
export const annotationPoints: Readonly<Record<AnnotationKind, number>> = {
  length: 2,
  angle: 3,
  bidimensional: 4,
  ellipse: 2,
  probe: 1,
};

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
