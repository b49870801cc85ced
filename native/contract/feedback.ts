/** Marks on hits: what moves a query, what is kept of it, and what a simulated user's marks would change. */
import { z } from 'zod';
import { box, figure, id, mask, named } from './model.ts';

/** A lesion of the library, or a region of a volume in it. */
export const regionQuery = z.union([
  z.object({ lesion: id }),
  z.object({ volume: id, mask }),
  z.object({ volume: id, roi: box }),
]);
export type RegionQuery = z.infer<typeof regionQuery>;

const regionOrWords = z.union([regionQuery, z.object({ text: z.string().min(1).max(1000) })]);
/** What marks are kept under: as a search is asked for, but for image files, which are not in the library. */
export const markableQuery = z.union([
  regionOrWords,
  z.object({
    like: z.array(regionOrWords).min(1).max(8),
    unlike: z.array(regionOrWords).max(8).default([]),
    combine: z.enum(['and', 'or']).default('and'),
  }),
]);
export type MarkableQuery = z.infer<typeof markableQuery>;

/** Lesions that were marked as like what is searched for, or not. */
export const feedback = z.object({
  relevant: z.array(id).max(200).default([]),
  irrelevant: z.array(id).max(200).default([]),
});
export type Feedback = z.infer<typeof feedback>;

export const markParams = z.object({
  query: markableQuery,
  hit: id,
  /** Null takes the mark back. */
  relevant: z.boolean().nullable(),
  /** By which the hit was found. */
  method: z.string().max(64),
});
/** A mark as it is kept. */
export const feedbackMark = z.object({
  user: z.string(),
  at: z.string(),
  /** The query: a lesion, or else a region by its box; or else what was asked for, words or several things, as JSON. */
  volume: z.string().optional(),
  lesion: z.string().optional(),
  boxIjk: box.optional(),
  asked: z.string().optional(),
  hit: z.string(),
  relevant: z.boolean(),
  method: z.string(),
});
export type FeedbackMark = z.infer<typeof feedbackMark>;

export const simulationParams = z.object({
  field: named,
  classes: z.string().max(2000).optional(),
  method: named.optional(),
  encoder: id.optional(),
  marks: z.number().int().min(1).max(10).default(3),
  draws: z.number().int().min(1).max(10_000).default(200),
});
/** What marks of a user who knows the classes change. Figures are means over queries, their intervals by patient. */
export const simulation = z.object({
  field: z.string(),
  method: z.string(),
  encoder: z.string(),
  n: z.number().int(),
  skipped: z.number().int(),
  marks: z.number().int(),
  draws: z.number().int(),
  /** P@10 over the unmarked lesions: as ranked before the marks, after them, and the mean change. */
  before: figure,
  after: figure,
  change: figure,
  /** The mean change of the queries of each class. */
  classes: z.record(z.string(), z.object({ n: z.number().int(), change: z.number() })),
  trainedOn: z.boolean(),
});
export type Simulation = z.infer<typeof simulation>;
