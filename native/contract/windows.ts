/** What the pages of the first window and of the window for hits tell each other, over a channel of their origin. */
import { z } from 'zod';
import { filter, simpleQuery } from './engine.ts';
import { planes } from './mark.ts';
import { hit, id, lesionRow, mask, measurements, named } from './model.ts';

export const windowKinds = ['first', 'hits'] as const;
export type WindowKind = (typeof windowKinds)[number];

const term = z.object({ like: z.boolean(), lesion: id, patient: z.string(), title: z.string() });
const hitMark = z.object({ hit: id, relevant: z.boolean().nullable() });
const subject = z.object({
  token: z.number().int().nonnegative(),
  query: simpleQuery,
  title: z.string().max(2000),
  plane: z.enum(planes),
  volume: id.nullable(),
  mask: mask.nullable(),
  measurements: measurements.nullable(),
  lesion: lesionRow.nullable(),
  also: z.array(term).max(16),
  combine: z.enum(['and', 'or']),
  marks: z.array(hitMark).max(10_000),
});
const searchOptions = z.object({
  method: named.nullable(),
  where: z.array(filter).max(100),
  includeSamePatient: z.boolean(),
  hitsPerPatient: z.number().int().positive(),
  top: z.number().int().positive(),
});

/** The view state that both windows have in common, by name. */
export const sharedView = {
  subject: subject.nullable(),
  options: searchOptions,
  words: z.string().max(2000),
  compare: z.object({ hits: z.array(hit).min(1).max(16), kept: z.array(id).max(16), active: id }).nullable(),
  surface: z.boolean(),
  lastChange: z.enum(['mask', 'mark', 'annotation', 'label']),
  window: z.object({ width: z.number().positive(), center: z.number() }),
  inverted: z.boolean(),
  outlines: z.boolean(),
  cornerText: z.boolean(),
  identityHidden: z.boolean(),
  cpuRendering: z.boolean(),
};
/** How the hits are laid out, by name. */
export const sharedResults = {
  layout: z.enum(['strip', 'grid']),
  order: z.enum(['rank', 'size', 'diagnosis']),
  group: named.nullable(),
  plane: z.enum(planes).nullable(),
  pinned: z.array(hit).max(1000),
  hidden: z.array(z.string()).max(100_000),
};
/** Whether the hits of several methods stand side by side. */
export const sharedColumns = { columns: z.boolean() };
/** The patients that have numbers for teaching, in the order of their numbers. */
export const sharedNumbering = { numbered: z.array(z.string()).max(1_000_000) };

const sharedValues = z.object({ ...sharedView, ...sharedResults, ...sharedColumns, ...sharedNumbering });
export type SharedValues = z.infer<typeof sharedValues>;
export type SharedName = keyof SharedValues;
export const sharedNames = sharedValues.keyof().options;

/** When, and in which window, a value was changed last: counted on from the highest count that either has seen. */
export const stamp = z.object({ count: z.number().int().nonnegative(), by: z.enum(windowKinds) });
export type Stamp = z.infer<typeof stamp>;

export const windowMessage = z.discriminatedUnion('say', [
  /** Asks for everything that the other knows. */
  z.object({ say: z.literal('hello') }),
  z.object({
    say: z.literal('values'),
    values: sharedValues.partial(),
    stamps: z.partialRecord(z.enum(sharedNames as [SharedName, ...SharedName[]]), stamp),
  }),
  /** To the first window: a study to open there, and the lesion to show. */
  z.object({ say: z.literal('open'), volume: id, lesion: id.nullable() }),
  /** To the first window: search for what is marked or chosen there. */
  z.object({ say: z.literal('find') }),
  /** To the first window: show this, which only it can show. */
  z.object({
    say: z.literal('show'),
    dialog: z.enum(['settings', 'import', 'evaluation', 'tags', 'library', 'tour']),
  }),
  /** To the window for hits: take the focus to the words that are searched for. */
  z.object({ say: z.literal('words') }),
  /** To the first window: these patients are shown and have no number yet. */
  z.object({ say: z.literal('unnumbered'), patients: z.array(z.string()).max(10_000) }),
]);
export type WindowMessage = z.infer<typeof windowMessage>;
