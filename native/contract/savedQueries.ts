/** Searches as they are kept in a library: under a name, or as what was open last; and marks that are not lesions yet. */
import { z } from 'zod';
import { regionQuery } from './feedback.ts';
import { markSchema, planes } from './mark.ts';
import { condition, id, mask, named } from './model.ts';

const title = z.string().max(1000);

/** A search with all that it takes to run it again as it was. Image files are not in the library, and not kept. */
export const savedSearch = z.object({
  query: z.union([regionQuery, z.object({ text: z.string().min(1).max(1000) })]),
  title,
  /** In which hits are shown. */
  plane: z.enum(planes),
  also: z.array(z.object({ like: z.boolean(), lesion: id, patient: named, title })).max(16),
  combine: z.enum(['and', 'or']),
  /** In the order in which they were made. */
  marks: z.array(z.object({ hit: id, relevant: z.boolean().nullable() })).max(10_000),
  options: z.object({
    method: named.nullable(),
    where: z.array(condition).max(100),
    includeSamePatient: z.boolean(),
    hitsPerPatient: z.number().int().min(1).max(1000),
    top: z.number().int().min(1).max(1000),
  }),
});
export type SavedSearch = z.infer<typeof savedSearch>;

const name = z.string().trim().min(1).max(100);
export const newSavedQuery = z.object({ name, search: savedSearch });
export const savedQuery = newSavedQuery.extend({ at: z.string() });
export type SavedQuery = z.infer<typeof savedQuery>;
export const renamedQuery = z.object({ name, to: name });

/** A mark on a volume with what it has grown into, not kept as a lesion so far. */
export const unsavedMark = z.object({ volume: id, mark: markSchema, mask });
export type UnsavedMark = z.infer<typeof unsavedMark>;

const saved = z.array(savedQuery);
/** All of them are the asking user's own. */
export const savedQueryRequests = {
  'savedQueries.list': { params: z.object({}), result: saved },
  /** One of the same name is replaced. */
  'savedQueries.save': { params: newSavedQuery, result: saved },
  'savedQueries.rename': { params: renamedQuery, result: saved },
  'savedQueries.remove': { params: z.object({ name }), result: saved },
  /** What was being searched for last, for the next start. */
  'openSearch.get': { params: z.object({}), result: z.object({ search: savedSearch.nullable() }) },
  'openSearch.keep': { params: z.object({ search: savedSearch.nullable() }), result: z.object({}) },
  'unsavedMarks.list': { params: z.object({}), result: z.array(unsavedMark) },
  /** One a volume. */
  'unsavedMarks.keep': { params: unsavedMark, result: z.object({}) },
  'unsavedMarks.remove': { params: z.object({ volume: id }), result: z.object({}) },
};
