/** The few series at chosen paths, for what is asked about files outside the library. */
import type { FoundSeries, Skipped } from '../contract/reader.ts';
import { describeFiles, walk } from './jobs/callReader.ts';
import type { JobServices } from './jobs/work.ts';
import { groupFound } from './sources/group.ts';

/** Throws `cancelled`. */
export async function findSeries(
  reader: JobServices['reader'],
  paths: readonly string[],
  signal: AbortSignal,
): Promise<{ series: readonly FoundSeries[]; skipped: readonly Skipped[] }> {
  const asking = { reader, group: 'query', priority: Number.MAX_SAFE_INTEGER, signal };
  const walked = await walk(asking, paths);
  const { series, skipped } = groupFound(await describeFiles(asking, walked.files), walked.files);
  return { series, skipped: [...walked.skipped, ...skipped] };
}
