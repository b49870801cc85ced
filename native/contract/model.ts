/** The things that cross a process: patients, studies, volumes, lesions, masks, hits. Coordinates: LPS mm, stored voxel indices. */
import { z } from 'zod';

/** Bytes of any backing buffer: a Buffer that came through a process is one too. */
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
export const floats = z.custom<Float32Array>((value) => value instanceof Float32Array, 'not 32-bit floats');
export const integers = z.custom<Int32Array>((value) => value instanceof Int32Array, 'not 32-bit integers');

/** The random id of something in a library. */
export const id = z.string().min(1).max(64);
/** Stands once for a path that the user gave; see `host.ts`. */
export const token = z.string().min(16).max(64);
/** A name, an identity or a UID as it is asked for: of a field, a method, an encoder, a patient, a study. */
export const named = z.string().min(1).max(300);
/** One condition of a filter. */
export const condition = z.object({ field: named, value: z.string().max(2000) });
/** How far long work has come. */
export const progress = z.object({ done: z.number().int(), total: z.number().int() });

export const vec3 = z.tuple([z.number(), z.number(), z.number()]);
const ints = z.number().int();
/** Inclusive corners i0,j0,k0,i1,j1,k1 in stored voxel indices. */
export const box = z.tuple([ints, ints, ints, ints, ints, ints]);
export const direction = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);

/** One byte (0 or 1) per voxel of the box, i fastest. */
export const mask = z
  .object({ box, bits: bytes })
  .refine(
    ({ box: b, bits }) =>
      b[0] <= b[3] &&
      b[1] <= b[4] &&
      b[2] <= b[5] &&
      bits.length === (b[3] - b[0] + 1) * (b[4] - b[1] + 1) * (b[5] - b[2] + 1),
    'mask bits do not fill its box',
  );

export const counts = z.object({ patients: ints, studies: ints, volumes: ints, lesions: ints });
export type Counts = z.infer<typeof counts>;

export const labels = z.record(z.string(), z.string());

export const proofs = ['histology', 'surgery', 'follow-up', 'imaging only', 'none'] as const;
export const diagnosis = z.object({
  diagnosis: z.string(),
  code: z.string().optional(),
  proof: z.enum(proofs),
  proofDate: z.string().optional(),
  source: z.string().optional(),
  author: z.string().optional(),
});
export type Diagnosis = z.infer<typeof diagnosis>;

export const patientRow = z.object({
  id: z.string(),
  patient: z.string(),
  sex: z.string().optional(),
  studies: ints,
  lesions: ints,
});
export type PatientRow = z.infer<typeof patientRow>;

/** A text made from what is measured, and what a user wrote in its place. */
export const caption = z.object({
  /** In the form of the 3D-MIR benchmark: organ, count, longest diameter. */
  count: z.string(),
  /** In a radiologist's form: site, size, density, margin. */
  generated: z.string(),
  edited: z.string().optional(),
});
export type Caption = z.infer<typeof caption>;

export const studyRow = z.object({
  id: z.string(),
  patient: z.string(),
  studyInstanceUid: z.string(),
  date: z.string().optional(),
  description: z.string().optional(),
  age: z.string().optional(),
  volumes: ints,
  lesions: ints,
  reports: ints,
  labels,
  captions: caption,
});
export type StudyRow = z.infer<typeof studyRow>;

export const volumeRow = z.object({
  id: z.string(),
  patient: z.string(),
  study: z.string(),
  series: z.string(),
  dims: vec3,
  spacingMm: vec3,
  originMm: vec3,
  direction,
  /** Volumes that name the same frame of reference share their coordinates in mm (DICOM FrameOfReferenceUID). */
  frameOfReference: z.string().optional(),
  path: z.string(),
  description: z.string().optional(),
  sliceThicknessMm: z.number().optional(),
  kernel: z.string().optional(),
  contrast: z.string().optional(),
  dtype: z.enum(['int16', 'float32']),
  warnings: z.array(z.string()),
  /** The source's pixels were compressed with losses. */
  lossy: z.boolean(),
  /** Slices were tilted, missing or unevenly spaced: voxel values lie between measured ones. */
  interpolated: z.boolean(),
  /** A private copy is kept in the library; else the original files are read where they lie. */
  copied: z.boolean(),
  deidentified: z.boolean(),
  lesions: ints,
});
export type VolumeRow = z.infer<typeof volumeRow>;

/** volumeMl: voxel count × voxel volume; diameterMm: longest in-plane axial; diameter3dMm: maximum in 3D; sdHu divides by n. */
export const measurements = z.object({
  volumeMl: z.number(),
  diameterMm: z.number(),
  diameter3dMm: z.number(),
  meanHu: z.number(),
  sdHu: z.number(),
  centerMm: vec3,
  boxIjk: box,
});
export type Measurements = z.infer<typeof measurements>;

/**
 * The outline of a lesion: sphericity (IBSI QCFX), convexity (the part of its convex hull that it fills, IBSI R3ER) and
 * the width in mm over which the density changes between inside and outside, absent where the two hardly differ.
 */
export const outline = z.object({
  sphericity: z.number(),
  convexity: z.number(),
  edgeMm: z.number().optional(),
});
export type Outline = z.infer<typeof outline>;

/**
 * Where a lesion lies in an organ: the part of the lesion inside, its volume as a part of the organ's, and its centre's
 * place in the organ's box, −1…1 along the patient's left, posterior and superior.
 */
export const organContext = z.object({
  organ: z.string(),
  inside: z.number(),
  ofOrgan: z.number(),
  position: vec3,
  where: z.string(),
});
export type OrganContext = z.infer<typeof organContext>;

export const lesionRow = measurements.extend({
  id: z.string(),
  patient: z.string(),
  study: z.string(),
  volume: z.string(),
  name: z.string(),
  /** The edited caption, else the generated one. */
  caption: z.string(),
  captions: caption,
  outline: outline.optional(),
  source: z.enum(['rtstruct', 'mask', 'mark']),
  labels,
  diagnosis: diagnosis.optional(),
  embedded: z.boolean(),
  /** The organs that it lies in or next to, the one that holds most of it first. */
  organs: z.array(organContext),
});
export type LesionRow = z.infer<typeof lesionRow>;

export const organRow = z.object({ id: z.string(), name: z.string(), boxIjk: box });
export type OrganRow = z.infer<typeof organRow>;

/** How a volume was reconstructed, as far as its series says. */
export const reconstruction = z.object({
  sliceThicknessMm: z.number().optional(),
  kernel: z.string().optional(),
  contrast: z.string().optional(),
  /** As the filter of this name has it. */
  phase: z.string().optional(),
});
export type Reconstruction = z.infer<typeof reconstruction>;

export const hit = z.object({
  rank: ints,
  score: z.number(),
  lesion: z.string(),
  patient: z.string(),
  volume: z.string(),
  name: z.string(),
  labels,
  diagnosis: diagnosis.optional(),
  volumeMl: z.number(),
  diameterMm: z.number(),
  meanHu: z.number(),
  centerMm: vec3,
  boxIjk: box,
  ...reconstruction.shape,
  sex: z.string().optional(),
  /** In full years, at the study. */
  age: z.number().optional(),
  lossy: z.boolean(),
  interpolated: z.boolean(),
});
export type Hit = z.infer<typeof hit>;

/**
 * How many of the hits carry each value of a label; `library` counts the searched gallery. `lo` and `hi` bound the share
 * among the hits that carry the label: its 95% interval.
 */
export const distribution = z.object({
  field: z.string(),
  values: z.array(z.object({ value: z.string(), hits: ints, library: ints, lo: z.number(), hi: z.number() })),
});
export type Distribution = z.infer<typeof distribution>;

/** A field that lesions can be filtered by, and what there is of it in the library. */
export const fieldInfo = z.object({
  name: z.string(),
  kind: z.enum(['text', 'number', 'date']),
  /** Set by labels, so that it can be changed; else the catalog knows it of itself. */
  label: z.boolean(),
  unit: z.string().optional(),
  /** Of a text, the most frequent first. */
  values: z.array(z.object({ value: z.string(), count: ints })),
  /** Of numbers, and of dates as days since 1970: the least and the greatest. */
  range: z.tuple([z.number(), z.number()]).optional(),
});
export type FieldInfo = z.infer<typeof fieldInfo>;

/** A figure with its 95% interval: 2,000 seeded bootstraps by patient. */
export const figure = z.object({ value: z.number(), lo: z.number(), hi: z.number() });
export type Figure = z.infer<typeof figure>;
export const metricNames = ['p@1', 'p@3', 'p@5', 'p@10', 'macro-p@5', 'acc@1', 'map@5', 'ap'] as const;
export type MetricName = (typeof metricNames)[number];
export const metrics = z.record(z.enum(metricNames), figure);
export type Metrics = z.infer<typeof metrics>;

/** Expected precision beside what was observed, of patients that it was not fitted on, in bins of equally many hits. */
export const calibration = z.object({
  bins: z.array(
    z.object({
      /** The lowest and the highest expectation in the bin. */
      lo: z.number(),
      hi: z.number(),
      /** Hits in it. */
      n: ints,
      expected: z.number(),
      observed: z.number(),
      /** The 95% interval of `observed`. */
      lo95: z.number(),
      hi95: z.number(),
    }),
  ),
  /** The mean distance of expected from observed over the bins, weighted by their hits (expected calibration error). */
  ece: figure,
});
export type Calibration = z.infer<typeof calibration>;

/** What hits are worth by the library's own experience with one label. */
export const expectation = z.object({
  field: z.string(),
  /** The share of the hits that is expected to have the query's class: the mean of `hits`. */
  precision: z.number(),
  /** The share that a random order would give. */
  chance: z.number(),
  /** How many hits of the library's own lesions, as near as these, this rests on. */
  pairs: ints,
  /** Of each hit the chance that it has the query's class, in the order of the hits; null where it has no class. */
  hits: z.array(z.number().nullable()),
  /** Of each hit what was seen of hits of about its score: how many shared the class of their query, of how many; null as in `hits`. */
  near: z.array(z.object({ shared: ints, of: ints }).nullable()),
});
export type Expectation = z.infer<typeof expectation>;
