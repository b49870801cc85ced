/** What the engine asks of a reader process: to find image files under a path and to decode them into staging. */
import { z } from 'zod';
import { box, bytes, direction, measurements, organContext, outline, vec3 } from './model.ts';
import { headerParams, headerResult } from './originalHeader.ts';
import { sourceImages } from './structuredReport.ts';

/** A file under the imported paths; its size and time say later whether it is still the same. */
export const foundFile = z.object({ path: z.string(), bytes: z.number().int(), mtimeMs: z.number() });
export type FoundFile = z.infer<typeof foundFile>;

const skipped = z.array(z.object({ path: z.string(), reason: z.string() }));
export type Skipped = z.infer<typeof skipped>[number];

/** A file that lesions and organs are drawn in. `names` says what the values of its labels stand for, where another file knows. */
export const regionFile = z.object({
  path: z.string(),
  format: z.enum(['rtstruct', 'seg', 'nifti', 'nrrd', 'table']),
  names: z.record(z.string(), z.string()).optional(),
});
export type RegionFile = z.infer<typeof regionFile>;

/** A series of files that will become volumes, found by the scan. */
export const foundSeries = z.object({
  format: z.enum(['dicom', 'nifti', 'nrrd']),
  files: z.array(z.string()),
  regions: z.array(regionFile),
  /** What an image without a header of its own is called: NIfTI and NRRD. */
  caseName: z.string().optional(),
  studyUid: z.string(),
  seriesUid: z.string(),
  patientId: z.string(),
  issuer: z.string().optional(),
  accessionNumber: z.string().optional(),
  bytes: z.number(),
  /** A case of the Medical Segmentation Decathlon, whose 3D-MIR labels are those of this organ. */
  mirOrgan: z.enum(['liver', 'colon', 'pancreas', 'lung']).optional(),
});
export type FoundSeries = z.infer<typeof foundSeries>;

/** The text of a report and where it comes from. */
export const reportFile = z.object({
  path: z.string(),
  format: z.enum(['text', 'pdf', 'sr', 'dicom-pdf']),
  patientId: z.string().optional(),
  issuer: z.string().optional(),
  studyUid: z.string().optional(),
  accessionNumber: z.string().optional(),
  sopInstanceUid: z.string().optional(),
});
export type ReportFile = z.infer<typeof reportFile>;

export const roiRule = z.object({
  /** Words with * for any letters, matched against the name's words without regard to case. */
  pattern: z.string().min(1).max(200),
  kind: z.enum(['lesion', 'organ', 'ignored']),
  because: z.string().max(200).optional(),
});
export type RoiRule = z.infer<typeof roiRule>;

/** How a series is read. With `secret`, it is de-identified by it, and copies of its files are staged. */
export const readOptions = z.object({
  staging: z.string(),
  lesionPer: z.enum(['roi', 'component']),
  rules: z.array(roiRule),
  secret: bytes.optional(),
});
export type ReadOptions = z.infer<typeof readOptions>;

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
    accessionNumber: z.string().optional(),
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
  /** `staged` is a de-identified copy, to be kept in the original's place. */
  files: z.array(
    z.object({
      path: z.string(),
      sopInstanceUid: z.string().optional(),
      staged: z.string().optional(),
    }),
  ),
  /** What a labels file may call the case. */
  names: z.array(z.string()),
  /** What the case is called where its files do not say whose it is. */
  caseName: z.string().optional(),
  /** The staged voxel file. */
  staged: z.string(),
  /** The files that the lesions and organs were drawn in. */
  regionFiles: z.array(z.string()),
  lesions: z.array(
    readRegion.extend({
      source: z.enum(['rtstruct', 'mask']),
      measurements,
      outline,
      labels: z.record(z.string(), z.string()),
      organs: z.array(organContext),
    }),
  ),
  organs: z.array(readRegion),
  /** The source's pixels were compressed with losses; voxel values were interpolated. */
  lossy: z.boolean(),
  interpolated: z.boolean(),
  /** Named values of the case that were computed from its masks. */
  labels: z.record(z.string(), z.string()),
  warnings: z.array(z.string()),
});
export type ReadVolume = z.infer<typeof readVolume>;

const at = { path: z.string() };
const references = {
  sopInstanceUid: z.string().optional(),
  studyUid: z.string().optional(),
  frameOfReferenceUid: z.string().optional(),
};
/** What one file is: from its beginning alone, so that a folder of thousands is told apart in seconds. */
export const fileDescription = z.discriminatedUnion('kind', [
  z.object({
    ...at,
    kind: z.literal('image'),
    bytes: z.number(),
    ...references,
    studyUid: z.string(),
    seriesUid: z.string(),
    patientId: z.string(),
    issuer: z.string().optional(),
    accessionNumber: z.string().optional(),
    frames: z.number().int(),
  }),
  z.object({
    ...at,
    kind: z.enum(['rtstruct', 'seg']),
    ...references,
    referencedSeriesUid: z.string().optional(),
  }),
  z.object({
    ...at,
    kind: z.literal('report'),
    format: z.enum(['sr', 'dicom-pdf']),
    studyUid: z.string().optional(),
    patientId: z.string().optional(),
    issuer: z.string().optional(),
    accessionNumber: z.string().optional(),
    sopInstanceUid: z.string().optional(),
  }),
  z.object({ ...at, kind: z.enum(['nifti', 'nrrd', 'text', 'pdf', 'json', 'zip', 'dicomdir']) }),
  z.object({ ...at, kind: z.literal('table'), columns: z.array(z.string()) }),
  z.object({ ...at, kind: z.literal('skipped'), reason: z.string() }),
]);
export type FileDescription = z.infer<typeof fileDescription>;

const steps = z.object({ done: z.number().int(), total: z.number().int() });
/** Tells which file is about to be opened, so that the one that takes the reader down is known. */
const opening = z.object({ path: z.string() });

export const readerContract = {
  requests: {
    /** The first request, where the library is encrypted: what a reader reads of it and writes into it is sealed from now on. */
    unlock: { params: z.object({ folder: z.string(), key: bytes }), result: z.object({}) },
    /** Every file under folders and files; a chosen DICOMDIR stands for the files it names. */
    walk: {
      params: z.object({ paths: z.array(z.string()).min(1) }),
      result: z.object({ files: z.array(foundFile), skipped }),
      progress: steps,
    },
    unzip: {
      params: z.object({ path: z.string(), into: z.string() }),
      result: z.object({ files: z.array(foundFile), skipped }),
      progress: steps,
    },
    /** What each file is, from its beginning. */
    describe: {
      params: z.object({ files: z.array(foundFile) }),
      result: z.array(fileDescription),
      progress: opening,
    },
    /** Decodes one series into `staging` as voxel files; a group of slices that cannot form a volume is skipped. */
    read: {
      params: z.object({ series: foundSeries, options: readOptions }),
      result: z.object({ volumes: z.array(readVolume), skipped }),
      progress: opening,
    },
    /** What the values of a data set's masks stand for: the Medical Segmentation Decathlon's dataset.json, nnU-Net's. */
    dataset: {
      params: z.object({ path: z.string() }),
      result: z.object({ name: z.string(), names: z.record(z.string(), z.string()) }),
    },
    /** The images that the rows of a table of lesions name, each once. */
    table: { params: z.object({ path: z.string() }), result: z.array(z.string()) },
    report: {
      params: z.object({ report: reportFile }),
      result: z.object({ title: z.string().optional(), date: z.string().optional(), text: z.string() }),
    },
    /** The images in the files of a volume. */
    images: {
      params: z.object({ files: z.array(z.string()).min(1) }),
      result: sourceImages,
      progress: opening,
    },
    /** What a file says of itself, and the whole value of one element of it. */
    header: { params: headerParams, result: headerResult },
    headerValue: { params: headerParams.extend({ at: z.string() }), result: z.string() },
  },
  events: {},
} as const;
export type ReaderContract = typeof readerContract;
