/** What is taken out of a library: tables of hits, and comparisons of a query with a few of them. */
import { z } from 'zod';
import { regionQuery } from './feedback.ts';
import { id } from './model.ts';

export const takenHit = z.object({
  lesion: id,
  /** Absent for a hit of an earlier search. */
  rank: z.number().int().min(1).optional(),
  score: z.number().optional(),
  /** The chance that it has the query's class. */
  expected: z.number().min(0).max(1).optional(),
});
export type TakenHit = z.infer<typeof takenHit>;

/** How the hits were found. */
export const takenSearch = z.object({
  method: z.string().max(100),
  encoder: z.string().max(100),
  /** What the scores are, in words. */
  scores: z.string().max(100),
  /** How many lesions were searched. */
  searched: z.number().int(),
  /** The label whose class `expected` is about. */
  field: z.string().max(100).optional(),
});
export type TakenSearch = z.infer<typeof takenSearch>;

/** Pseudonyms stand for patients, and names, dates and whatever names someone are left out, unless `identified`. */
const taken = { search: takenSearch, identified: z.boolean().default(false) };

export const hitsParams = z.object({ ...taken, hits: z.array(takenHit).min(1).max(1000) });

export const comparisonParams = z.object({
  ...taken,
  /** Nothing where words were searched for. */
  query: regionQuery.optional(),
  hits: z.array(takenHit).min(1).max(5),
  /** In HU, for all pictures. */
  window: z.object({ width: z.number().min(1), center: z.number() }),
});

/** A teaching file: pictures and words of a set of lesions, in a new folder, or a ZIP where the chosen name ends so. */
export const teachingParams = z.object({
  lesions: z.array(id).min(1).max(2000),
  title: z.string().trim().max(200).default(''),
  identified: z.boolean().default(false),
  /** Also what the reports say, without the sentences that may name someone unless `identified`. */
  reports: z.boolean().default(false),
});
export const taughtFile = z.object({
  cases: z.number().int(),
  /** Lesions that could not be exported, and why. */
  failed: z.array(z.object({ lesion: z.string(), reason: z.string() })),
});
