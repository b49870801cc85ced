/** What a job consists of: the pieces of work that its scan found, as they are kept in the catalog. */
import { z } from 'zod';
import type { CatalogJobs } from '../../catalog/jobs.ts';
import type { CatalogReports } from '../../catalog/reports.ts';
import { foundFile, foundSeries, type ReaderContract, reportFile } from '../../contract/reader.ts';
import type { Embedder } from '../../encoder/embedder.ts';
import type { Library } from '../../engine/library.ts';
import type { ProcessPool } from '../../process/pool.ts';

/** An archive whose contents lie unpacked in a folder of their own while the job runs. */
const unpackedFrom = z.object({ folder: z.string(), archive: z.string() });
export type UnpackedFrom = z.infer<typeof unpackedFrom>;

export const work = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('series'),
    series: foundSeries,
    /** Its files and region files as they were when the folder was walked. */
    files: z.array(foundFile),
    unpacked: unpackedFrom.optional(),
  }),
  z.object({
    kind: z.literal('report'),
    report: reportFile,
    study: z.string(),
    unpacked: unpackedFrom.optional(),
  }),
]);
export type Work = z.infer<typeof work>;
export type SeriesWork = Extract<Work, { kind: 'series' }>;
export type ReportWork = Extract<Work, { kind: 'report' }>;

export interface JobServices {
  readonly library: Library & { readonly jobs: CatalogJobs; readonly reports: CatalogReports };
  readonly reader: ProcessPool<ReaderContract>;
  /** The encoder that lesions are embedded by as they come. */
  readonly current: () => Embedder;
}

/** A path as the user knows it: inside the archive instead of where the archive was unpacked to. */
export function shownPath(path: string, unpacked: UnpackedFrom | undefined): string {
  return unpacked && path.startsWith(unpacked.folder)
    ? unpacked.archive + path.slice(unpacked.folder.length)
    : path;
}
