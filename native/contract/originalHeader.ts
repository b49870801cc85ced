/** What the original file of a slice says of itself, element by element, as the tag viewer shows it. */
import { z } from 'zod';
import { id } from './model.ts';

/** At most so many characters of a value are sent with its row, and so many when it is asked for alone. */
export const shownCharacters = 200;
export const mostCharacters = 100_000;
/** More rows than this are not sent. */
export const mostRows = 20_000;

export const headerRow = z.object({
  /** Which element it is, through the items of sequences: `00081140.0.00081155`; of NIfTI and NRRD the field's name. */
  path: z.string(),
  depth: z.number().int(),
  /** `(gggg,eeee)`, or nothing for a field without a tag. */
  tag: z.string(),
  /** The keyword of the standard, `Item n` of a sequence, or whose private element it is. */
  name: z.string(),
  vr: z.string(),
  value: z.string(),
  /** The value goes on. */
  cut: z.boolean(),
  private: z.boolean(),
  /** It may say who the patient is, when and where: the attributes that de-identification replaces. */
  identifying: z.boolean(),
});
export type HeaderRow = z.infer<typeof headerRow>;

export const headerFormats = ['dicom', 'nifti', 'nrrd'] as const;
/** Asked of a reader: the header of one file; with `masked`, identifying values do not leave the reader. */
export const headerParams = z.object({
  path: z.string(),
  format: z.enum(headerFormats),
  masked: z.boolean(),
});
export const headerResult = z.object({
  rows: z.array(headerRow),
  /** How many more rows the file has. */
  left: z.number().int(),
});

/** Asked of the engine: the file of slice k of a volume. */
export const originalHeaderParams = z.object({
  volume: id,
  slice: z.number().int().nonnegative(),
  masked: z.boolean(),
});
export const originalHeader = headerResult.extend({
  format: z.enum(headerFormats),
  /** The file's name without its folders; nothing where it is masked. */
  file: z.string(),
  /** Of a multi-frame file, counted from 1. */
  frame: z.number().int().optional(),
  /** Whether the slice is that image; else the image is the nearest to it. */
  exact: z.boolean(),
});
export type OriginalHeader = z.infer<typeof originalHeader>;

export const originalValueParams = originalHeaderParams.extend({ path: z.string().min(1).max(2000) });
