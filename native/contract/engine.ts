/** What a window or the command line may ask of the engine, and what the engine tells unasked. Paths never appear here:
 * a file chosen in a dialog, dropped or named on the command line is a one-time token that its process granted. */
import { z } from 'zod';
import { annotation, annotationShape, measuredRow } from './annotations.ts';
import { archiveRequests } from './archive.ts';
import { auditRequests } from './audit.ts';
import { backupRequests, readOnly } from './backups.ts';
import { deletedEvent, deletionRequests } from './deletion.ts';
import { excerptParams, reportExcerpt } from './excerpts.ts';
import { explainParams, explanation, similarityMap, similarityParams } from './explain.ts';
import {
  feedback,
  feedbackMark,
  markableQuery,
  markParams,
  simulation,
  simulationParams,
} from './feedback.ts';
import { modelState, refusedProvider } from './inference.ts';
import {
  conflictDecisions,
  conflictRow,
  importOptions,
  importPhases,
  importProgress,
  importReport,
  jobRow,
  watchRow,
} from './jobs.ts';
import { keyImage, keyImageExport, keyImageShape } from './keyImages.ts';
import { encoderKinds, level, levelNames } from './levels.ts';
import {
  changed,
  changeRow,
  duplicate,
  editParams,
  health,
  lesionIds,
  lesionWindow,
  listedLesion,
  listText,
  mergeParams,
} from './library.ts';
import { markSchema } from './mark.ts';
import { mendingRequests } from './mending.ts';
import {
  box,
  calibration,
  condition,
  counts,
  distribution,
  expectation,
  fieldInfo,
  figure,
  hit,
  id,
  lesionRow,
  mask,
  measurements,
  metrics,
  named,
  organRow,
  patientRow,
  progress,
  reconstruction,
  studyRow,
  token,
  volumeRow,
} from './model.ts';
import { originalHeader, originalHeaderParams, originalValueParams } from './originalHeader.ts';
import { roiRule } from './reader.ts';
import { savedQueryRequests } from './savedQueries.ts';
import { reportParams } from './structuredReport.ts';
import { comparisonParams, hitsParams, taughtFile, teachingParams } from './takeaway.ts';
import { session, userRequests } from './users.ts';

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
  title: z.string(),
  licence: z.string(),
  kind: z.enum(encoderKinds),
  dim: z.number().int(),
  preprocessing: z.string(),
  /** How its model runs on this machine; absent until it was opened. */
  ...modelState.pick({ provider: true, threads: true, batch: true }).partial().shape,
});
export type EncoderInfo = z.infer<typeof encoderInfo>;

/** An encoder as a library has it. */
export const encoderRow = encoderInfo.extend({
  origin: z.enum(['built-in', 'installed']),
  isDefault: z.boolean(),
  /** Whether it embeds lesions, so that it can be the default; others embed texts, or masks alone. */
  forLesions: z.boolean(),
  /** What the library keeps embedded by it, whatever is imported. */
  levels: z.array(level),
  /** How many lesions have no vector of it, and how many have one of an earlier version. */
  missing: z.number().int(),
  outdated: z.number().int(),
});
export type EncoderRow = z.infer<typeof encoderRow>;
/** An encoder's folder that cannot be used, and why. */
export const brokenEncoder = z.object({ folder: z.string(), problem: z.string() });

/** What running an encoder on generated cases has shown. */
export const encoderTrial = z.object({
  encoder: encoderInfo,
  deterministic: z.boolean(),
  /** A lesion or a text. */
  msPerItem: z.number(),
});
export type EncoderTrial = z.infer<typeof encoderTrial>;

export const filter = condition;
export type Filter = z.infer<typeof filter>;
const filters = z.array(filter).max(100);
/** Filters under a name. */
export const filterSet = z.object({
  name: z.string().trim().min(1).max(100),
  where: filters.min(1),
});
export type FilterSet = z.infer<typeof filterSet>;

const volumes = z.array(id).max(100_000);
const labelName = z.string().min(1).max(100);
const labelValue = z.string().max(1000);
const newLabels = z
  .record(labelName, labelValue)
  .refine((given) => Object.keys(given).length <= 100, 'more than 100 labels');
const captionText = z.string().trim().min(1).max(2000).nullable();

/** One thing that is searched for: a lesion of the library, a region of a volume in it or of an image file that is not, or words. */
export const simpleQuery = z.union([
  z.object({ lesion: id }),
  z.object({ volume: id, mask }),
  z.object({ volume: id, roi: box }),
  z.object({ image: token, mask: token.optional(), roi: box.optional() }),
  z.object({ text: z.string().min(1).max(1000) }),
]);
export type SimpleQuery = z.infer<typeof simpleQuery>;

/** Several things at once: like all (`and`) or any (`or`) of these, but not like those. */
export const combinedQuery = z.object({
  like: z.array(simpleQuery).min(1).max(8),
  unlike: z.array(simpleQuery).max(8).default([]),
  combine: z.enum(['and', 'or']).default('and'),
});
export const query = z.union([simpleQuery, combinedQuery]);
export type Query = z.infer<typeof query>;

export const searchParams = z.object({
  query,
  /** By lesions, or by words where only words are asked for, unless one is named. */
  method: named.optional(),
  encoder: id.optional(),
  top: z.number().int().min(1).max(1000).default(10),
  where: filters.default([]),
  includeSamePatient: z.boolean().default(false),
  hitsPerPatient: z.number().int().min(1).max(1000).default(1),
  /** Moves the query towards some lesions and away from others. */
  feedback: feedback.optional(),
});

/** What a score is: a cosine, how many slices were hit, a sum of cosines, 1 / place, how well words fit, or scores of several lists. */
export const scoreKind = z.enum(['cosine', 'count', 'sum', 'rank', 'words', 'fused']);
export type ScoreKind = z.infer<typeof scoreKind>;
export const methodRow = z.object({
  name: z.string(),
  title: z.string(),
  scores: scoreKind,
  /** Whether marks on hits move its queries. */
  learns: z.boolean(),
  /** Why it cannot run here. */
  refusal: z.string().optional(),
});
export type MethodRow = z.infer<typeof methodRow>;
export const searchResult = z.object({
  method: z.string(),
  scores: scoreKind,
  encoder: z.string(),
  tookMs: z.record(z.string(), z.number()),
  hits: z.array(hit),
  searched: z.number().int(),
  distributions: z.array(distribution),
  unproven: z.number().int(),
  /** Of the volume that the first thing searched for lies in, where that is in the library. */
  asked: reconstruction.optional(),
  /** Where the method was calibrated on this library (`evaluate.run` with `keep`). */
  expected: expectation.optional(),
  notes: z.array(z.string()),
});
export type SearchResult = z.infer<typeof searchResult>;

/** A report of a study that holds the words asked for, with the place where they stand. */
export const reportHit = z.object({
  report: id,
  study: z.string(),
  patient: z.string(),
  title: z.string().optional(),
  date: z.string().optional(),
  /** The found words stand between \u0002 and \u0003. */
  excerpt: z.string(),
});
export type ReportHit = z.infer<typeof reportHit>;
export const reportRow = z.object({
  id,
  study: z.string(),
  patient: z.string(),
  title: z.string().optional(),
  date: z.string().optional(),
  path: z.string(),
  text: z.string(),
});
export type ReportRow = z.infer<typeof reportRow>;

/** A volume whose original files are not where they were. */
export const missingOriginal = z.object({
  volume: id,
  patient: z.string(),
  path: z.string(),
  files: z.number().int(),
  missing: z.number().int(),
});
export type MissingOriginal = z.infer<typeof missingOriginal>;

export const evaluateParams = z.object({
  field: named,
  classes: z.string().max(2000).optional(),
  methods: z.array(named).max(100).default([]),
  encoder: id.optional(),
  queries: filter.optional(),
  gallery: filter.optional(),
  /** Later searches use what is fitted here: the weights of fusions, and what hits of each method are worth. */
  keep: z.boolean().default(false),
});
export const evaluation = z.object({
  field: z.string(),
  /** As asked for: the ranges that the classes are, and whose lesions asked and were found. */
  ranges: z.string().optional(),
  ...evaluateParams.pick({ queries: true, gallery: true }).shape,
  n: z.number().int(),
  skipped: z.number().int(),
  classes: z.record(z.string(), z.number().int()),
  methods: z.record(z.string(), metrics),
  baselines: z.object({ random: metrics, majority: metrics }),
  /** Query by query, how much a method is better than another; below 0 it is worse. */
  comparisons: z.array(z.object({ method: z.string(), other: z.string(), 'p@5': figure, ap: figure })),
  /** By method and the class of the query: how many of the first five hits had each class. */
  confusion: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number().int()))),
  /** By method, of those whose scores mean the same for every query. */
  calibration: z.record(z.string(), calibration),
  encoder: z.string(),
  /** Whether patients of the evaluated lesions are among those that the encoder was trained on: then the figures are too good. */
  trainedOn: z.boolean(),
});
export type Evaluation = z.infer<typeof evaluation>;

/** What a method found: for each query that it can answer, the volumes, the most similar first. */
export const volumeRankings = z.object({
  method: z.string(),
  level,
  /** Of a query; methods that share their search share its time. */
  msPerQuery: z.number(),
  found: z.array(z.object({ query: id, volumes: z.array(id) })),
});
export type VolumeRankings = z.infer<typeof volumeRankings>;

export const verifyReport = z.object({
  ok: z.boolean(),
  checked: z.record(z.string(), z.number().int()),
  problems: z.array(z.object({ what: z.string(), where: z.string(), repaired: z.boolean() })),
  /** SHA-256 of what the catalog says, the same for two libraries that hold the same. */
  contentHash: z.string(),
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
        fields: z.array(fieldInfo),
        /** Absent where the library may be changed. */
        readOnly: readOnly.optional(),
      }),
    },
    'patients.list': { params: z.object({ ...page, text: listText }), result: paged(patientRow) },
    'studies.list': {
      params: z.object({ ...page, patient: named.optional(), text: listText }),
      result: paged(studyRow),
    },
    'volumes.list': {
      params: z.object({ ...page, patient: named.optional(), study: named.optional() }),
      result: paged(volumeRow),
    },
    'lesions.list': {
      params: z.object({
        ...page,
        patient: named.optional(),
        volume: id.optional(),
        where: filters.default([]),
      }),
      result: paged(lesionRow),
    },
    /** A window of a list of lesions of any length. */
    'library.lesions': { params: lesionWindow, result: paged(listedLesion) },
    'library.lesionIds': {
      params: lesionIds,
      result: z.object({ total: z.number().int(), lesions: z.array(id) }),
    },
    /** Sets or takes away labels of many lesions at once, all or none. */
    'library.edit': { params: editParams, result: changed },
    /** Brings back what a change changed, as a change of its own; what was changed again since stays. */
    'library.undo': { params: z.object({ change: named }), result: changed },
    /** What may be the same twice; some of it where there is much. */
    'library.duplicates': { params: z.object({}), result: z.array(duplicate), progress },
    /** Pairs that are two things are not found again. */
    'library.keepApart': { params: z.object({ key: z.string().max(200) }), result: z.object({}) },
    'library.merge': { params: mergeParams, result: changed },
    ...deletionRequests,
    'library.health': { params: z.object({}), result: health },
    /** The latest changes by hand first. */
    'library.changes': { params: z.object({}), result: z.array(changeRow) },
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
      params: z.object({ volume: id, mask, name: z.string().min(1).max(200), labels: newLabels.default({}) }),
      result: lesionRow,
    },
    'lesion.label': {
      params: z.object({
        lesion: id,
        name: labelName,
        value: labelValue.nullable(),
      }),
      result: lesionRow,
    },
    /** Puts a text in the place of the generated caption; null takes it back. */
    'lesion.caption': { params: z.object({ lesion: id, text: captionText }), result: lesionRow },
    'study.caption': { params: z.object({ study: id, text: captionText }), result: studyRow },
    /** Those of all volumes of the volume's study, the earliest first. */
    'annotations.list': { params: z.object({ volume: id }), result: z.array(annotation) },
    /** Adds one, or moves and names the one of the same id; answers as `annotations.list`. */
    'annotations.save': { params: z.object({ annotation: annotationShape }), result: z.array(annotation) },
    'annotations.remove': { params: z.object({ annotation: id }), result: z.object({}) },
    /** Writes measurements with the values that the window found as CSV; without who the patient is. */
    'annotations.export': {
      params: z.object({ rows: z.array(measuredRow).min(1).max(10_000), target: token }),
      result: z.object({ bytes: z.number().int() }),
    },
    /** Writes them, and a lesion, as a DICOM structured report by TID 1500. */
    'annotations.exportReport': {
      params: reportParams.extend({ target: token }),
      result: z.object({ bytes: z.number().int() }),
    },
    /** Those of all volumes of the volume's study, the earliest first. */
    'keyImages.list': { params: z.object({ volume: id }), result: z.array(keyImage) },
    /** Adds one, or shows and notes the one of the same id otherwise; answers as `keyImages.list`. */
    'keyImages.save': { params: z.object({ image: keyImageShape }), result: z.array(keyImage) },
    'keyImages.remove': { params: z.object({ image: id }), result: z.object({}) },
    /** `left` counts those that are no image of the source, which a Key Object Selection cannot name. */
    'keyImages.export': {
      params: keyImageExport.extend({ target: token }),
      result: z.object({ bytes: z.number().int(), left: z.number().int() }),
    },
    /** How many lesions pass the filters together, and each field's filters alone, in the order in which the fields come first. */
    'filters.count': {
      params: z.object({ where: filters }),
      result: z.object({
        lesions: z.number().int(),
        passing: z.number().int(),
        alone: z.array(z.object({ field: z.string(), passing: z.number().int() })),
      }),
    },
    'filterSets.list': { params: z.object({}), result: z.array(filterSet) },
    /** A set of the same name is replaced. */
    'filterSets.save': { params: filterSet, result: z.array(filterSet) },
    'filterSets.remove': { params: filterSet.pick({ name: true }), result: z.array(filterSet) },
    ...savedQueryRequests,
    ...archiveRequests,
    'search.excerpts': { params: excerptParams, result: z.array(reportExcerpt) },
    'search.run': { params: searchParams, result: searchResult },
    'search.explain': { params: explainParams, result: explanation },
    /** Hides one part of each lesion after the other and embeds it again: takes seconds. */
    'search.similarityMap': { params: similarityParams, result: similarityMap },
    'methods.list': {
      params: z.object({ encoder: id.optional() }),
      result: z.array(methodRow),
    },
    /** Keeps what a user thinks of a hit, for evaluation; searches do not read it. */
    'feedback.mark': { params: markParams, result: z.object({}) },
    /** Takes back all marks of this user on the hits of a query. */
    'feedback.clear': { params: z.object({ query: markableQuery }), result: z.object({}) },
    /** All marks that are kept, of all users, or those on the hits of one query. */
    'feedback.list': {
      params: z.object({ query: markableQuery.optional() }),
      result: z.array(feedbackMark),
    },
    'feedback.simulate': {
      params: simulationParams,
      result: simulation,
      progress,
    },
    'evaluate.run': {
      params: evaluateParams,
      result: evaluation,
      progress,
    },
    /** Writes an evaluation as a report: HTML, CSV or JSON, by the ending of the file. */
    'evaluate.save': {
      params: z.object({ evaluation, target: token }),
      result: z.object({ bytes: z.number().int() }),
    },
    /**
     * Ranks the volumes of a gallery for each query volume by every method that the encoder has vectors for; without labels,
     * for benchmarks. A query's own patient is never found.
     */
    'bench.rank': {
      params: z.object({ encoder: id.optional(), gallery: volumes, queries: volumes }),
      result: z.array(volumeRankings),
      progress,
    },
    /** Imports and waits; an equal import that was cut off goes on instead of a new one. */
    'import.run': {
      params: importOptions.extend({ sources: z.array(token).min(1).max(100_000), labels: token.optional() }),
      result: importReport,
      progress: importProgress,
    },
    /** Imports in the background, as a job that survives a restart. */
    'jobs.start': {
      params: importOptions.extend({ sources: z.array(token).min(1).max(100_000), labels: token.optional() }),
      result: jobRow,
    },
    'jobs.list': { params: z.object({}), result: z.array(jobRow) },
    'jobs.change': {
      params: z.object({ job: id, to: z.enum(['pause', 'resume', 'cancel', 'sooner', 'later', 'forget']) }),
      result: z.array(jobRow),
    },
    'jobs.report': { params: z.object({ job: id }), result: importReport },
    'conflicts.list': { params: z.object({}), result: z.array(conflictRow) },
    'conflicts.decide': {
      params: z.object({ conflict: id, decision: z.enum(conflictDecisions) }),
      result: z.array(conflictRow),
    },
    'watch.list': { params: z.object({}), result: z.array(watchRow) },
    'watch.add': { params: importOptions.extend({ folder: token }), result: z.array(watchRow) },
    'watch.remove': { params: z.object({ watch: id }), result: z.array(watchRow) },
    'originals.check': { params: z.object({}), result: z.array(missingOriginal) },
    /** Looks for missing originals under a folder by their content; says what is missing still. */
    'originals.locate': {
      params: z.object({ folder: token }),
      result: z.object({ found: z.number().int(), missing: z.array(missingOriginal) }),
    },
    /** What the original file of a slice says of itself, element by element, and the whole value of one element. */
    'originals.header': { params: originalHeaderParams, result: originalHeader },
    'originals.value': { params: originalValueParams, result: z.object({ value: z.string() }) },
    /** Of a study; with words, those found in a text stand between \u0002 and \u0003. */
    'reports.list': {
      params: z.object({ study: named, words: z.string().min(1).max(1000).optional() }),
      result: z.array(reportRow),
    },
    'reports.find': {
      params: z.object({ ...page, text: z.string().min(1).max(1000) }),
      result: paged(reportHit),
    },
    'roiRules.list': {
      params: z.object({}),
      result: z.object({ own: z.array(roiRule), builtin: z.array(roiRule) }),
    },
    /** The rules of this library, which come before the built-in ones; used by the imports that follow. */
    'roiRules.set': { params: z.object({ own: z.array(roiRule).max(500) }), result: z.object({}) },
    'demo.create': {
      params: z.object({
        patients: z.number().int().min(1).max(1000).default(60),
        seed: z.number().int().default(1),
      }),
      result: importReport,
      progress: importProgress.extend({ phase: z.enum(['generate', ...importPhases]) }),
    },
    'export.run': {
      params: z.object({ volume: id.optional(), lesion: id.optional(), target: token }),
      result: z.object({ dims: z.tuple([z.number(), z.number(), z.number()]), bytes: z.number().int() }),
    },
    /** Writes hits as a CSV table. */
    'takeaway.hits': {
      params: hitsParams.extend({ target: token }),
      result: z.object({ bytes: z.number().int() }),
    },
    /** Throws `refused` where something lies at the place of the new folder. */
    'takeaway.teaching': {
      params: teachingParams.extend({ target: token }),
      result: taughtFile,
      progress,
    },
    /** A query beside hits as a page that refers to nothing outside of itself, for the window's host to print. */
    'takeaway.comparison': { params: comparisonParams, result: z.object({ html: z.string() }) },
    'encoders.list': {
      params: z.object({}),
      result: z.object({ encoders: z.array(encoderRow), broken: z.array(brokenEncoder) }),
    },
    /** Checks an encoder's folder, runs it on generated cases and copies it into the library. */
    'encoders.add': { params: z.object({ folder: token }), result: encoderTrial },
    /** Also drops its embeddings. Throws `refused` for a built-in encoder and for the default. */
    'encoders.remove': { params: z.object({ encoder: id }), result: z.object({}) },
    /** The encoder that searches use unless they name one; the old one serves until everything is embedded by the new. */
    'encoders.setDefault': { params: z.object({ encoder: id }), result: z.object({}) },
    'encoders.check': { params: z.object({ encoder: id.optional() }), result: encoderTrial },
    'encoders.embed': {
      params: z.object({
        inputs: z.array(token).max(10_000).default([]),
        masks: z.array(token).max(10_000).default([]),
        texts: z.array(z.string().min(1).max(10_000)).max(10_000).default([]),
        encoder: id.optional(),
      }),
      result: z.array(z.object({ encoder: z.string(), dim: z.number().int(), vector: z.array(z.number()) })),
    },
    /** Embeds the whole library at some levels, and keeps it so whatever is imported later. */
    'encoders.embedLibrary': {
      params: z.object({ encoder: id.optional(), levels: z.array(level).min(1).max(levelNames.length) }),
      result: z.object({
        encoder: z.string(),
        embedded: z.array(z.object({ level, pooling: z.string(), vectors: z.number().int() })),
        failed: z.array(z.object({ volume: z.string(), reason: z.string() })),
      }),
      progress,
    },
    ...auditRequests,
    ...userRequests,
    ...backupRequests,
    ...mendingRequests,
    'verify.run': {
      params: z.object({ repair: z.boolean().default(false) }),
      result: verifyReport,
      progress,
    },
  },
  events: {
    process: processState,
    /** An encoder's model was opened or runs otherwise than before; `dropped` is the provider that failed. */
    encoder: z.object({ encoder: encoderInfo, dropped: refusedProvider.optional() }),
    /** A job began, came on, or ended. */
    job: jobRow,
    'library.changed': z.object({ counts }),
    /** Follows `library.changed`: what windows must not show any more. */
    'library.deleted': deletedEvent,
    /** Somebody signed in, or it was locked, or users are others. */
    session,
  },
} as const;
export type EngineContract = typeof engineContract;
