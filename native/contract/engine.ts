/** What a window or the command line may ask of the engine, and what the engine tells unasked. Paths never appear here:
 * a file chosen in a dialog, dropped or named on the command line is a one-time token that its process granted. */
import { z } from 'zod';
import { markSchema } from './mark.ts';
import {
  box,
  distribution,
  hit,
  labels,
  lesionRow,
  mask,
  measurements,
  metrics,
  organRow,
  patientRow,
  studyRow,
  volumeRow,
} from './model.ts';

const id = z.string().min(1).max(64);
const token = z.string().min(16).max(64);
const page = {
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(10_000).default(1000),
};
const paged = <T extends z.ZodType>(row: T) => z.object({ total: z.number().int(), rows: z.array(row) });

export const processState = z.object({
  process: z.enum(['engine', 'inference', 'reader']),
  /** `idle`: not needed so far. */
  state: z.enum(['idle', 'running', 'restarting', 'failed']),
  restarts: z.number().int(),
});
export type ProcessState = z.infer<typeof processState>;

export const encoderInfo = z.object({
  id: z.string(),
  version: z.string(),
  licence: z.string(),
  dim: z.number().int(),
  preprocessing: z.string(),
  provider: z.string().optional(),
});
export type EncoderInfo = z.infer<typeof encoderInfo>;

export const filter = z.object({ field: z.string().min(1), value: z.string() });
export type Filter = z.infer<typeof filter>;

/** What is searched for: a lesion of the library, a region of a volume in it, or of an image file that is not. */
export const query = z.union([
  z.object({ lesion: id }),
  z.object({ volume: id, mask }),
  z.object({ volume: id, roi: box }),
  z.object({ image: token, mask: token.optional(), roi: box.optional() }),
  z.object({ text: z.string().min(1).max(1000) }),
]);
export type Query = z.infer<typeof query>;

export const searchParams = z.object({
  query,
  method: z.string().default('lesion'),
  encoder: z.string().optional(),
  top: z.number().int().min(1).max(1000).default(10),
  where: z.array(filter).default([]),
  includeSamePatient: z.boolean().default(false),
  hitsPerPatient: z.number().int().min(1).max(1000).default(1),
});
export const searchResult = z.object({
  method: z.string(),
  encoder: z.string(),
  tookMs: z.record(z.string(), z.number()),
  hits: z.array(hit),
  searched: z.number().int(),
  distributions: z.array(distribution),
  unproven: z.number().int(),
  notes: z.array(z.string()),
});
export type SearchResult = z.infer<typeof searchResult>;

export const importProgress = z.object({
  phase: z.enum(['scan', 'read', 'embed', 'index']),
  done: z.number().int(),
  total: z.number().int(),
});
export type ImportProgress = z.infer<typeof importProgress>;
const counts = z.object({
  patients: z.number().int(),
  studies: z.number().int(),
  volumes: z.number().int(),
  lesions: z.number().int(),
});
export const importReport = z.object({
  imported: counts,
  unchanged: z.number().int(),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});
export type ImportReport = z.infer<typeof importReport>;

export const evaluateParams = z.object({
  field: z.string().min(1),
  classes: z.string().optional(),
  methods: z.array(z.string()).default([]),
  queries: filter.optional(),
  gallery: filter.optional(),
});
export const evaluation = z.object({
  field: z.string(),
  n: z.number().int(),
  skipped: z.number().int(),
  classes: z.record(z.string(), z.number().int()),
  methods: z.record(z.string(), metrics),
  baselines: z.object({ random: metrics, majority: metrics }),
  encoder: z.string(),
  trainedOn: z.boolean(),
});
export type Evaluation = z.infer<typeof evaluation>;

export const verifyReport = z.object({
  ok: z.boolean(),
  checked: z.record(z.string(), z.number().int()),
  problems: z.array(z.object({ what: z.string(), where: z.string(), repaired: z.boolean() })),
});

export const engineContract = {
  requests: {
    'library.info': {
      params: z.object({}),
      result: z.object({
        folder: z.string(),
        demonstration: z.boolean(),
        counts,
        encoder: encoderInfo,
        processes: z.array(processState),
        fields: z.array(
          z.object({
            name: z.string(),
            values: z.array(z.object({ value: z.string(), count: z.number().int() })),
          }),
        ),
      }),
    },
    'patients.list': { params: z.object(page), result: paged(patientRow) },
    'studies.list': {
      params: z.object({ ...page, patient: z.string().optional() }),
      result: paged(studyRow),
    },
    'volumes.list': {
      params: z.object({ ...page, patient: z.string().optional(), study: z.string().optional() }),
      result: paged(volumeRow),
    },
    'lesions.list': {
      params: z.object({
        ...page,
        patient: z.string().optional(),
        volume: id.optional(),
        where: z.array(filter).default([]),
      }),
      result: paged(lesionRow),
    },
    'volume.get': {
      params: z.object({ volume: id }),
      result: z.object({ volume: volumeRow, lesions: z.array(lesionRow), organs: z.array(organRow) }),
    },
    'lesion.get': { params: z.object({ lesion: id }), result: z.object({ lesion: lesionRow, mask }) },
    'organ.mask': { params: z.object({ organ: id }), result: mask },
    'lesion.propose': {
      params: z.object({ volume: id, mark: markSchema }),
      result: z.object({ mask, measurements, notes: z.array(z.string()), tookMs: z.number() }),
    },
    'lesion.measure': { params: z.object({ volume: id, mask }), result: measurements },
    'lesion.save': {
      params: z.object({ volume: id, mask, name: z.string().min(1).max(200), labels: labels.default({}) }),
      result: lesionRow,
    },
    'lesion.label': {
      params: z.object({
        lesion: id,
        name: z.string().min(1).max(100),
        value: z.string().max(1000).nullable(),
      }),
      result: lesionRow,
    },
    'lesion.remove': { params: z.object({ lesion: id }), result: z.object({}) },
    'search.run': { params: searchParams, result: searchResult },
    'evaluate.run': {
      params: evaluateParams,
      result: evaluation,
      progress: z.object({ done: z.number().int(), total: z.number().int() }),
    },
    'import.run': {
      params: z.object({
        sources: z.array(token).min(1),
        labels: token.optional(),
        lesionPer: z.enum(['roi', 'component']).default('roi'),
        copy: z.boolean().default(false),
      }),
      result: importReport,
      progress: importProgress,
    },
    'demo.create': {
      params: z.object({
        patients: z.number().int().min(1).max(1000).default(60),
        seed: z.number().int().default(1),
      }),
      result: importReport,
      progress: importProgress.extend({ phase: z.enum(['generate', ...importProgress.shape.phase.options]) }),
    },
    'export.run': {
      params: z.object({ volume: id.optional(), lesion: id.optional(), target: token }),
      result: z.object({ dims: z.tuple([z.number(), z.number(), z.number()]), bytes: z.number().int() }),
    },
    'encoders.list': { params: z.object({}), result: z.array(encoderInfo) },
    'encoders.check': {
      params: z.object({ encoder: z.string().optional() }),
      result: z.object({ encoder: encoderInfo, deterministic: z.boolean(), msPerLesion: z.number() }),
    },
    'encoders.embed': {
      params: z.object({ inputs: z.array(token).default([]), masks: z.array(token).default([]) }),
      result: z.array(z.object({ encoder: z.string(), dim: z.number().int(), vector: z.array(z.number()) })),
    },
    'verify.run': {
      params: z.object({ repair: z.boolean().default(false) }),
      result: verifyReport,
      progress: z.object({ done: z.number().int(), total: z.number().int() }),
    },
  },
  events: {
    process: processState,
    'library.changed': z.object({ counts }),
  },
} as const;
export type EngineContract = typeof engineContract;
