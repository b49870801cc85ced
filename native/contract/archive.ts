/** Everything of a library in open formats: what says so in its folder, and the requests that write it and take it in. */
import { z } from 'zod';
import { progress, token } from './model.ts';

/** The file that makes a folder an archive. */
export const archiveFile = 'precedent-archive.json';

export const archiveManifest = z.object({
  format: z.literal('precedent-archive'),
  version: z.literal(1),
  /** Of the catalog whose tables these are. */
  schema: z.number().int().min(1),
  /** Of the library that was written (`verifyReport`). */
  contentHash: z.string(),
  /** How many rows each table has. */
  tables: z.record(z.string(), z.number().int()),
  volumes: z.number().int(),
  lesions: z.number().int(),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

const archived = archiveManifest.pick({ contentHash: true, volumes: true, lesions: true }).extend({
  files: z.number().int(),
  bytes: z.number().int(),
});
export type Archived = z.infer<typeof archived>;

export const archiveRequests = {
  /** Writes everything that the library holds into a new folder, with who the patients are. */
  'archive.write': { params: z.object({ target: token }), result: archived, progress },
  /** Takes an archive into a library that holds no cases; it then says the same as the one that was written. */
  'archive.read': { params: z.object({ source: token }), result: archived, progress },
};
