/** What the reports of lesions' studies say where they hold the words of a search. */
import { z } from 'zod';
import { id } from './model.ts';

export const excerptParams = z.object({
  lesions: z.array(id).max(1000),
  text: z.string().max(1000),
});
/** One for each lesion whose study has a report with one of the words: the best place of the report that fits best. */
export const reportExcerpt = z.object({
  lesion: z.string(),
  title: z.string().optional(),
  /** The found words stand between \u0002 and \u0003. */
  excerpt: z.string(),
});
export type ReportExcerpt = z.infer<typeof reportExcerpt>;
