/** The library as it is kept in order: lists of any length by windows, changes to many lesions at once and their undoing, duplicates, health. */
import { z } from 'zod';
import { condition, id, labels, lesionRow, named, patientRow, volumeRow } from './model.ts';

const ints = z.number().int();
/** Words; what is listed holds every one of them. */
export const listText = z.string().max(200).default('');

/** Which lesions, in which order: by a field that filters know, what lacks it last; without one by patient. */
export const lesionSelection = z.object({
  patient: named.optional(),
  where: z.array(condition).max(100).default([]),
  text: listText,
  order: z.object({ by: named, descending: z.boolean() }).optional(),
});
export type LesionSelection = z.input<typeof lesionSelection>;

const window = { offset: ints.min(0).default(0), limit: ints.min(1) };
export const lesionWindow = lesionSelection.extend({
  offset: window.offset,
  limit: window.limit.max(1000).default(200),
  /** Fields of which each row says its value. */
  fields: z.array(named).max(50).default([]),
});
export const listedLesion = lesionRow.extend({ values: labels });
export type ListedLesion = z.infer<typeof listedLesion>;

export const mostLesions = 200_000;
export const lesionIds = lesionSelection.extend({
  offset: window.offset,
  limit: window.limit.max(mostLesions).default(mostLesions),
});
const lesions = z.array(id).min(1).max(mostLesions);

/** A label, or the diagnosis, its code, its proof and the like under their own names; null takes it away. */
export const labelChange = z.object({
  name: z.string().trim().min(1).max(100),
  value: z.string().trim().max(1000).nullable(),
});
export type LabelChange = z.infer<typeof labelChange>;
export const editParams = z.object({ lesions, changes: z.array(labelChange).min(1).max(20) });

/** One change by hand: who did what to how many things, and whether it was taken back. */
export const changeRow = z.object({
  id: named,
  at: z.string(),
  user: z.string(),
  what: z.string(),
  /** How many lesions, or parts of a patient, it changed. */
  rows: ints,
  /** The change that this one took back. */
  undoes: named.optional(),
  /** The change that took this one back. */
  undoneBy: named.optional(),
});
export type ChangeRow = z.infer<typeof changeRow>;
/** What became of a change: nothing where all was so already; `left` were changed by others meanwhile and stayed as they are. */
export const changed = z.object({ change: changeRow.optional(), left: ints });
export type Changed = z.infer<typeof changed>;

/** How a library is: what may be done about each count is the window's to say. */
export const health = z.object({
  /** Lesions without a vector of the default encoder; outdated ones answer meanwhile. */
  notEmbedded: ints,
  conflicts: ints,
  /** Imports that failed, and files that imports left out. */
  failedImports: ints,
  skippedFiles: ints,
  /** Lesions by what is known of them. */
  withoutDiagnosis: ints,
  unproven: ints,
  withoutLabels: ints,
  /** Volumes with warnings of how they were read. */
  warned: ints,
  /** In bytes, by the part of the library's folder. */
  size: z.array(z.object({ part: z.string(), bytes: ints })),
});
export type Health = z.infer<typeof health>;

/** What may be the same twice; of each pair the one that has been in the library longer first. */
const pair = { key: z.string().max(200) };
export const duplicate = z.discriminatedUnion('kind', [
  /** Two lesions of one volume whose masks overlap so much (Dice). */
  z.object({
    ...pair,
    kind: z.literal('lesion'),
    lesions: z.tuple([lesionRow, lesionRow]),
    dice: z.number(),
  }),
  /** Two patients of the same name and date of birth. */
  z.object({ ...pair, kind: z.literal('patient'), patients: z.tuple([patientRow, patientRow]) }),
  /** Two volumes whose voxels are the same on the same grid. */
  z.object({ ...pair, kind: z.literal('volume'), volumes: z.tuple([volumeRow, volumeRow]) }),
]);
export type Duplicate = z.infer<typeof duplicate>;
export const duplicateKinds = ['lesion', 'patient', 'volume'] as const;
/** `keep` stays and takes over what the other has; of both having the same label, its own stands. */
export const mergeParams = z.object({ kind: z.enum(duplicateKinds), keep: named, other: named });
