/** Deleting a patient, a study or lesions for good: what is asked, and what goes. */
import { z } from 'zod';
import { mostLesions } from './library.ts';
import { id } from './model.ts';

const ints = z.number().int();

/** By opaque ids, never by names. */
export const deletionSubject = z.union([
  z.object({ patient: id }),
  z.object({ study: id }),
  z.object({ lesions: z.array(id).min(1).max(mostLesions) }),
]);
export type DeletionSubject = z.infer<typeof deletionSubject>;

/** How many of each go. A patient goes with the last study. */
export const deletionCounts = z.object({
  patients: ints,
  studies: ints,
  volumes: ints,
  lesions: ints,
  reports: ints,
  /** Measurements and key images. */
  drawn: ints,
  /** Volumes of which the library keeps copies of its own; originals elsewhere are never touched. */
  copies: ints,
  /** Saved searches and sets of filters that name what goes. */
  searches: ints,
});
export type DeletionCounts = z.infer<typeof deletionCounts>;

/** Whether backups that still hold what goes are deleted too, or expire by themselves. */
export const backupChoice = z.enum(['purge', 'keep']);

/** What a deletion takes, and what holds it beside the library: that goes too, or keeps it. */
export const deletionPlan = deletionCounts.extend({
  /** Copies of the catalog. */
  backups: ints,
  /** Catalogs and volumes’ private copies that were set aside and hold it, or of which nobody can say. */
  setAside: ints,
});
export type DeletionPlan = z.infer<typeof deletionPlan>;

type Nouns = readonly (readonly [keyof DeletionPlan, one: string, many: string])[];
/** What each count is called, of one and of more, in the order in which they are told. */
export const deletionNouns: Nouns = [
  ['patients', 'patient', 'patients'],
  ['studies', 'study', 'studies'],
  ['volumes', 'volume', 'volumes'],
  ['lesions', 'lesion', 'lesions'],
  ['reports', 'report', 'reports'],
  ['drawn', 'measurement or key image', 'measurements and key images'],
  ['copies', 'volume’s copies of its originals', 'volumes’ copies of their originals'],
  ['searches', 'saved search or set of filters', 'saved searches and sets of filters'],
];
/** As `deletionNouns`, of what may hold it beside the library. */
export const holdingNouns: Nouns = [
  ['backups', 'backup', 'backups'],
  ['setAside', 'catalog or copy that was set aside', 'catalogs or copies that were set aside'],
];

export const deletionRequests = {
  /** Deletes nothing. */
  'library.deletion': { params: z.object({ subject: deletionSubject }), result: deletionPlan },
  /**
   * Deletes for good, with every trace. Throws `not-found`; `refused` while an unfinished import holds files of what is to go;
   * `storage` where it is gone from the library, but a trace could not be removed yet: the next opening does that.
   */
  'library.delete': {
    params: z.object({ subject: deletionSubject, backups: backupChoice.default('purge') }),
    result: deletionPlan,
  },
} as const;

/** What is gone, for windows that show it. */
export const deletedEvent = z.object({ volumes: z.array(id), lesions: z.array(id) });
