/** What the engine asks of a reader about the images that a volume was made of, and what a structured report is made from. */
import { z } from 'zod';
import { measuredRow } from './annotations.ts';
import { id, vec3 } from './model.ts';

/**
 * One image, or one frame of a multi-frame image, with its place in the patient (LPS, mm; row direction, then column direction). UIDs are
 * empty where a file has none.
 */
export const sourceImage = z.object({
  /** Its place among the files that were asked for. */
  file: z.number().int(),
  sopClassUid: z.string(),
  sopInstanceUid: z.string(),
  /** Counts from 1; absent for a file of one image. */
  frame: z.number().int().optional(),
  rows: z.number().int(),
  columns: z.number().int(),
  /** The centre of the first pixel. */
  positionMm: vec3,
  orientation: z.array(z.number()).length(6),
  /** Between rows, between columns. */
  spacingMm: z.tuple([z.number(), z.number()]),
});
export type SourceImage = z.infer<typeof sourceImage>;

/** Whose images they are, as their files say. */
export const imagedStudy = z.object({
  patientName: z.string().optional(),
  patientId: z.string().optional(),
  issuerOfPatientId: z.string().optional(),
  patientBirthDate: z.string().optional(),
  patientSex: z.string().optional(),
  studyInstanceUid: z.string(),
  studyDate: z.string().optional(),
  studyTime: z.string().optional(),
  studyId: z.string().optional(),
  studyDescription: z.string().optional(),
  accessionNumber: z.string().optional(),
  seriesInstanceUid: z.string(),
  frameOfReferenceUid: z.string().optional(),
});
export type ImagedStudy = z.infer<typeof imagedStudy>;

export const sourceImages = z.object({ study: imagedStudy, images: z.array(sourceImage) });
export type SourceImages = z.infer<typeof sourceImages>;

/** Measurements of one volume, and a lesion of it, as a structured report. Pseudonyms stand for the patient unless `identified`. */
export const reportParams = z.object({
  volume: id,
  rows: z.array(measuredRow).max(10_000),
  lesion: id.optional(),
  identified: z.boolean().default(false),
});
export type ReportParams = z.infer<typeof reportParams>;
