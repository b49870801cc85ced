/** Walks, describes and groups in this process, without the reader processes that an import uses. */
import { describeFiles } from '../../native/ingest/sources/describe.ts';
import { type Found, groupFound } from '../../native/ingest/sources/group.ts';
import { walkPaths } from '../../native/ingest/sources/walk.ts';

/** What lies under some paths; `skipped` has what the walk left out, then what else was. */
export async function findUnder(paths: readonly string[]): Promise<Found> {
  const walked = await walkPaths(paths);
  const found = groupFound(await describeFiles(walked.files), walked.files);
  return { ...found, skipped: [...walked.skipped, ...found.skipped] };
}
