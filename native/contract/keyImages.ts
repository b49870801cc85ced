/** Slices that a reader marks as worth keeping, as they were shown: key images. */
import { z } from 'zod';
import { planes } from './mark.ts';
import { id, vec3 } from './model.ts';

/** How a slice is shown; indices are continuous voxel indices. */
export const shownView = z.object({
  /** Where the planes meet. */
  focus: vec3,
  /** Relative to the whole slice fitting the pane. */
  zoom: z.number().positive(),
  /** In the middle of the pane; null for the middle of the slice. */
  centre: vec3.nullable(),
  /** In HU. */
  window: z.object({ width: z.number().positive(), center: z.number() }),
  inverted: z.boolean(),
  /** Where not null, the highest value within this many mm around the slice is shown. */
  slabMm: z.number().positive().max(1000).nullable(),
});
export type ShownView = z.infer<typeof shownView>;

export const keyImageShape = z.object({
  id,
  volume: id,
  plane: z.enum(planes),
  /** Index along the plane's normal axis. */
  slice: z.number().int().nonnegative(),
  view: shownView,
  note: z.string().trim().max(200),
});
export type KeyImageShape = z.infer<typeof keyImageShape>;

export const keyImage = keyImageShape.extend({
  /** The operating system's user who marked it, and when (ISO 8601). */
  author: z.string().max(256),
  createdAt: z.string().max(40),
});
export type KeyImage = z.infer<typeof keyImage>;

export const keyImageFormats = ['png', 'kos'] as const;
/** Those of one volume, as pictures in a ZIP archive or as a DICOM Key Object Selection. */
export const keyImageExport = z.object({
  volume: id,
  format: z.enum(keyImageFormats),
  identified: z.boolean().default(false),
});
