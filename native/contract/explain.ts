/** Why a lesion is among the hits: slices that match, measurements side by side, and where in both lesions the likeness lies. */
import { z } from 'zod';
import { regionQuery } from './feedback.ts';
import { box, id, named } from './model.ts';

export const explainParams = z.object({
  query: regionQuery,
  hit: id,
  method: named.optional(),
  encoder: id.optional(),
});

/** Indices k of the two volumes. */
const slicePair = z.object({
  query: z.number().int(),
  hit: z.number().int(),
  /** The cosine of the slices; absent where they are paired by their place. */
  score: z.number().optional(),
});

const comparedMeasure = z.object({
  name: z.string(),
  title: z.string(),
  unit: z.string(),
  /** Numbers, or words such as a kernel's name; absent where it is not known. */
  query: z.union([z.number(), z.string()]).optional(),
  hit: z.union([z.number(), z.string()]).optional(),
  /** The share of pairs of lesions of different patients whose difference is smaller, 0…1. */
  percentile: z.number().optional(),
  /** Whether the difference is larger than in three quarters of the pairs. */
  large: z.boolean(),
});
export type ComparedMeasure = z.infer<typeof comparedMeasure>;

export const explanation = z.object({
  slices: z.object({
    /** How they were paired: by their vectors of a level, or by their place in the lesion. */
    by: z.enum(['lesion-slice', 'slice', 'place']),
    pairs: z.array(slicePair),
  }),
  measures: z.array(comparedMeasure),
  /** Lesions whose pairs say how unusual a difference is. */
  sample: z.number().int(),
});
export type Explanation = z.infer<typeof explanation>;

export const similarityParams = explainParams.pick({ query: true, hit: true, encoder: true });
/** A grid over the middle slice of a lesion; cell (column, row) begins at voxel i0 + column · cell, j0 + row · cell. */
const similarityGrid = z.object({
  volume: z.string(),
  /** Of the occluded voxels: i0,j0,k0,i1,j1,k1, inclusive. The last cells of a row or column may reach beyond it. */
  box,
  slice: z.number().int(),
  /** Voxels along i and along j. */
  cell: z.tuple([z.number().int(), z.number().int()]),
  columns: z.number().int(),
  rows: z.number().int(),
  /** Row by row: the cosine of the two lesions less the cosine without this cell. */
  values: z.array(z.number()),
});
export type SimilarityGrid = z.infer<typeof similarityGrid>;
export const similarityMap = z.object({
  encoder: z.string(),
  cosine: z.number(),
  query: similarityGrid,
  hit: similarityGrid,
  tookMs: z.number(),
});
export type SimilarityMap = z.infer<typeof similarityMap>;
