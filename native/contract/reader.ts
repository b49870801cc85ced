/** What the engine asks of a reader process: to find image files under a path and to decode them into staging. */
import { z } from 'zod';
import { box, bytes, direction, measurements, vec3 } from './model.ts';

/** A series of files that will become volumes, found by the scan. */
export const foundSeries = z.object({
  format: z.enum(['dicom', 'nifti']),
  files: z.array(z.string()),
  /** RT Structure Sets or NIfTI masks drawn on them. */
  regions: z.array(z.string()),
});
export type FoundSeries = z.infer<typeof foundSeries>;

/** A region with its packed mask; lesions are measured, organs are not. */
const readRegion = z.object({ name: z.string(), box, packed: bytes });

export const readVolume = z.object({
  patient: z.object({
    patientId: z.string(),
    issuer: z.string().optional(),
    name: z.string().optional(),
    sex: z.string().optional(),
    birthDate: z.string().optional(),
  }),
  study: z.object({
    uid: z.string(),
    date: z.string().optional(),
    description: z.string().optional(),
    age: z.string().optional(),
  }),
  series: z.object({
    uid: z.string(),
    modality: z.string(),
    description: z.string().optional(),
    number: z.number().optional(),
    kernel: z.string().optional(),
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    contrast: z.string().optional(),
    kvp: z.number().optional(),
    sliceThicknessMm: z.number().optional(),
    frameOfReferenceUid: z.string().optional(),
  }),
  dims: vec3,
  spacing: vec3,
  origin: vec3,
  direction,
  dtype: z.enum(['int16', 'float32']),
  /** SHA-256 over the source files' bytes, in their order. */
  contentHash: z.string(),
  /** Says which volume this is wherever its files lie; the same identity with another content is a conflict. */
  identity: z.string(),
  path: z.string(),
  files: z.array(z.object({ path: z.string(), sopInstanceUid: z.string().optional() })),
  staged: z.string(),
  /** The files that the lesions and organs were drawn in. */
  regionFiles: z.array(z.string()),
  regionSource: z.enum(['rtstruct', 'mask']),
  lesions: z.array(readRegion.extend({ measurements })),
  organs: z.array(readRegion),
  warnings: z.array(z.string()),
});
export type ReadVolume = z.infer<typeof readVolume>;

export const readerContract = {
  requests: {
    scan: {
      params: z.object({ paths: z.array(z.string()).min(1) }),
      result: z.object({
        series: z.array(foundSeries),
        skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
      }),
      progress: z.object({ done: z.number().int(), total: z.number().int() }),
    },
    /** Decodes one series into `staging` as voxel files; a group of slices that cannot form a volume is skipped. */
    read: {
      params: z.object({ series: foundSeries, staging: z.string(), lesionPer: z.enum(['roi', 'component']) }),
      result: z.object({
        volumes: z.array(readVolume),
        skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
      }),
      progress: z.object({ done: z.number().int(), total: z.number().int() }),
    },
  },
  events: {},
} as const;
export type ReaderContract = typeof readerContract;
