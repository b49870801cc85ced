/** Imports as jobs: what is asked of them, how far they are, and what became of every file. */
import { z } from 'zod';
import { counts } from './model.ts';

const ints = z.number().int();

/** What is done when the library holds other content under the same UIDs: asked later, or decided beforehand. */
export const conflictDecisions = ['keep', 'replace', 'both'] as const;
export type ConflictDecision = (typeof conflictDecisions)[number];

export const importOptions = z.object({
  /** One lesion for each region name, or for each connected part of it. */
  lesionPer: z.enum(['roi', 'component']).default('roi'),
  copy: z.boolean().default(false),
  /** De-identify by the DICOM PS3.15 Basic Profile; the library then keeps its own, de-identified copies. */
  deidentify: z.boolean().default(false),
  onConflict: z.enum(['ask', ...conflictDecisions]).default('ask'),
});
export type ImportOptions = z.infer<typeof importOptions>;

export const importPhases = ['scan', 'read', 'reports', 'embed', 'index'] as const;
export type ImportPhase = (typeof importPhases)[number];
export const importProgress = z.object({
  phase: z.enum(importPhases),
  done: ints,
  total: ints,
  /** Of the phase as it runs now; absent until it can be told. */
  bytesPerSecond: z.number().optional(),
  filesPerSecond: z.number().optional(),
  secondsLeft: z.number().optional(),
});
export type ImportProgress = z.infer<typeof importProgress>;

export const importReport = z.object({
  imported: counts.extend({ reports: ints }),
  unchanged: ints,
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});
export type ImportReport = z.infer<typeof importReport>;

export const jobStates = ['waiting', 'running', 'paused', 'done', 'cancelled', 'failed'] as const;
export type JobState = (typeof jobStates)[number];
export const jobRow = z.object({
  id: z.string(),
  state: z.enum(jobStates),
  /** Higher goes first. */
  priority: ints,
  origin: z.enum(['user', 'watch']),
  /** The chosen files and folders, to be shown. */
  sources: z.array(z.string()),
  options: importOptions,
  createdAt: z.string(),
  finishedAt: z.string().optional(),
  progress: importProgress.optional(),
  imported: counts.extend({ reports: ints }),
  unchanged: ints,
  skipped: ints,
  warnings: ints,
  /** Conflicts that wait for a decision. */
  conflicts: ints,
  /** Why it failed. */
  error: z.string().optional(),
});
export type JobRow = z.infer<typeof jobRow>;

/** Files whose UIDs the library knows with other content. */
export const conflictRow = z.object({
  id: z.string(),
  job: z.string(),
  patient: z.string(),
  path: z.string(),
  files: ints,
  /** The volume of the library that bears the same UIDs, and how many of its lesions were drawn by hand. */
  volume: z.string(),
  volumePath: z.string(),
  drawn: ints,
});
export type ConflictRow = z.infer<typeof conflictRow>;

export const watchRow = z.object({
  id: z.string(),
  folder: z.string(),
  options: importOptions,
  /** `missing`: the folder cannot be read now; it is looked for again. */
  state: z.enum(['watching', 'settling', 'missing']),
  /** Files seen so far. */
  files: ints,
});
export type WatchRow = z.infer<typeof watchRow>;
